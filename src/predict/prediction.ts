import { type Bytes, type Milliseconds, pagesToBytes, type Share } from "../units.js";
import { Random } from "../world/random.js";
import { explain } from "./because.js";
import type { PredictedGuest } from "./guest.js";
import type { Endings, Platform } from "./platforms/platform.js";
import type { PredictedRun } from "./predicted-run.js";
import { PredictionRun } from "./run.js";
import type { SeenProgress } from "./seen-progress.js";
import { type PredictedHosts, type PredictedSettings, TYPICAL_HOSTS } from "./settings.js";

/** Values that 5, 25, 50, 75 and 95 of a hundred runs stay within; null: no run came to an end. */
export interface Quantiles {
  readonly p5: number;
  readonly p25: number;
  readonly p50: number;
  readonly p75: number;
  readonly p95: number;
}

/** What is said of convergence. */
export type Verdict = "converges" | "uncertain" | "does-not-converge";

/** The distribution of what QEMU will do. Quantiles are of the runs that came to an end. */
export interface Prediction {
  readonly profile: PredictedSettings["profile"];
  readonly runs: number;
  /** `total-time`, ms. */
  readonly totalMs: Quantiles | null;
  /** How long the guest stands still at the switchover, ms; a guest stopped before is down throughout. */
  readonly downtimeMs: Quantiles | null;
  /** `ram.transferred`. */
  readonly bytes: Quantiles | null;
  /** `dirty-sync-count`. */
  readonly passes: Quantiles | null;
  readonly convergesBy: {
    /** The deadline; without one, how long the runs were followed. */
    readonly deadlineMs: Milliseconds;
    readonly probability: Share;
  };
  /** At least 95 % of the runs end by then, or at most 5 %, or something between. */
  readonly verdict: Verdict;
  /** Why, in a sentence. */
  readonly because: string;
  /** What the guest meets after a post-copy switchover, in the mean. */
  readonly postCopy?: { readonly faults: number; readonly stallMs: Milliseconds };
  /** How runs end under the hand of a platform, where one was given. */
  readonly platform?: { readonly name: string; readonly endings: Endings };
}

/** How many runs, and until when they are followed. */
export interface PredictOptions {
  /** 1 .. 100,000; 400. */
  readonly runs?: number;
  /** 0 .. 2^32 - 1; 1. */
  readonly seed?: number;
  /** When it must be over; null: within an hour. */
  readonly deadlineMs?: Milliseconds | null;
  /** What is known of the hosts and the link; the rest is as in `TYPICAL_HOSTS`. */
  readonly hosts?: Partial<PredictedHosts>;
  /** Where the migration is that is to be followed on, to the deadline if there is one; without: from its start. */
  readonly seen?: SeenProgress;
  /** Who sets QEMU up and steers it (see `PLATFORMS`); nobody. */
  readonly platform?: Platform;
}

/** A run that is not over by then counts as one that does not end. */
const PATIENCE_MS: Milliseconds = 3_600_000;
/** Runs that must agree for a verdict. */
const SURE: Share = 0.95;

/** Runs QEMU's loop many times over a guest of which D(t) and contents are known. */
export function predict(
  guest: PredictedGuest,
  given: PredictedSettings,
  options: PredictOptions = {},
): Prediction {
  const { runs: count = 400, seed = 1, deadlineMs = null, platform, seen } = options;
  const hosts = { ...TYPICAL_HOSTS, ...options.hosts };
  const memory = pagesToBytes(guest.totalPages);
  const settings = platform?.settings(given, memory) ?? given;
  const random = new Random(seed);
  const runs: PredictedRun[] = [];
  const lastOrderMs = platform?.steering(memory, 1).orders.at(-1)?.atMs ?? 0;
  const patienceMs = Math.max(PATIENCE_MS + lastOrderMs + (seen?.elapsedMs ?? 0), deadlineMs ?? 0);
  for (let index = 0; index < count; index++) {
    const fork = random.fork(`run/${index}`);
    const steering = platform?.steering(memory, random.fork(`platform/${index}`).nextUnit());
    const run = new PredictionRun(guest, settings, hosts, fork, steering);
    runs.push(seen === undefined ? run.run(patienceMs) : run.resume(seen, patienceMs));
  }
  const limitMs = deadlineMs ?? patienceMs;
  const inTime = runs.filter((run) => run.completed && run.totalMs <= limitMs).length;
  const probability = inTime / count;
  const verdict = verdictOf(probability);
  const ended = runs.filter(({ completed }) => completed);
  return {
    profile: settings.profile,
    runs: count,
    totalMs: quantilesOf(ended.map(({ totalMs }) => totalMs)),
    downtimeMs: quantilesOf(ended.map(({ downtimeMs }) => downtimeMs)),
    bytes: quantilesOf(ended.map(({ bytes }) => Math.round(bytes as Bytes))),
    passes: quantilesOf(ended.map(({ passes }) => passes)),
    convergesBy: { deadlineMs: limitMs, probability },
    verdict,
    because: explain({ guest, settings, hosts, runs, verdict, deadlineMs }),
    ...postCopyOf(runs),
    ...(platform === undefined
      ? {}
      : { platform: { name: platform.name, endings: endingsOf(runs) } }),
  };
}

function endingsOf(runs: readonly PredictedRun[]): Endings {
  const share = (is: (run: PredictedRun) => boolean): Share => runs.filter(is).length / runs.length;
  return {
    switchover: share((run) => run.completed && run.pull === null && run.pausedAtMs === null),
    paused: share((run) => run.completed && run.pausedAtMs !== null),
    postCopy: share((run) => run.pull !== null),
    aborted: share((run) => run.abortedBecause !== null),
    unfinished: share((run) => !run.completed && run.abortedBecause === null),
  };
}

function verdictOf(probability: Share): Verdict {
  if (probability >= SURE) return "converges";
  return probability <= 1 - SURE ? "does-not-converge" : "uncertain";
}

function postCopyOf(runs: readonly PredictedRun[]): Pick<Prediction, "postCopy"> {
  const pulls = runs.flatMap(({ pull }) => (pull === null ? [] : [pull]));
  if (pulls.length === 0) return {};
  const mean = (pick: (pull: (typeof pulls)[number]) => number): number =>
    pulls.reduce((sum, pull) => sum + pick(pull), 0) / pulls.length;
  return {
    postCopy: { faults: mean((pull) => pull.faults), stallMs: mean((pull) => pull.stallMs) },
  };
}

/** Quantiles by linear interpolation between the two values next to it; null for no values. */
export function quantilesOf(values: readonly number[]): Quantiles | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const at = (share: Share): number => {
    const place = share * (sorted.length - 1);
    const low = Math.floor(place);
    const value = sorted[low] as number;
    return (
      value + ((sorted[Math.min(low + 1, sorted.length - 1)] as number) - value) * (place - low)
    );
  };
  return { p5: at(0.05), p25: at(0.25), p50: at(0.5), p75: at(0.75), p95: at(0.95) };
}
