import { InvalidOptionError } from "../errors.js";
import { type Bytes, MAX_PAGES, type PageCount, type PageIndex } from "../units.js";
import { checkPage, checkPageCount, checkPages, checkRange } from "./checks.js";
import type { Pointer } from "./exports.js";
import { createKernel, type Kernel, STAGING_U32 } from "./load.js";

/** A maximal stretch of marked pages, [start, end). */
export interface PageRun {
  readonly start: PageIndex;
  readonly end: PageCount;
}

const RUNS_A_BATCH = 1024;
/** Pages that a bit of the summary stands for. */
const BLOCK_PAGES: PageCount = 4096;

/**
 * A set of guest pages, one bit each. Wherever a method takes a range [from, to), its default is the
 * whole guest, the bounds are 0 .. pageCount, and a range that ends before it begins is empty.
 *
 * Pages and bounds outside the guest throw {@link InvalidOptionError}. Methods over two bitmaps need both
 * in one kernel and of one size.
 */
export class DirtyBitmap {
  readonly pageCount: PageCount;
  readonly kernel: Kernel;
  /** Where the bits are, and behind them those of the summary; for this folder only. @internal */
  readonly pointer: Pointer;
  /** A bit for every 4096 pages, clear only where all of them are; for this folder only. @internal */
  readonly summary: Pointer;
  /** 64-bit words of the bitmap, and of bitmap and summary. */
  readonly #words: number;
  readonly #allWords: number;

  /**
   * All pages clean.
   *
   * @param pageCount - 1 .. 2^32.
   * @param kernel - Where to put it, with {@link DirtyBitmap.bytesFor} bytes left. Default: one of its own.
   */
  constructor(
    pageCount: PageCount,
    kernel: Kernel = createKernel(DirtyBitmap.bytesFor(pageCount)),
  ) {
    checkPageCount(pageCount, MAX_PAGES);
    this.pageCount = pageCount;
    this.kernel = kernel;
    const bytes = DirtyBitmap.bytesFor(pageCount);
    this.#words = bytesOfBits(pageCount) / 8;
    this.#allWords = bytes / 8;
    this.pointer = kernel.allocate(bytes);
    this.summary = this.pointer + 8 * this.#words;
  }

  /** Bytes of kernel memory that a bitmap takes: an eighth of the pages and a little for its summary. */
  static bytesFor(pageCount: PageCount): Bytes {
    checkPageCount(pageCount, MAX_PAGES);
    return bytesOfBits(pageCount) + bytesOfBits(Math.ceil(pageCount / BLOCK_PAGES));
  }

  /** Marks a page; whether it was clean. */
  mark(page: PageIndex): boolean {
    checkPage(page, this.pageCount);
    return this.kernel.exports.bitmapMark(this.pointer, this.summary, page) === 1;
  }

  /** Marks [from, to); how many pages were clean. */
  markRange(from: PageIndex, to: PageCount): PageCount {
    checkRange(from, to, this.pageCount);
    return this.kernel.exports.bitmapMarkRange(this.pointer, this.summary, from, to);
  }

  /** Marks every page. */
  markAll(): void {
    this.markRange(0, this.pageCount);
  }

  /** Marks the listed pages, in any order and with repetitions. */
  markList(pages: Uint32Array): void {
    checkPages(pages, 0, this.pageCount);
    const { exports, staging } = this.kernel;
    for (let at = 0; at < pages.length; at += STAGING_U32) {
      const part = pages.subarray(at, at + STAGING_U32);
      staging.view.set(part);
      exports.bitmapMarkList(this.pointer, this.summary, staging.pointer, part.length);
    }
  }

  /** Clears a page; whether it was marked. */
  clear(page: PageIndex): boolean {
    checkPage(page, this.pageCount);
    return this.kernel.exports.bitmapClear(this.pointer, page) === 1;
  }

  /** Clears [from, to); how many pages were marked. */
  clearRange(from: PageIndex, to: PageCount): PageCount {
    checkRange(from, to, this.pageCount);
    return this.kernel.exports.bitmapClearRange(this.pointer, from, to);
  }

  /** Clears every page. */
  clearAll(): void {
    this.#bytes().fill(0);
  }

  /** Whether a page is marked. */
  has(page: PageIndex): boolean {
    checkPage(page, this.pageCount);
    return this.kernel.exports.bitmapHas(this.pointer, page) === 1;
  }

  /** How many pages of [from, to) are marked. */
  count(from: PageIndex = 0, to: PageCount = this.pageCount): PageCount {
    checkRange(from, to, this.pageCount);
    return this.kernel.exports.bitmapCount(this.pointer, this.summary, from, to);
  }

  /** The first marked page of [from, to); undefined when there is none. */
  next(from: PageIndex = 0, to: PageCount = this.pageCount): PageIndex | undefined {
    checkRange(from, to, this.pageCount);
    const page = this.kernel.exports.bitmapNext(this.pointer, this.summary, from, to);
    return page === to ? undefined : page;
  }

  /** The last marked page of [from, before); undefined when there is none. */
  previous(before: PageCount = this.pageCount, from: PageIndex = 0): PageIndex | undefined {
    checkRange(from, before, this.pageCount);
    const page = this.kernel.exports.bitmapPrevious(this.pointer, from, before);
    return page < 0 ? undefined : page;
  }

