import type { FluidCurves, RoundsJob } from "../../kernel/fluid.js";
import {
  type Bytes,
  type BytesPerSecond,
  type Nanoseconds,
  SECOND,
  toSeconds,
} from "../../units.js";
import { leastThatConverges } from "./least.js";
import {
  SimGridComputation,
  type SimGridGuest,
  type SimGridPath,
  simGridCap,
  simGridDirtyBytes,
  simGridDirtyRate,
} from "./simgrid.js";

/** What SimGrid's plugin would make of a migration that has the network to itself. */
export interface SimGridOutlook {
  readonly converges: boolean;
  /** In words. */
  readonly reason: string;
  /** From the call to its return, the acknowledgement included. Without convergence: until it is certain that it never will. */
  readonly totalNs: Nanoseconds;
  readonly downtimeNs: Nanoseconds;
  /** Rounds of dirty memory that are sent while the guest runs (stage 2). */
  readonly rounds: number;
  readonly bytes: Bytes;
  /** Bandwidth from which on it would converge; null where it does anyway, or no bandwidth would do (the latency alone is too long). */
  readonly leastBandwidth: BytesPerSecond | null;
  /** Downtime limit from which on it would converge, were there a way to set it; null where it does anyway. */
  readonly leastDowntimeLimitNs: Nanoseconds | null;
  /** Downtime if the guest were stopped all the same; null where it converges. */
  readonly forcedDowntimeNs: Nanoseconds | null;
}

const MAX_DOWNTIME_NS: Nanoseconds = 30_000_000;
/** A petabyte a second is as good as any more. */
const MOST_BANDWIDTH: BytesPerSecond = 1e15;
/** Rounds that SimGrid's roundings may cost. */
const MORE_ROUNDS = 1000;
/** A bound must make it converge within so many rounds: close to it, rounds shrink ever more slowly. */
const PATIENT_ROUNDS = 5000;
/** mig_timeout. */
const TIMEOUT_NS: Nanoseconds = 1e7 * SECOND;

/**
 * Tells beforehand how a migration by SimGrid's plugin goes, also where SimGrid itself aborts or does not
 * end: a round that dirties what it sends is the same for ever.
 */
export function simGridOutlook(
  guest: SimGridGuest,
  path: SimGridPath,
  curves: FluidCurves,
): SimGridOutlook {
  const rate = Math.min(path.rate, simGridCap(guest, path));
  const curve = curves.add([
    { kind: "cycle", pages: guest.workingSetBytes, rate: simGridDirtyRate(guest) },
  ]);
  const job = jobOf(guest, path, curve, rate);
  const [result] = curves.rounds([job]);
  if (!result) throw new Error("no result");
  if (result.ending === "converged") {
    const exact = toTheByte(guest, path, rate, 2 * result.rounds + MORE_ROUNDS);
    if (exact) return exact;
  }
  const { rounds, bytes, pushNs, downtimeNs, finalPages } = result;
  return {
    converges: false,
    reason: whyNever(result.lastRoundBytes, result.lastRoundNs, finalPages, result.isStuck),
    totalNs: pushNs,
    downtimeNs: 0,
    rounds: rounds - 1,
    bytes,
    leastBandwidth: leastThatConverges(curves, rate, MOST_BANDWIDTH, (value) => ({
      ...job,
      maxRounds: PATIENT_ROUNDS,
      rate: value,
      lineRate: value,
    })),
    leastDowntimeLimitNs: leastThatConverges(curves, MAX_DOWNTIME_NS, TIMEOUT_NS, (value) => ({
      ...job,
      maxRounds: PATIENT_ROUNDS,
      downtimeLimitNs: value,
    })),
    forcedDowntimeNs: downtimeNs,
  };
}

/** The rounds once more, with SimGrid's own roundings; null: with them it does not converge within so many. */
function toTheByte(
  guest: SimGridGuest,
  path: SimGridPath,
  rate: BytesPerSecond,
  mostRounds: number,
): SimGridOutlook | null {
  const secondsOf = (bytes: Bytes): number => path.latencyNs / SECOND + bytes / rate;
  const computation = new SimGridComputation(guest, 1);
  let total = 0;
  let bytes = 0;
  let sending = guest.ramBytes;
  for (let rounds = 0; rounds < mostRounds; rounds++) {
    const seconds = secondsOf(sending);
    total += seconds;
    bytes += sending;
    const flops =
      computation.during(path.latencyNs / SECOND, 1) + computation.during(sending / rate, 1);
    const dirty = simGridDirtyBytes(guest, flops);
    const threshold = Math.floor((sending / seconds) * (MAX_DOWNTIME_NS / SECOND));
    sending = dirty;
    if (threshold < dirty) continue;
    const downtime = secondsOf(dirty);
    return {
      converges: true,
      reason: `${dirty} dirty bytes go within ${MAX_DOWNTIME_NS / 1e6} ms`,
      totalNs: (total + downtime) * SECOND + path.latencyNs,
      downtimeNs: downtime * SECOND,
      rounds,
      bytes: bytes + dirty,
      leastBandwidth: null,
      leastDowntimeLimitNs: null,
      forcedDowntimeNs: null,
    };
  }
  return null;
}

function jobOf(
  guest: SimGridGuest,
  path: SimGridPath,
  curve: number,
  rate: BytesPerSecond,
): RoundsJob {
  return {
    curve,
    pages: guest.ramBytes,
    firstBytes: guest.ramBytes,
    rate,
    lineRate: rate,
    latencyNs: path.latencyNs,
    wireBytes: 1,
    unitBytes: 1,
    rule: "simgrid",
    downtimeLimitNs: MAX_DOWNTIME_NS,
    dirtyThreshold: 0,
    maxRounds: Number.POSITIVE_INFINITY,
    maxBytes: Number.POSITIVE_INFINITY,
    patienceNs: TIMEOUT_NS,
    pace: 1,
    pauseNs: 0,
    writtenPages: guest.workingSetBytes,
  };
}

function whyNever(sent: Bytes, ns: Nanoseconds, dirty: Bytes, isStuck: boolean): string {
  const threshold = Math.floor(((sent * SECOND) / ns) * (MAX_DOWNTIME_NS / SECOND));
  const last = `a round of ${sent} bytes takes ${toSeconds(ns).toFixed(6)} s and leaves ${dirty} dirty bytes`;
  const why = `${last}, but only ${threshold} go within ${MAX_DOWNTIME_NS / 1e6} ms at its bandwidth, latency included`;
  return isStuck
    ? `${why}; every further round is the same`
    : `${why}; 10,000,000 s were not enough`;
}
