import type { FluidCurves, RoundsJob } from "../../kernel/fluid.js";

/** How close the value below is that does not do. */
const PRECISION = 1e-7;

/**
 * The least value with which a migration converges, by halving (geometrically) between one that fails and one
 * that does. Near it rounds are many, so trying several at once would cost more than it saves.
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
  const [atFrom, atTo] = curves.rounds([job(from), job(to)]);
  if (atFrom?.ending === "converged") return from;
  if (atTo?.ending !== "converged") return null;
  let [low, high] = [from, to];
  while (high / low > 1 + PRECISION) {
    const middle = low * Math.sqrt(high / low);
    const [result] = curves.rounds([job(middle)]);
    if (result?.ending === "converged") high = middle;
    else low = middle;
  }
  return high;
}
