import { scatter } from "../observe/page-hash.js";
import { type Bytes, PAGE_SIZE, type PageCount, type PageIndex, type Share } from "../units.js";

/** Pages that are looked at together: at the ticks `phase`, `phase + period`, ... */
export interface WatchedPart {
  readonly level: number;
  readonly period: number;
  readonly phase: number;
  readonly pages: Uint32Array;
}

/** From one level to the next, pages are looked at so many times less often. */
const RATIO = 4;
/** Shares of a tick: the pages looked at in every tick, all levels between, and the highest level. */
const OFTEN: Share = 0.35;
const BETWEEN: Share = 0.25;

/**
 * Divides pages into levels so that no more than `tickBytes` are read in a tick. If all fit, all are looked
 * at in every tick. Otherwise a third of what a tick may read is a random sample that is looked at in every
 * tick; the rest goes to levels that are looked at in every 4th, 16th, ... tick and hold as many times
 * more pages, each spread over its ticks, most of it to the highest: its pages make long horizons precise, and short ones
 * are corrected by them. There are no more levels than it takes. Pages beyond all levels are not looked at.
 *
 * Pages are chosen two neighbours at a time, so that locality shows.
 *
 * @param pages - Ascending.
 * @param seed - Another seed chooses other pages.
 * @param mostPeriod - No level is looked at less often than every so many ticks.
 */
export function planWatch(
  pages: Uint32Array,
  tickBytes: Bytes,
  seed: number,
  mostPeriod: number,
): WatchedPart[] {
  const tickPages = Math.max(2, Math.floor(tickBytes / PAGE_SIZE));
  const shares = levelShares(pages.length, tickPages, mostPeriod);
  const parts = shares.flatMap((_, level) =>
    Array.from({ length: RATIO ** level }, (_, phase) => ({
      ...{ level, phase, period: RATIO ** level },
      chosen: [] as PageIndex[],
    })),
  );
  for (let place = 0; place < pages.length; place += 2) {
    const chance = scatter((place >>> 1) ^ seed) / 2 ** 32;
    const level = shares.findIndex((upTo) => chance < upTo);
    if (level < 0) continue;
    const firstOfLevel = (RATIO ** level - 1) / (RATIO - 1);
    const phase = scatter((place >>> 1) ^ ~seed) % RATIO ** level;
    const { chosen } = parts[firstOfLevel + phase] as { chosen: PageIndex[] };
    chosen.push(pages[place] ?? 0);
    if (place + 1 < pages.length) chosen.push(pages[place + 1] ?? 0);
  }
  return parts
    .map(({ chosen, ...part }) => ({ ...part, pages: Uint32Array.from(chosen) }))
    .filter((part) => part.pages.length > 0);
}

/** For each level, the share of the pages that lies in it and those below. */
function levelShares(pages: PageCount, tickPages: PageCount, mostPeriod: number): Share[] {
  if (pages <= tickPages) return [1];
  for (let levels = 1; ; levels++) {
    const perTick = levelSizes(levels, tickPages);
    let sum = 0;
    const upTo = perTick.map((size, level) => {
      sum += size * RATIO ** level;
      return Math.min(1, sum / pages);
    });
    if (sum >= pages || RATIO ** levels > mostPeriod) return upTo;
  }
}

/** How many pages of each level are looked at in a tick. */
function levelSizes(levels: number, tickPages: PageCount): PageCount[] {
  if (levels === 1) return [tickPages];
  const between = levels > 2 ? (BETWEEN * tickPages) / (levels - 2) : 0;
  const highest = tickPages * (1 - OFTEN - (levels > 2 ? BETWEEN : 0));
  const middle = new Array<PageCount>(levels - 2).fill(between);
  return [OFTEN * tickPages, ...middle, highest];
}