  /**
   * The maximal stretches of marked pages in [from, to), ascending; one that reaches out of the range is
   * cut. They are read some hundreds at a time: pages changed meanwhile may or may not be seen.
   */
  *runs(from: PageIndex = 0, to: PageCount = this.pageCount): Generator<PageRun> {
    checkRange(from, to, this.pageCount);
    const { exports, staging } = this.kernel;
    for (let start = from; start < to; ) {
      const found = exports.bitmapRuns(
        this.pointer,
        this.summary,
        start,
        to,
        staging.pointer,
        RUNS_A_BATCH,
      );
      const bounds = this.kernel.f64(staging.pointer, 2 * found).slice();
      for (let index = 0; index < bounds.length; index += 2) {
        yield { start: bounds[index] as number, end: bounds[index + 1] as number };
      }
      start = found < RUNS_A_BATCH ? to : (bounds.at(-1) as number);
    }
  }

  /** How many stretches {@link DirtyBitmap.runs} yields. */
  countRuns(from: PageIndex = 0, to: PageCount = this.pageCount): number {
    checkRange(from, to, this.pageCount);
    return this.kernel.exports.bitmapCountRuns(this.pointer, this.summary, from, to);
  }

  /** The marked pages of [from, to), ascending; the first `max` of them. A copy. */
  list(
    from: PageIndex = 0,
    to: PageCount = this.pageCount,
    max: number = Number.POSITIVE_INFINITY,
  ): Uint32Array {
    checkRange(from, to, this.pageCount);
    const { exports, staging } = this.kernel;
    // A short list needs no count beforehand to know its length.
    const length = max <= STAGING_U32 ? max : Math.min(max, this.count(from, to));
    const parts = new Uint32Array(length);
    let listed = 0;
    for (let start = from; listed < length; ) {
      const most = Math.min(length - listed, STAGING_U32);
      const found = exports.bitmapList(
        this.pointer,
        this.summary,
        start,
        to,
        staging.pointer,
        most,
      );
      parts.set(staging.view.subarray(0, found), listed);
      listed += found;
      if (found < most) break;
      start = (parts[listed - 1] as number) + 1;
    }
    return listed === length ? parts : parts.slice(0, listed);
  }

  /** Marks also what the other marks. */
  or(other: DirtyBitmap): void {
    this.#checkSibling(other);
    this.kernel.exports.bitmapOr(this.pointer, other.pointer, this.#allWords);
  }

  /** Keeps what the other marks too. */
  and(other: DirtyBitmap): void {
    this.#checkSibling(other);
    this.kernel.exports.bitmapAnd(this.pointer, other.pointer, this.#allWords);
  }

  /** Clears what the other marks. */
  andNot(other: DirtyBitmap): void {
    this.#checkSibling(other);
    this.kernel.exports.bitmapAndNot(this.pointer, other.pointer, this.#words);
  }

  /** Within [from, to), keeps what `mask` marks too; how many pages that cleared. */
  andRange(mask: DirtyBitmap, from: PageIndex, to: PageCount): PageCount {
    this.#checkSibling(mask);
    checkRange(from, to, this.pageCount);
    return this.kernel.exports.bitmapAndRange(this.pointer, mask.pointer, from, to);
  }

  /** Becomes equal to the other, which may live in another kernel. */
  copyFrom(other: DirtyBitmap): void {
    this.#checkSize(other);
    this.#bytes().set(other.#bytes());
  }

  /**
   * Takes a dirty log in: marks in `into` what this bitmap marks, and clears this one, in one step that no
   * write of the guest can come between. How many pages were newly marked in `into`.
   */
  harvest(into: DirtyBitmap): PageCount {
    this.#checkSibling(into);
    return this.kernel.exports.bitmapHarvest(
      this.pointer,
      this.summary,
      into.pointer,
      into.summary,
      this.#words,
    );
  }

  /** Position in `list` of the first page that is marked, or the length of the list. */
  firstOf(list: Uint32Array): number {
    checkPages(list, 0, this.pageCount);
    const { exports, staging } = this.kernel;
    for (let at = 0; at < list.length; at += STAGING_U32) {
      const part = list.subarray(at, at + STAGING_U32);
      staging.view.set(part);
      const index = exports.bitmapFirstOfList(this.pointer, staging.pointer, part.length);
      if (index < part.length) return at + index;
    }
    return list.length;
  }

  #bytes(): Uint8Array {
    return this.kernel.u8(this.pointer, 8 * this.#allWords);
  }

  #checkSibling(other: DirtyBitmap): void {
    this.#checkSize(other);
    if (other.kernel !== this.kernel) {
      throw new InvalidOptionError("bitmap.kernel", "another one", "the kernel of both bitmaps");
    }
  }

  #checkSize({ pageCount }: DirtyBitmap): void {
    if (pageCount !== this.pageCount) {
      throw new InvalidOptionError(
        "bitmap.pageCount",
        pageCount,
        `${this.pageCount}, as the other's`,
      );
    }
  }
}

/** Bytes of so many bits, in whole 16 bytes. */
function bytesOfBits(count: number): Bytes {
  return Math.ceil(count / 128) * 16;
}
