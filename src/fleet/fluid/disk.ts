import { oneMinusExp } from "../../elementary.js";
import { type Bytes, type Nanoseconds, SECOND } from "../../units.js";
import type { EngineMigration, Stage } from "./engine-migration.js";
import { lose } from "./stages.js";

/** As of the engine's storage.ts. */
const BLOCK_BYTES: Bytes = 65_536;
const IN_STEP_NS: Nanoseconds = 10_000_000;
const MAX_PASSES = 100;
/** Mirrored writes leave the pages this part of the link. */
const LEAST_SHARE = 0.1;

/**
 * Moves a local disk before memory: a bulk copy, then passes over the blocks written meanwhile until what is
 * left crosses in no time; from then on each write also crosses, with the pages.
 */
export const mirrorDisk: Stage = (m, done, calls) => {
  const { disk } = m.flavour.parts;
  if (disk.kind !== "local") return null;
  lose(m, done.elapsedNs, done.guestNs);
  const writeRate = m.downtime ? 0 : disk.writeRate;
  if (calls === 0) return disk.bytes > 0 ? pass(m, disk.bytes) : null;
  m.diskBytes += m.sending;
  // Pass number `calls` is over; the engine asks before a pass whether the rest crosses in no time, and makes it the last.
  const isLast = calls > 1 && (m.sending / m.path.rate) * SECOND <= IN_STEP_NS;
  const left = isLast ? 0 : dirtyBytes(disk.bytes, writeRate, done.elapsedNs);
  if (left > 0) {
    if (calls < MAX_PASSES) return pass(m, left);
    return neverInStep(m, `after ${MAX_PASSES} passes ${left} bytes are dirty`);
  }
  if (writeRate > m.path.rate * (1 - LEAST_SHARE)) {
    return neverInStep(m, `it takes ${writeRate} bytes/s`);
  }
  m.mirrorRate = writeRate;
  return null;
};

function pass(m: EngineMigration, bytes: Bytes): ReturnType<Stage> {
  m.sending = bytes;
  const guest = m.downtime ? "stopped" : "source";
  return { kind: "transfer", bytes, cap: m.flavour.options.maxBandwidth, phase: "disk", guest };
}

function neverInStep(m: EngineMigration, why: string): "take-back" {
  const reason = `the disk is written faster than the link carries it: ${why}`;
  m.ending = { outcome: "not-converged", reason, converged: false };
  return "take-back";
}

function dirtyBytes(diskBytes: Bytes, writeRate: number, length: Nanoseconds): Bytes {
  const blocks = Math.ceil(diskBytes / BLOCK_BYTES);
  const writes = ((writeRate / BLOCK_BYTES) * length) / SECOND;
  return Math.min(diskBytes, Math.round(blocks * oneMinusExp(writes / blocks)) * BLOCK_BYTES);
}
