import { Random } from "../world/random.js";

/**
 * So many whole numbers below `total`, every subset with the same chance, in ascending order (Floyd's way:
 * Bentley, Programming Pearls, CACM 30(9), 1987). All of them where there are no more.
 *
 * @param total - Up to 2^53.
 */
export function sampleBelow(total: number, count: number, seed: number): Float64Array {
  if (count >= total) return Float64Array.from({ length: total }, (_, index) => index);
  const random = new Random(seed).fork("sweep/sample");
  const taken = new Set<number>();
  for (let last = total - count; last < total; last++) {
    const drawn = Math.floor((1 - random.nextUnit()) * (last + 1));
    taken.add(taken.has(drawn) ? last : drawn);
  }
  return Float64Array.from(taken).sort();
}
