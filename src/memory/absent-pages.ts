import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { PageCount, PageIndex } from "../units.js";

/**
 * Pages that have not reached the target yet, counted by stretch of memory: a guest's regions of equal
 * access rate are whole stretches, so that the next fault can be drawn without looking at every page.
 */
export class AbsentPages {
  readonly bitmap: DirtyBitmap;
  /** Ascending bounds: stretch i is [bounds[i], bounds[i + 1]). */
  readonly bounds: readonly PageIndex[];
  readonly #counts: Float64Array;
  #total: PageCount = 0;

  /** @param cuts - Pages at which a stretch has to end; any order, duplicates allowed. */
  constructor(bitmap: DirtyBitmap, cuts: Iterable<PageIndex>) {
    this.bitmap = bitmap;
    const inside = [...cuts].filter((page) => page > 0 && page < bitmap.pageCount);
    this.bounds = [...new Set([0, ...inside, bitmap.pageCount])].sort((a, b) => a - b);
    this.#counts = new Float64Array(this.bounds.length - 1);
    for (let index = 0; index < this.#counts.length; index++) {
      const count = bitmap.count(this.bounds[index], this.bounds[index + 1]);
      this.#counts[index] = count;
      this.#total += count;
    }
  }

  get total(): PageCount {
    return this.#total;
  }

  /** Absent pages in a stretch. */
  countIn(stretch: number): PageCount {
    return this.#counts[stretch] ?? 0;
  }

  /** The stretch that begins at a bound. */
  stretchFrom(bound: PageIndex): number {
    return this.#find(bound);
  }

  /** Marks as present every page of [from, to) that is no longer pending at the source. */
  arrive(pending: DirtyBitmap, from: PageIndex, to: PageCount): void {
    for (let stretch = this.#find(from), start = from; start < to; stretch++) {
      const end = Math.min(to, this.bounds[stretch + 1] ?? to);
      const arrived = this.bitmap.andRange(pending, start, end);
      this.#counts[stretch] = (this.#counts[stretch] ?? 0) - arrived;
      this.#total -= arrived;
      start = end;
    }
  }

  #find(page: PageIndex): number {
    let low = 0;
    let high = this.#counts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.bounds[middle] as number) <= page) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
