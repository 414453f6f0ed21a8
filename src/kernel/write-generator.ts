import { InvalidOptionError } from "../errors.js";
import type { Bytes, PageCount, PageIndex, Share } from "../units.js";
import { checkProbability, checkRange, withState } from "./checks.js";
import type { DirtyBitmap } from "./dirty-bitmap.js";
import type { Pointer } from "./exports.js";
import { createKernel, type Kernel, STAGING_U32 } from "./load.js";

/** A stretch of pages written at one rate each. */
export interface WriteRegion {
  readonly first: PageIndex;
  /** 1 .. 2^32 - 1. */
  readonly pages: PageCount;
  /** Writes per second to the stretch, or any other measure in proportion; 0 or more. */
  readonly rate: number;
}

/**
 * Below this probability jumping from dirty page to dirty page is faster than deciding every page:
 * a jump costs as much as about 100 pages (measured). Part of the law, as the two draw different sets.
 */
const SPARSE_BELOW: Share = 1 / 100;
const TWO_POW_32 = 2 ** 32;
const REGION_WORDS = 3;

/**
 * Draws what a synthetic guest writes. The random state is sixteen u32, four xoshiro128++ generators side
 * by side, which every method advances in place.
 */
export class WriteGenerator {
  readonly #kernel: Kernel;
  readonly #regionsMax: number;
  readonly #regions: Pointer;
  /** The list that lies in the kernel's memory. */
  #loaded: readonly WriteRegion[] | undefined;
  /** How many of them, up to the last one that is written at all. */
  #count = 0;

  /**
   * @param kernel - With {@link WriteGenerator.bytesFor} bytes left. Default: one of its own.
   * @param regionsMax - Most regions that a list may have.
   */
  constructor(kernel?: Kernel, regionsMax = 4096) {
    const bytes = WriteGenerator.bytesFor(regionsMax);
    this.#kernel = kernel ?? createKernel(bytes);
    this.#regionsMax = regionsMax;
    this.#regions = this.#kernel.allocate(bytes);
  }

  /** Bytes of kernel memory that a generator takes. */
  static bytesFor(regionsMax: number): Bytes {
    return Math.ceil((4 * REGION_WORDS * regionsMax) / 16) * 16;
  }

  /**
   * Draws the set of pages that an interval dirties: marks each page of [from, to) with a probability,
   * independently of the others. How many pages were newly marked.
   *
   * @param probability - 1 and above marks all, 0 and below none; then no randomness is used.
   */
  drawDirtySet(
    bitmap: DirtyBitmap,
    from: PageIndex,
    to: PageCount,
    probability: Share,
    state: Uint32Array,
  ): PageCount {
    checkRange(from, to, bitmap.pageCount);
    checkProbability(probability);
    if (probability <= 0) return 0;
    if (probability >= 1) return bitmap.markRange(from, to);
    const { kernel, pointer, summary } = bitmap;
    return withState(kernel, state, () => {
      if (probability < SPARSE_BELOW) {
        const scale = 1 / lnOneMinus(probability);
        const { exports, state: inKernel } = kernel;
        return exports.drawSparseDirtySet(pointer, summary, from, to, scale, inKernel.pointer);
      }
      const high = Math.floor(probability * TWO_POW_32);
      const low = Math.floor((probability * TWO_POW_32 - high) * TWO_POW_32);
      return kernel.exports.drawDirtySet(
        pointer,
        summary,
        from,
        to,
        high,
        low,
        kernel.state.pointer,
      );
    });
  }

  /**
   * Draws single writes, in order: each goes to a region in proportion to its rate, and to any of its
   * pages alike. Their page numbers.
   *
   * @param regions - At least one with a rate above 0. Not read again when it is the list of the call before.
   * @param count - How many writes.
   */
  drawWrites(regions: readonly WriteRegion[], count: number, state: Uint32Array): Uint32Array {
    if (!Number.isInteger(count) || count < 0) {
      throw new InvalidOptionError("count", count, "a whole number, 0 or more");
    }
    if (regions !== this.#loaded) this.#load(regions);
    const { exports, staging, state: inKernel } = this.#kernel;
    const writes = new Uint32Array(count);
    return withState(this.#kernel, state, () => {
      for (let at = 0; at < count; at += STAGING_U32) {
        const part = Math.min(count - at, STAGING_U32);
        // Writes are drawn in pairs; of an odd number the last one is dropped.
        const drawn = part + (part % 2);
        exports.drawWrites(staging.pointer, drawn, this.#regions, this.#count, inKernel.pointer);
        writes.set(staging.view.subarray(0, part), at);
      }
      return writes;
    });
  }

  /** Writes the regions with thresholds: the shares of all writes that go to a region or one before it. */
  #load(regions: readonly WriteRegion[]): void {
    const { length } = regions;
    if (length < 1 || length > this.#regionsMax) {
      throw new InvalidOptionError("regions.length", length, `1 to ${this.#regionsMax} regions`);
    }
    const total = regions.reduce((sum, region) => sum + checkedRate(region), 0);
    if (total === 0)
      throw new InvalidOptionError("region.rate", 0, "one above 0 among the regions");
    const words = this.#kernel.u32(this.#regions, REGION_WORDS * regions.length);
    let before = 0;
    for (const [index, { first, pages, rate }] of regions.entries()) {
      before += rate;
      const threshold = Math.min(Math.round((before / total) * TWO_POW_32), TWO_POW_32 - 1);
      words.set([first, pages, threshold], REGION_WORDS * index);
    }
    this.#loaded = regions;
    this.#count = 1 + regions.findLastIndex(({ rate }) => rate > 0);
  }
}

function checkedRate({ first, pages, rate }: WriteRegion): number {
  checkRange(first, first + pages, TWO_POW_32);
  if (!(pages >= 1 && pages < TWO_POW_32)) {
    throw new InvalidOptionError("region.pages", pages, `1 to ${TWO_POW_32 - 1}`);
  }
  if (!(rate >= 0 && rate < Number.POSITIVE_INFINITY)) {
    throw new InvalidOptionError("region.rate", rate, "a finite number, 0 or more");
  }
  return rate;
}

/** ln(1 - p) for p below 1/50, exact also where 1 - p loses digits: -2 atanh(p / (2 - p)). */
function lnOneMinus(p: Share): number {
  const z = p / (2 - p);
  const square = z * z;
  return -2 * z * (1 + square * (1 / 3 + square * (1 / 5 + square * (1 / 7 + square * (1 / 9)))));
}
