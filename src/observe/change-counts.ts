import { assert } from "../errors.js";
import type { Milliseconds, PageCount, PageIndex } from "../units.js";
import { HORIZON_TOLERANCE } from "./horizons.js";
import { scatter } from "./page-hash.js";

/** Random groups of pages, by whose differences the error of a sample is judged. */
export const GROUPS = 16;

/** The windows of about one length. */
export interface WindowCounts {
  readonly windows: number;
  /** Mean length. */
  readonly lengthMs: Milliseconds;
  /** Mean number of distinct pages that changed within a window. */
  readonly pages: number;
  /** Its variance from window to window; 0 for a single one. */
  readonly variance: number;
  /** Of that mean, the pages in each random group. */
  readonly groupPages: readonly number[];
  /** Mean number of pairs 2k, 2k + 1 whose pages both changed. */
  readonly pairs: number;
}

interface Tally {
  windows: number;
  length: number;
  pages: number;
  squares: number;
  pairs: number;
  readonly groups: Float64Array;
}

/**
 * Counts, for windows between any two of a series of snapshots, the distinct pages that changed in them.
 *
 * A page changed within (i, j] when the snapshot at which it last changed, seen from j, is later than i. So
 * for each snapshot a count of the pages that last changed there is kept up to date, and the sums of its
 * tail answer all windows that end at j at once, like the stack distances of an LRU cache.
 *
 * What a snapshot cannot show is missing: a page written with the bytes it had, or written and restored
 * between two snapshots. Snapshots may be spaced unevenly: each end of a window is paired with the start
 * that comes nearest to the horizon, and none if that is more than a sixth off.
 */
export class ChangeCounts {
  readonly pages: PageCount;
  /** Pages in each random group. */
  readonly groupSizes: readonly number[];
  readonly #salt: number;
  readonly #horizonsMs: readonly Milliseconds[];
  readonly #tallies: readonly Tally[];
  readonly #timesMs: Milliseconds[] = [];
  /** For each page, the snapshot at which it last changed; 0, the first one, for never. */
  readonly #lastChange: Uint32Array;
  /** For each snapshot, how many pages last changed there: in each group, and both pages of a pair. */
  readonly #groupCounts: Uint32Array[] = [];
  readonly #pairCounts: number[] = [];

  /** @param salt - Counts whose pages are estimated together need different ones, lest their groups be alike. */
  constructor(pages: PageCount, horizonsMs: readonly Milliseconds[], salt = 0) {
    this.pages = pages;
    this.#salt = scatter(salt);
    this.#lastChange = new Uint32Array(pages + (pages % 2));
    this.#horizonsMs = horizonsMs;
    this.#tallies = horizonsMs.map(() => ({
      ...{ windows: 0, length: 0, pages: 0, squares: 0, pairs: 0 },
      groups: new Float64Array(GROUPS),
    }));
    const sizes = new Array<number>(GROUPS).fill(0);
    for (let page = 0; page < pages; page++) {
      const group = this.#groupOf(page);
      sizes[group] = (sizes[group] ?? 0) + 1;
    }
    this.groupSizes = sizes;
  }

  /** Takes in a snapshot: the pages, each once, that changed since the one before. The first has none. */
  snapshot(atMs: Milliseconds, changed: ArrayLike<PageIndex>): void {
    const now = this.#timesMs.length;
    assert(now > 0 || changed.length === 0, "nothing can have changed before the first snapshot");
    assert(now === 0 || atMs > (this.#timesMs[now - 1] ?? 0), "snapshots come in order");
    this.#timesMs.push(atMs);
    this.#groupCounts.push(new Uint32Array(GROUPS));
    this.#pairCounts.push(0);
    for (let index = 0; index < changed.length; index++) this.#change(changed[index] ?? 0, now);
    if (now > 0) this.#closeWindows(now);
  }

  /** What was counted for a horizon, by its place in the list; null when no window was near enough to it. */
  at(horizon: number): WindowCounts | null {
    const tally = this.#tallies[horizon];
    if (tally === undefined || tally.windows === 0) return null;
    const { windows } = tally;
    const mean = tally.pages / windows;
    return {
      windows,
      lengthMs: tally.length / windows,
      pages: mean,
      variance:
        windows > 1 ? Math.max(0, (tally.squares - windows * mean * mean) / (windows - 1)) : 0,
      groupPages: Array.from(tally.groups, (sum) => sum / windows),
      pairs: tally.pairs / windows,
    };
  }

  #groupOf(page: PageIndex): number {
    return scatter((page >>> 1) ^ this.#salt) % GROUPS;
  }

  #change(page: PageIndex, now: number): void {
    const other = this.#lastChange[page ^ 1] ?? 0;
    const before = this.#lastChange[page] ?? 0;
    this.#lastChange[page] = now;
    const group = this.#groupOf(page);
    this.#countGroup(now, group, 1);
    if (before > 0) this.#countGroup(before, group, -1);
    // Both of a pair have changed since whichever of them changed longer ago.
    const pairBefore = Math.min(before, other);
    if (pairBefore > 0) this.#pairCounts[pairBefore] = (this.#pairCounts[pairBefore] ?? 0) - 1;
    if (other > 0) this.#pairCounts[other] = (this.#pairCounts[other] ?? 0) + 1;
  }

  #countGroup(snapshot: number, group: number, by: number): void {
    const counts = this.#groupCounts[snapshot] as Uint32Array;
    counts[group] = (counts[group] ?? 0) + by;
  }

  /** Goes back from the newest snapshot, adding up, and notes the sums at the horizons it comes by. */
  #closeWindows(now: number): void {
    const end = this.#timesMs[now] ?? 0;
    const groups = new Float64Array(GROUPS);
    let pages = 0;
    let pairs = 0;
    let horizon = 0;
    for (let start = now - 1; start >= 0 && horizon < this.#horizonsMs.length; start--) {
      const counts = this.#groupCounts[start + 1] as Uint32Array;
      for (let group = 0; group < GROUPS; group++) {
        const count = counts[group] ?? 0;
        groups[group] = (groups[group] ?? 0) + count;
        pages += count;
      }
      pairs += this.#pairCounts[start + 1] ?? 0;
      const length = end - (this.#timesMs[start] ?? 0);
      const next = start > 0 ? end - (this.#timesMs[start - 1] ?? 0) : Number.POSITIVE_INFINITY;
      for (; horizon < this.#horizonsMs.length; horizon++) {
        const wanted = this.#horizonsMs[horizon] ?? 0;
        if (Math.abs(next - wanted) < Math.abs(length - wanted)) break;
        if (Math.abs(length - wanted) <= wanted * HORIZON_TOLERANCE) {
          addWindow(this.#tallies[horizon] as Tally, length, pages, pairs, groups);
        }
      }
    }
  }
}

function addWindow(
  tally: Tally,
  length: Milliseconds,
  pages: number,
  pairs: number,
  groups: Float64Array,
): void {
  tally.windows++;
  tally.length += length;
  tally.pages += pages;
  tally.squares += pages * pages;
  tally.pairs += pairs;
  for (let group = 0; group < GROUPS; group++) {
    tally.groups[group] = (tally.groups[group] ?? 0) + (groups[group] ?? 0);
  }
}
