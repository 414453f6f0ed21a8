import { oneMinusExp, power } from "../elementary.js";
import { type Nanoseconds, type PageCount, type PageIndex, SECOND } from "../units.js";
import type { HotSetSpec, UniformSpec, ZipfSpec } from "./spec.js";

/** A stretch of pages that are written at one and the same rate each. */
export interface Region {
  readonly first: PageIndex;
  readonly pages: PageCount;
  /** Writes per second to the whole stretch. */
  readonly rate: number;
}

/** Hottest pages that get a region each; beyond, a region covers pages whose rates differ by at most 1 / 32. */
const SINGLE_PAGES = 32;
const REGION_GROWTH = 1 + 1 / 32;

/** The working set as stretches of equal rate: one for uniform, two for a hot set, some hundreds for Zipf. */
export function regionsOf(spec: UniformSpec | HotSetSpec | ZipfSpec): readonly Region[] {
  const first = spec.at ?? 0;
  switch (spec.kind) {
    case "uniform":
      return [{ first, pages: spec.wssPages, rate: spec.rate }];
    case "hot-set":
      return hotSet(spec, first);
    case "zipf":
      return zipf(spec, first);
  }
}

function hotSet({ wssPages, rate, hot, share }: HotSetSpec, first: PageIndex): readonly Region[] {
  const hotPages = Math.min(wssPages, Math.max(1, Math.round(wssPages * hot)));
  const spread = (rate * (1 - share)) / wssPages;
  const regions = [{ first, pages: hotPages, rate: rate * share + spread * hotPages }];
  const coldPages = wssPages - hotPages;
  if (coldPages > 0 && spread > 0) {
    regions.push({ first: first + hotPages, pages: coldPages, rate: spread * coldPages });
  }
  return regions;
}

function zipf({ wssPages, rate, skew }: ZipfSpec, first: PageIndex): readonly Region[] {
  const weights: { rank: PageIndex; pages: PageCount; weight: number }[] = [];
  let total = 0;
  for (let rank = 0; rank < wssPages; ) {
    const end = rank < SINGLE_PAGES ? rank + 1 : Math.floor((rank + 1) * REGION_GROWTH);
    const pages = Math.min(end, wssPages) - rank;
    const weight = zipfWeight(rank, pages, skew);
    weights.push({ rank, pages, weight });
    total += weight;
    rank += pages;
  }
  return weights.map(({ rank, pages, weight }) => ({
    first: first + rank,
    pages,
    rate: (rate * weight) / total,
  }));
}

/** Sum of (k + 1)^-skew over `pages` ranks from `rank`: the integral over half-integer bounds, exact within 1e-4. */
function zipfWeight(rank: PageIndex, pages: PageCount, skew: number): number {
  if (pages === 1) return power(rank + 1, -skew);
  const low = rank + 0.5;
  const high = rank + pages + 0.5;
  // Simpson's rule on a narrow stretch of a smooth function.
  const middle = (low + high) / 2;
  const sum = power(low, -skew) + 4 * power(middle, -skew) + power(high, -skew);
  return (sum * (high - low)) / 6;
}

/** The curve D(t): mean number of distinct pages written within a time, N (1 - exp(-r t / N)) of each region. */
export function expectedDirtyPages(regions: readonly Region[], length: Nanoseconds): PageCount {
  const seconds = length / SECOND;
  return regions.reduce((sum, { pages, rate }) => {
    return sum + pages * oneMinusExp((rate * seconds) / pages);
  }, 0);
}
