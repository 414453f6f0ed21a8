import type { Bytes, Milliseconds, Share } from "../../units.js";
import type { Moment, Steering, TimedOrder } from "../steering.js";

/** Settings of KubeVirt's stall detector, under the names of its options. */
export interface StallDetectorSettings {
  /** `stallMargin`: less progress than this share is none. */
  readonly margin: Share;
  /** `stallProgressTimeout`: within so long. */
  readonly windowMs: Milliseconds;
  /** `switchoverTimeout`: what is tried must work within so long. */
  readonly switchoverTimeoutMs: Milliseconds;
  /** `precopyPossibleFactor`: how far above the longest downtime an estimate may be for a try. */
  readonly possibleFactor: number;
  /** `patienceWindowDecayFactor`: how much sooner the next compromise comes. */
  readonly patienceDecay: number;
}

/** As in pkg/virt-config/virt-config.go. */
export const DEFAULT_STALL_DETECTOR: StallDetectorSettings = {
  margin: 0.04,
  windowMs: 40_000,
  switchoverTimeoutMs: 60_000,
  possibleFactor: 1.5,
  patienceDecay: 0.5,
};

interface Seen {
  readonly nowMs: Milliseconds;
  readonly bytes: Bytes;
}

/**
 * KubeVirt's stall detector (VEP 248) without post-copy and pause: pages remaining at the end of a pass no
 * fewer than the least seen before the window is a stall. From then on it waits for a pass as good as the
 * best, settling for less as time goes by, and there raises the limit to `maxDowntimeMs` if that may do, or
 * gives up.
 */
export function detectStalls(
  settings: StallDetectorSettings,
  maxDowntimeMs: Milliseconds,
  latestMs: Milliseconds,
): NonNullable<Steering["afterPass"]> {
  /** Least remaining before the window, and each pass within it that undercuts all later ones. */
  let before: Bytes | null = null;
  let recent: readonly Seen[] = [];
  let stall: Relaxation | null = null;
  let isTried = false;
  return (moment) => {
    if (isTried) return null;
    const seen = { nowMs: moment.nowMs, bytes: moment.remainingBytes };
    const aged = recent.filter(({ nowMs }) => seen.nowMs - nowMs >= settings.windowMs);
    before = least([...(before === null ? [] : [before]), ...aged.map(({ bytes }) => bytes)]);
    recent = recent.slice(aged.length);
    const smallest = Math.min(before ?? Infinity, recent.at(-1)?.bytes ?? Infinity);
    if (seen.bytes < smallest) recent = [...recent, seen];
    if (stall !== null) {
      stall.settleForLess(seen);
    } else if (before !== null && seen.bytes >= before * (1 - settings.margin)) {
      stall = new Relaxation(settings, seen, Math.min(before, smallest));
    }
    if (stall === null || seen.bytes > stall.best * (1 + settings.margin)) return null;
    const orders = decide(moment, settings, maxDowntimeMs, latestMs);
    isTried = orders !== null;
    return orders;
  };
}

/** What is good enough once a migration has stalled. */
class Relaxation {
  readonly #decay: number;
  #patienceMs: Milliseconds;
  #untilMs: Milliseconds;
  #seen: Bytes[] = [];
  best: Bytes;

  constructor(settings: StallDetectorSettings, { nowMs }: Seen, best: Bytes) {
    this.#decay = settings.patienceDecay;
    this.#patienceMs = settings.windowMs;
    this.#untilMs = nowMs + settings.windowMs;
    this.best = best;
  }

  /** When patience ends, the best since the stall began is good enough, then the second best. */
  settleForLess({ nowMs, bytes }: Seen): void {
    this.#seen.push(bytes);
    if (nowMs < this.#untilMs) return;
    this.#seen.sort((one, other) => one - other);
    this.best = this.#seen.shift() as Bytes;
    this.#patienceMs *= this.#decay;
    this.#untilMs = nowMs + this.#patienceMs;
  }
}

function decide(
  { nowMs, remainingBytes, bandwidth }: Moment,
  settings: StallDetectorSettings,
  maxDowntimeMs: Milliseconds,
  latestMs: Milliseconds,
): readonly TimedOrder[] | null {
  const estimateMs = (remainingBytes / bandwidth) * 1000;
  if (nowMs + estimateMs > latestMs) return null;
  if (estimateMs <= maxDowntimeMs * settings.possibleFactor) {
    const because = `KubeVirt's stall detector raised the limit to ${maxDowntimeMs} ms, and ${settings.switchoverTimeoutMs / 1000} s later it was still not over`;
    return [
      { atMs: nowMs, order: { kind: "downtime-limit", ms: maxDowntimeMs } },
      { atMs: nowMs + settings.switchoverTimeoutMs, order: { kind: "abort", because } },
    ];
  }
  const because = `KubeVirt's stall detector expects a downtime of ${Math.round(estimateMs)} ms, more than ${settings.possibleFactor} times ${maxDowntimeMs} ms`;
  return [{ atMs: nowMs, order: { kind: "abort", because } }];
}

function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values);
}
