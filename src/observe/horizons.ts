import type { Milliseconds } from "../units.js";

/** The shortest horizon that is looked at: half of one of QEMU's windows of 100 ms. */
export const SHORTEST_HORIZON_MS: Milliseconds = 50;
/** Windows count for a horizon when their length is within a sixth of it: half a step between two horizons. */
export const HORIZON_TOLERANCE: number = 1 / 6;

/**
 * The horizons t of D(t) that snapshots `intervalMs` apart can show, up to `wholeMs`: each longer than the
 * one before by the square root of 2, and the whole as the last.
 */
export function horizonsFor(intervalMs: Milliseconds, wholeMs: Milliseconds): Milliseconds[] {
  const horizons: Milliseconds[] = [];
  const most = wholeMs * (1 - HORIZON_TOLERANCE);
  let horizon = Math.max(SHORTEST_HORIZON_MS, intervalMs);
  for (; horizon < most; horizon *= Math.SQRT2) horizons.push(horizon);
  return [...horizons, wholeMs];
}
