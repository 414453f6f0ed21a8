import * as v from "valibot";
import type { RoundReport } from "../migration/report.js";
import type { MoveReport } from "../move/source.js";

/** Reports as they come from a host: whoever shows one may rely on every field that is always there. */

const number = v.pipe(v.number(), v.finite());
const text = v.pipe(v.string(), v.maxLength(4096));
const byKind = v.strictObject({ zero: number, raw: number, delta: number });
const MOST_ROUNDS = 20_000;

/** A round of a move. */
export const roundSchema: v.GenericSchema<unknown, RoundReport> = v.strictObject({
  round: number,
  phase: v.picklist(["push", "stop-and-copy", "pull"]),
  startMs: number,
  durationMs: number,
  pagesSent: number,
  pagesByKind: byKind,
  bytesByKind: byKind,
  unchangedPages: number,
  skippedPages: number,
  bytesSent: number,
  dirtyPagesAtEnd: number,
  throttle: number,
});

/** A report of a move. */
export const reportSchema: v.GenericSchema<unknown, MoveReport> = v.looseObject({
  strategy: v.picklist(["cold", "stop-and-copy", "pre-copy", "post-copy", "hybrid"]),
  outcome: v.picklist(["completed", "not-converged", "aborted", "failed"]),
  runningOn: v.picklist(["source", "target"]),
  converged: v.nullable(v.boolean()),
  reason: text,
  totalMigrationTimeMs: number,
  downtimeMs: number,
  downtimeStartMs: v.nullable(number),
  downtimeParts: v.strictObject({
    pause: number,
    finalPages: number,
    state: number,
    resume: number,
    network: number,
  }),
  bytesSent: number,
  stateBytes: number,
  pagesSent: byKind,
  networkFaults: number,
  rounds: v.pipe(v.array(roundSchema), v.maxLength(MOST_ROUNDS)),
  verified: v.nullable(v.boolean()),
  seed: number,
  policy: text,
  memoryBytes: number,
  faults: v.looseObject({
    faults: number,
    networkFaults: number,
    stallMs: number,
    meanStallMs: number,
    maxStallMs: number,
  }),
  throttleHistory: v.array(v.strictObject({ atMs: number, throttle: number })),
  degradation: v.strictObject({
    lostMs: number,
    share: number,
    sourceCpuSeconds: number,
    targetCpuSeconds: number,
  }),
  storage: v.nullable(
    v.strictObject({
      durationMs: number,
      passes: number,
      bytesSent: number,
      mirroredBytes: number,
    }),
  ),
  network: v.strictObject({
    mode: v.picklist(["announce", "tunnel", "none"]),
    announcements: number,
    packetsLost: number,
    extraLatencyMs: number,
  }),
  penalty: v.nullable(number),
  moveId: text,
  peer: text,
  rejoins: number,
  savedBytes: number,
  recovery: v.nullable(
    v.looseObject({ epoch: number, lostMs: number, outputMayHaveBeenSeen: v.boolean() }),
  ),
});
