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
const MOST_LEVELS = 4;

/**
 * Divides pages into levels so that no more than `tickBytes` are read in a tick. If all fit, all are looked
 * at in every tick. Otherwise half of what a tick may read is a random sample that is looked at in every
 * tick; the rest goes to levels that are looked at in every 4th, 16th and 64th tick and hold as many times
 * more pages, each spread over its ticks. Pages beyond all levels are not looked at.
 *
 * Pages are chosen two neighbours at a time, so that locality shows.
 *
 * @param pages - Ascending.
 * @param seed - Another seed chooses other pages.
 */
export function planWatch(pages: Uint32Array, tickBytes: Bytes, seed: number): WatchedPart[] {
  const tickPages = Math.max(2, Math.floor(tickBytes / PAGE_SIZE));
  const shares = levelShares(pages.length, tickPages);
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
function levelShares(pages: PageCount, tickPages: PageCount): Share[] {
  if (pages <= tickPages) return [1];
  const often = tickPages / 2;
  for (let levels = 2; ; levels++) {
    const perTick = often / (levels - 1);
    const upTo = [often];
    for (let level = 1; level < levels; level++) {
      upTo.push((upTo[level - 1] ?? 0) + perTick * RATIO ** level);
    }
    if ((upTo.at(-1) ?? 0) >= pages || levels === MOST_LEVELS) {
      return upTo.map((count) => Math.min(1, count / pages));
    }
  }
}
