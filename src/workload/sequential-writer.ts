import type { AbsentPages } from "../memory/absent-pages.js";
import { type Nanoseconds, type PageCount, type PageIndex, SECOND } from "../units.js";
import type { SequentialSpec } from "./spec.js";
import { type Touch, timeOfWrite, type Writer, type WriteTarget, writesUntil } from "./writer.js";

/** Page after page around the working set: an interval is one range, or two where it wraps. */
export class SequentialWriter implements Writer {
  readonly cuts: readonly PageIndex[];
  readonly #first: PageIndex;
  readonly #pages: PageCount;
  readonly #rate: number;

  constructor({ at = 0, wssPages, rate }: SequentialSpec) {
    this.#first = at;
    this.#pages = wssPages;
    this.#rate = rate;
    this.cuts = [at, at + wssPages];
  }

  advance({ log }: WriteTarget, from: Nanoseconds, to: Nanoseconds): void {
    const done = writesUntil(this.#rate, from);
    const count = Math.min(writesUntil(this.#rate, to) - done, this.#pages);
    const start = done % this.#pages;
    const straight = Math.min(count, this.#pages - start);
    log.markRange(this.#first + start, this.#first + start + straight);
    log.markRange(this.#first, this.#first + count - straight);
  }

  firstTouch(absent: AbsentPages, from: Nanoseconds, to: Nanoseconds): Touch | null {
    const done = writesUntil(this.#rate, from);
    const start = this.#first + (done % this.#pages);
    const end = this.#first + this.#pages;
    // Only as far as the interval reaches, so that the pages passed are looked at once.
    const reach = start + Math.min(this.#pages, writesUntil(this.#rate, to) - done);
    const page =
      absent.bitmap.next(start, Math.min(reach, end)) ??
      (reach > end ? absent.bitmap.next(this.#first, reach - this.#pages) : undefined);
    if (page === undefined) return null;
    const ahead = page >= start ? page - start : page - start + this.#pages;
    const at = Math.max(from + 1, timeOfWrite(this.#rate, done + ahead + 1));
    return at <= to ? { page, at } : null;
  }

  expectedDirtyPages(length: Nanoseconds): PageCount {
    return Math.min(this.#pages, this.expectedWrites(length));
  }

  expectedWrites(length: Nanoseconds): number {
    return (this.#rate * length) / SECOND;
  }
}
