import type { RoundsJob } from "../../kernel/fluid.js";
import { RAW_RECORD_BYTES } from "../../memory/guest-memory.js";
import { formatRate } from "../../quantity-text.js";
import {
  type Bytes,
  type BytesPerSecond,
  type Nanoseconds,
  PAGE_SIZE,
  SECOND,
  type Share,
  toMilliseconds,
} from "../../units.js";
import { EngineMigration, type MigrationPath } from "./engine-migration.js";
import { type FluidFlavour, recordBytes } from "./flavour.js";
import { leastThatConverges } from "./least.js";
import type { FluidRound } from "./migration.js";
import { budgetBytes } from "./pass.js";

/** How a migration will go that has its path to itself. */
export interface MigrationOutlook {
  /** Whether the dirty set becomes small enough; null where the strategy has no such test. */
  readonly converges: boolean | null;
  readonly outcome: "completed" | "not-converged" | "failed";
  /** In words; where it does not converge, with what would make it. */
  readonly reason: string;
  readonly rounds: number;
  readonly totalNs: Nanoseconds;
  readonly downtimeNs: Nanoseconds;
  /** Guest time lost while it ran: throttle, stand-ins, faults. */
  readonly lostNs: Nanoseconds;
  /** Memory, state and disk. */
  readonly bytes: Bytes;
  readonly bounds: OutlookBounds | null;
}

/** What would make a migration converge, each alone; null: nothing of that kind does. */
export interface OutlookBounds {
  /** Rate of the pages, link and cap alike. */
  readonly leastBandwidth: BytesPerSecond | null;
  readonly leastDowntimeLimitNs: Nanoseconds | null;
  /** Share of the guest's speed to take from it. */
  readonly leastThrottle: Share | null;
  /** Time the guest would stand if it were stopped after the last round all the same. */
  readonly forcedDowntimeNs: Nanoseconds;
}

const MOST_BANDWIDTH: BytesPerSecond = 1e15;
const LONGEST: Nanoseconds = 1e15;
/** The most that hypervisors throttle a guest. */
const MOST_THROTTLE: Share = 0.99;

/**
 * Tells beforehand how a migration goes at a constant rate, and where it does not converge, what would make it.
 * The bounds are those of the rounds without auto-converge.
 */
export function migrationOutlook(flavour: FluidFlavour, path: MigrationPath): MigrationOutlook {
  let last: FluidRound | null = null;
  const migration = new EngineMigration(flavour, path, (round) => {
    last = round;
  });
  const { end, totalNs } = runAlone(migration, path.rate);
  const bounds = end.converged === false && last ? boundsOf(flavour, path, last) : null;
  const { bytesSent, diskBytes } = migration.progress;
  return {
    converges: end.converged,
    outcome: end.outcome,
    reason: bounds ? `${end.reason}; ${inWords(bounds)}` : end.reason,
    rounds: migration.rounds,
    totalNs,
    downtimeNs: migration.downtimeNs,
    lostNs: migration.lostNs,
    bytes: bytesSent + Math.round(diskBytes),
    bounds,
  };
}

function runAlone(migration: EngineMigration, rate: BytesPerSecond) {
  let [now, elapsedNs, guestNs] = [0, 0, 0];
  for (;;) {
    const step = migration.next({ now, elapsedNs, guestNs });
    if (step.kind === "done") return { end: step, totalNs: now };
    elapsedNs =
      step.kind === "wait" ? step.ns : Math.ceil((step.bytes * SECOND) / Math.min(rate, step.cap));
    guestNs = step.guest === "stopped" ? 0 : elapsedNs;
    now += elapsedNs;
  }
}

function boundsOf(flavour: FluidFlavour, path: MigrationPath, last: FluidRound): OutlookBounds {
  const { curves } = flavour;
  const job = roundsJob(flavour, path);
  const { rate, downtimeLimitNs } = job;
  const pace = leastThatConverges(curves, 1, 1 / (1 - MOST_THROTTLE), (value) => ({
    ...job,
    pace: 1 / value,
  }));
  return {
    leastBandwidth: leastThatConverges(curves, rate, MOST_BANDWIDTH, (value) => ({
      ...job,
      rate: value,
      lineRate: Math.max(value, job.lineRate),
    })),
    leastDowntimeLimitNs: leastThatConverges(
      curves,
      Math.max(1, downtimeLimitNs),
      LONGEST,
      (value) => ({ ...job, downtimeLimitNs: value }),
    ),
    leastThrottle: pace === null ? null : 1 - 1 / pace,
    forcedDowntimeNs: job.pauseNs + (last.dirtyPagesAtEnd * RAW_RECORD_BYTES * SECOND) / path.rate,
  };
}

/** The rounds of a flavour's pre-copy as the kernel runs them. */
export function roundsJob(flavour: FluidFlavour, path: MigrationPath): RoundsJob {
  const { options, parts, pages, zeroPages, writtenPages, curve, stateBytes } = flavour;
  const { policy, maxBandwidth } = options;
  const capped =
    policy.windowNs === null
      ? maxBandwidth
      : (budgetBytes(maxBandwidth, policy.windowNs) * SECOND) / policy.windowNs;
  const { disk } = parts;
  const line = path.rate - (disk.kind === "local" ? disk.writeRate : 0);
  const flights = 3 * Math.ceil(path.roundTripNs / 2);
  return {
    ...{ curve, pages, writtenPages, firstBytes: recordBytes(pages, zeroPages) },
    ...{ rate: Math.min(capped, line), lineRate: path.rate, latencyNs: 0, pace: 1 },
    ...{ wireBytes: RAW_RECORD_BYTES, unitBytes: PAGE_SIZE },
    rule: policy.windowNs === null ? "expected-downtime" : "qemu",
    downtimeLimitNs: options.downtimeLimitNs,
    dirtyThreshold: options.dirtyThreshold,
    maxRounds: Math.min(options.maxRounds, options.giveUpAfterRounds),
    maxBytes: options.maxBytes,
    patienceNs: options.giveUpAfterNs,
    pauseNs:
      parts.pauseNs + parts.resumeNs + flights + (stateBytes * SECOND) / Math.max(1, path.rate),
  };
}

function inWords(bounds: OutlookBounds): string {
  const { leastBandwidth, leastDowntimeLimitNs, leastThrottle, forcedDowntimeNs } = bounds;
  const ways = [
    leastBandwidth && `with ${formatRate(leastBandwidth)}`,
    leastDowntimeLimitNs &&
      `with a downtime limit of ${Math.ceil(toMilliseconds(leastDowntimeLimitNs))} ms`,
    leastThrottle && `with the guest throttled by ${(leastThrottle * 100).toFixed(1)} %`,
  ].filter(Boolean);
  const forced = `stopped all the same it would stand for ${Math.ceil(toMilliseconds(forcedDowntimeNs))} ms`;
  return ways.length > 0 ? `it would converge ${ways.join(", or ")}; ${forced}` : forced;
}
