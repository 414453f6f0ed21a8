import type { FluidCurves, RoundsJob } from "../../kernel/fluid.js";

/** So many values are tried in one call of the kernel. */
const TRIES = 64;
/** How close the value below is that does not do. */
const PRECISION = 1e-7;

/**
 * The least value with which a migration converges: between two neighbours of a grid, geometric from one end to the
 * other, one fails and the next converges; then between those two, and so on.
 *
 * @param from - Above 0; may be one that does.
 * @returns A value that converges, while one less by a ten-millionth does not; null where even `to` does not.
 */
export function leastThatConverges(
  curves: FluidCurves,
  from: number,
  to: number,
  job: (value: number) => RoundsJob,
): number | null {
  let [low, high] = [from, to];
  let isFirst = true;
  while (isFirst || high / low > 1 + PRECISION) {
    const step = Math.sqrt(Math.sqrt(Math.sqrt(Math.sqrt(Math.sqrt(Math.sqrt(high / low))))));
    const values = [low];
    while (values.length < TRIES) values.push((values.at(-1) as number) * step);
    values.push(high);
    const results = curves.rounds(values.map(job));
    const first = results.findIndex(({ ending }) => ending === "converged");
    if (first < 0) return null;
    if (first === 0) return values[0] as number;
    low = values[first - 1] as number;
    high = values[first] as number;
    isFirst = false;
  }
  return high;
}
