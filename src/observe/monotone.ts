import type { CurvePoint } from "./observation.js";

/**
 * D(t) as it must be: more time never dirties fewer pages. Where measured points contradict that, they
 * share their mean, weighted by their windows (pool adjacent violators, the least-squares monotone fit).
 * Points must be in order of their horizons; of several with about the same one, the first is kept.
 */
export function monotone(points: readonly CurvePoint[]): CurvePoint[] {
  const apart = points.filter(
    (point, index) => index === 0 || point.horizonMs > (points[index - 1]?.horizonMs ?? 0),
  );
  const pools: { weight: number; sum: number; size: number }[] = [];
  for (const { pages, windows } of apart) {
    const weight = Math.max(1, windows);
    let pool = { weight, sum: weight * pages, size: 1 };
    for (let last = pools.at(-1); last && mean(last) > mean(pool); last = pools.at(-1)) {
      pools.pop();
      pool = {
        weight: pool.weight + last.weight,
        sum: pool.sum + last.sum,
        size: pool.size + last.size,
      };
    }
    pools.push(pool);
  }
  const fitted = pools.flatMap((pool) => new Array<number>(pool.size).fill(mean(pool)));
  return apart.map((point, index) => ({ ...point, pages: fitted[index] ?? point.pages }));
}

function mean({ weight, sum }: { weight: number; sum: number }): number {
  return sum / weight;
}
