import type { Milliseconds, PageCount } from "../units.js";
import type { CurvePoint } from "./observation.js";

/** An answer of QEMU's `calc-dirty-rate` in its mode page-sampling. */
export interface SampledRate {
  /** Time between the two looks at the sample. */
  readonly calcTimeMs: Milliseconds;
  /** MiB/s, a whole number: QEMU cuts off the rest. */
  readonly mibPerSecond: number;
  /** Pages of the sample per GiB of memory. */
  readonly samplePagesPerGib: number;
}

const PAGES_PER_MIB = 256;
const PAGES_PER_GIB = 262_144;

/**
 * QEMU's "dirty rate" is no rate: it is the share of a random sample of pages that differ after the time t,
 * as MiB divided by t. So it is a point of D(t) for that very t, and of no other.
 *
 * Its errors: QEMU cuts the rate to whole MiB/s, which hides up to 256 t pages (half of that is added here,
 * and its share of the error is 256 t / sqrt(12)); and the sample's own, N sqrt(p (1 - p) / n). A page written
 * with the bytes it had does not show.
 *
 * @param rates - Measurements with the same `calcTimeMs`; each is a window.
 */
export function sampledPoint(rates: readonly SampledRate[], totalPages: PageCount): CurvePoint {
  const horizonMs = rates[0]?.calcTimeMs ?? 0;
  const grain = (PAGES_PER_MIB * horizonMs) / 1000;
  const counts = rates.map(({ mibPerSecond }) =>
    Math.min(totalPages, mibPerSecond === 0 ? grain / 4 : (mibPerSecond + 0.5) * grain),
  );
  const pages = counts.reduce((a, b) => a + b, 0) / counts.length;
  const spread = counts.reduce((sum, count) => sum + (count - pages) ** 2, 0);
  const samples = Math.max(1, ((rates[0]?.samplePagesPerGib ?? 0) * totalPages) / PAGES_PER_GIB);
  const share = Math.max(pages / totalPages, 1 / samples);
  const sampling = (totalPages * Math.sqrt(Math.max(0, share * (1 - share)) / samples)) ** 2;
  const cutting = grain ** 2 / 12;
  const windows = rates.length;
  return {
    horizonMs,
    pages,
    // What chance does to the samples is no restlessness of the guest.
    deviation:
      windows > 1 ? Math.sqrt(Math.max(0, spread / (windows - 1) - sampling - cutting)) : 0,
    windows,
    deltaBytes: null,
    overflowShare: null,
    pagesError: Math.sqrt((sampling + cutting) / windows),
  };
}
