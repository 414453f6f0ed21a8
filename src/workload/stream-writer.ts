import { InvalidOptionError } from "../errors.js";
import type { AbsentPages } from "../memory/absent-pages.js";
import { type Nanoseconds, type PageCount, type PageIndex, SECOND } from "../units.js";
import { expectedDirtyPages, type Region } from "./regions.js";
import { type Touch, timeOfWrite, type Writer, type WriteTarget, writesUntil } from "./writer.js";

/** Writes drawn at a time. */
const CHUNK = 4096;
/** Most writes per second that are performed one by one. */
const MOST_WRITES = 1e8;

/**
 * Single writes at an even pace, for guests whose bytes change: write n happens at n / rate. The pages
 * come from a stream that is looked ahead in when the next fault is asked for.
 */
export class StreamWriter implements Writer {
  readonly cuts: readonly PageIndex[];
  readonly #regions: readonly Region[];
  readonly #rate: number;
  readonly #draw: (count: number) => Uint32Array;
  /** Drawn and not yet performed; the first is write number #done + 1. */
  #ahead: Uint32Array = new Uint32Array(0);
  #done = 0;

  /**
   * @param regions - Where the writes go on average, for the curve D(t).
   * @param draw - The next `count` pages (even) of the stream.
   */
  constructor(regions: readonly Region[], draw: (count: number) => Uint32Array) {
    this.#regions = regions;
    this.#rate = regions.reduce((sum, { rate }) => sum + rate, 0);
    if (this.#rate > MOST_WRITES) {
      throw new InvalidOptionError(
        "workload",
        `${this.#rate} writes/s`,
        `at most ${MOST_WRITES} for a guest with bytes, whose writes are performed one by one`,
      );
    }
    this.#draw = draw;
    this.cuts = regions.flatMap(({ first, pages }) => [first, first + pages]);
  }

  advance({ log, storeWrites }: WriteTarget, _from: Nanoseconds, to: Nanoseconds): void {
    for (let left = writesUntil(this.#rate, to) - this.#done; left > 0; ) {
      const pages = this.#take(Math.min(left, CHUNK));
      storeWrites?.(pages);
      log.markList(pages);
      left -= pages.length;
    }
  }

  firstTouch({ bitmap, total }: AbsentPages, from: Nanoseconds, to: Nanoseconds): Touch | null {
    if (total === 0) return null;
    const last = writesUntil(this.#rate, to) - this.#done;
    for (let seen = 0; seen < last; seen += CHUNK) {
      const end = Math.min(seen + CHUNK, last);
      this.#lookAhead(end);
      const pages = this.#ahead.subarray(seen, end);
      const hit = bitmap.firstOf(pages);
      if (hit === pages.length) continue;
      const at = Math.max(from + 1, timeOfWrite(this.#rate, this.#done + seen + hit + 1));
      return at <= to ? { page: pages[hit] as PageIndex, at } : null;
    }
    return null;
  }

  expectedDirtyPages(length: Nanoseconds): PageCount {
    return expectedDirtyPages(this.#regions, length);
  }

  expectedWrites(length: Nanoseconds): number {
    return (this.#rate * length) / SECOND;
  }

  #take(count: number): Uint32Array {
    this.#lookAhead(count);
    const pages = this.#ahead.subarray(0, count);
    this.#ahead = this.#ahead.subarray(count);
    this.#done += count;
    return pages;
  }

  #lookAhead(count: number): void {
    if (this.#ahead.length >= count) return;
    // At least doubled, so that looking far ahead copies each page a few times only.
    const missing = Math.max(CHUNK, count - this.#ahead.length, this.#ahead.length);
    const drawn = this.#draw(missing + (missing % 2));
    const joined = new Uint32Array(this.#ahead.length + drawn.length);
    joined.set(this.#ahead);
    joined.set(drawn, this.#ahead.length);
    this.#ahead = joined;
  }
}
