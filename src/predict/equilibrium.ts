import type { Bytes, BytesPerSecond, Milliseconds } from "../units.js";
import type { PredictedGuest } from "./guest.js";
import { RAW_PAGE_BYTES } from "./profile.js";
import type { PredictedHosts, PredictedSettings } from "./settings.js";
import { uncappedBandwidth } from "./windows.js";

/** What the guest dirties against what the link carries: numbers of a picture. */
export interface DirtyCurve {
  /** D(t) as wire bytes of raw pages, from 0 on. */
  readonly points: readonly { readonly ms: Milliseconds; readonly bytes: Bytes }[];
  /** Bytes per second of a pass. */
  readonly bandwidth: BytesPerSecond;
  readonly downtimeLimitMs: Milliseconds;
  /** What may remain for the switchover: the downtime limit at that bandwidth. */
  readonly thresholdBytes: Bytes;
  /** How long passes come to be: what is dirtied within one just takes one to send. 0: they shrink to nothing. */
  readonly equilibriumMs: Milliseconds;
}

const POINTS = 120;
const MOST_PASSES = 400;

/** The curve D(t) of a guest that is not throttled, the link line, and where they meet. */
export function dirtyCurveOf(
  guest: PredictedGuest,
  settings: PredictedSettings,
  hosts: PredictedHosts,
): DirtyCurve {
  const bandwidth = Math.min(settings.maxBandwidth, uncappedBandwidth(hosts));
  const { downtimeLimitMs } = settings;
  const bytesWithin = (ms: Milliseconds): Bytes =>
    guest.classes.reduce((sum, one) => sum + one.distinct(ms), 0) * RAW_PAGE_BYTES;
  const firstPassMs =
    (Math.max(...guest.nonzeroPages.map(({ to }) => to)) * RAW_PAGE_BYTES * 1000) / bandwidth;
  const equilibriumMs = settle(firstPassMs, (ms) => (bytesWithin(ms) * 1000) / bandwidth);
  const longest = Math.max(1.5 * equilibriumMs, 2.5 * downtimeLimitMs, 1);
  const points = Array.from({ length: POINTS + 1 }, (_, index) => {
    const ms = (longest * index) / POINTS;
    return { ms, bytes: bytesWithin(ms) };
  });
  const thresholdBytes = (bandwidth * downtimeLimitMs) / 1000;
  return { points, bandwidth, downtimeLimitMs, thresholdBytes, equilibriumMs };
}

/** Pass after pass, each as long as it takes to send what the one before left dirty. */
function settle(firstMs: Milliseconds, next: (ms: Milliseconds) => Milliseconds): Milliseconds {
  let ms = firstMs;
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const after = Math.min(ms, next(ms));
    if (ms - after < 1e-4 * firstMs && ms - after < 0.002 * ms) return after;
    ms = after;
    // Shorter than anything that happens in a migration.
    if (ms < 0.1) return 0;
  }
  return ms;
}
