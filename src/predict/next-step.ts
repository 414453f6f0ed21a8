import { formatDuration, formatRate, formatShare } from "../quantity-text.js";
import type { BytesPerSecond, Milliseconds, Share } from "../units.js";
import type { PredictedGuest } from "./guest.js";
import { type Prediction, type PredictOptions, predict } from "./prediction.js";
import type { PredictedSettings } from "./settings.js";

/** What may be done to a migration that runs. */
export interface StepLimits {
  /** Longest downtime that is put up with. */
  readonly maxDowntimeMs: Milliseconds;
  /** Most bandwidth that the migration may have, bytes per second. */
  readonly maxBandwidth: BytesPerSecond;
  /** Whether the capability `postcopy-ram` is on: it cannot be set once a migration runs. */
  readonly mayPostCopy: boolean;
}

/** One step that lets the migration end, and what will come of it. */
export interface NextStep {
  readonly kind: "downtime-limit" | "bandwidth" | "throttle" | "post-copy";
  /** Parameters to set, by QEMU's names; none for post-copy. */
  readonly parameters: Readonly<Record<string, number>>;
  /** What to do, in words. */
  readonly change: string;
  readonly prediction: Prediction;
}

/** Enough to tell whether nearly all of them end. */
const RUNS = 40;
/** Runs that must end for a step to be recommended. */
const ENOUGH: Share = 0.95;
const DOWNTIME_FACTORS = [1.25, 1.5, 2, 3, 5, 8, 12, 20];
const BANDWIDTH_FACTORS = [1.25, 1.5, 2, 3, 4, 6, 8, 10];
const THROTTLES: readonly Share[] = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99];

/**
 * The cheapest step with which a migration that is on its way ends: a higher downtime limit as long as the
 * downtime itself stays within its limit, more bandwidth, a throttle in one step, post-copy. Null when
 * nothing helps; cancelling is left to whoever asks.
 */
export function nextStep(
  guest: PredictedGuest,
  settings: PredictedSettings,
  limits: StepLimits,
  options: PredictOptions,
): NextStep | null {
  const tries = (changes: Partial<PredictedSettings>): Prediction =>
    predict(guest, { ...settings, ...changes }, { ...options, runs: RUNS });
  for (const candidate of candidates(settings, limits, options.seen?.elapsedMs ?? 0)) {
    const prediction = tries(candidate.changes);
    const isLong =
      candidate.kind !== "post-copy" && (prediction.downtimeMs?.p95 ?? 0) > limits.maxDowntimeMs;
    if (prediction.convergesBy.probability < ENOUGH || isLong) continue;
    const { kind, parameters, change } = candidate;
    return { kind, parameters, change, prediction };
  }
  return null;
}

interface Candidate extends Omit<NextStep, "prediction"> {
  readonly changes: Partial<PredictedSettings>;
}

function* candidates(
  settings: PredictedSettings,
  limits: StepLimits,
  elapsedMs: Milliseconds,
): Generator<Candidate> {
  for (const factor of DOWNTIME_FACTORS) {
    const downtimeLimitMs = Math.round(settings.downtimeLimitMs * factor);
    yield {
      kind: "downtime-limit",
      parameters: { "downtime-limit": downtimeLimitMs },
      change: `raise the downtime limit to ${formatDuration(downtimeLimitMs)}`,
      changes: { downtimeLimitMs },
    };
  }
  for (const factor of BANDWIDTH_FACTORS) {
    const maxBandwidth = Math.round(settings.maxBandwidth * factor);
    if (maxBandwidth > limits.maxBandwidth) break;
    yield {
      kind: "bandwidth",
      parameters: { "max-bandwidth": maxBandwidth },
      change: `raise the bandwidth to ${formatRate(maxBandwidth)}`,
      changes: { maxBandwidth },
    };
  }
  const { autoConverge } = settings;
  for (const throttle of autoConverge === null ? [] : THROTTLES) {
    if (autoConverge === null || throttle <= autoConverge.increment) continue;
    const percent = Math.round(throttle * 100);
    yield {
      kind: "throttle",
      parameters: { "cpu-throttle-initial": percent, "cpu-throttle-increment": percent },
      change: `let the throttle take steps of ${formatShare(throttle)}`,
      changes: { autoConverge: { ...autoConverge, initial: throttle, increment: throttle } },
    };
  }
  if (limits.mayPostCopy) {
    yield {
      kind: "post-copy",
      parameters: {},
      change: "switch to post-copy (migrate-start-postcopy)",
      changes: { postCopyAfterMs: elapsedMs },
    };
  }
}
