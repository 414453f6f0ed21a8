/**
 * The border between TypeScript and the compiled kernel: every function the kernel exports, over one
 * linear memory. Four implementations satisfy it, and one conformance suite holds them to the same bits:
 * the SIMD build, the same for shared memory, the scalar build and the plain-TypeScript twin in `reference/`.
 *
 * Conventions: a `Pointer` is a byte offset into the kernel's memory; counts and page numbers that may
 * reach 2^32 are doubles; a bitmap is little-endian 64-bit words, bit k of word w is page 64 w + k;
 * bitmap pointers and lengths are multiples of 16 bytes; results beyond one number go to a `result`
 * area of doubles. A bitmap may have a summary: a bitmap with a bit for every block of 4096 pages, clear
 * only if the block is clean; whatever marks pages sets it, and scans pass over blocks by it. A pointer of
 * 0 means "none" where the text says optional. The first 256 KiB of the memory are the kernel's own.
 * Nothing here checks its arguments: the typed wrappers of this folder do.
 */

import type { FluidExports } from "./fluid-exports.js";
import type {
  Lz4Exports,
  PageBatchExports,
  PageDeltaExports,
  PageDigestExports,
  PageRunsExports,
  PageScanExports,
} from "./page-exports.js";
import type { Pointer } from "./pointer.js";

export type * from "./fluid-exports.js";
export type * from "./page-exports.js";
export type { Pointer } from "./pointer.js";

/** Everything the kernel exports; see the file's head for the conventions. */
export interface KernelExports
  extends RandomExports,
    BitmapExports,
    BitmapHarvestExports,
    BitmapScanExports,
    BitmapListExports,
    PageScanExports,
    PageDigestExports,
    PageRunsExports,
    PageDeltaExports,
    Lz4Exports,
    PageBatchExports,
    RoundExports,
    DirtySetExports,
    WorkloadExports,
    FluidExports {}

/**
 * Four xoshiro128++ generators side by side; state = 16 u32: s0[4] s1[4] s2[4] s3[4]. A step draws one
 * u32 from each, in lane order.
 */
export interface RandomExports {
  /** Writes `count` (a multiple of 4) random u32 to `out`, four a step in lane order. */
  randomFill(state: Pointer, out: Pointer, count: number): void;
}

/** Bitmaps that change. */
export interface BitmapExports {
  /** Sets one bit; 1 when it was clear. The summary, here and below, is optional. */
  bitmapMark(bitmap: Pointer, summary: Pointer, page: number): number;
  /** Clears one bit; 1 when it was set. */
  bitmapClear(bitmap: Pointer, page: number): number;
  /** 1 when the bit is set. */
  bitmapHas(bitmap: Pointer, page: number): number;
  /** Sets bits [from, to); answers how many were clear. */
  bitmapMarkRange(bitmap: Pointer, summary: Pointer, from: number, to: number): number;
  /** Clears bits [from, to); answers how many were set. */
  bitmapClearRange(bitmap: Pointer, from: number, to: number): number;
  /** Sets the bits of `count` page numbers (u32 at `list`). */
  bitmapMarkList(bitmap: Pointer, summary: Pointer, list: Pointer, count: number): void;
  /** Position in `list` of the first page whose bit is set, or `count`. */
  bitmapFirstOfList(bitmap: Pointer, list: Pointer, count: number): number;
  /** into |= from, over `words` 64-bit words (a multiple of 2). */
  bitmapOr(into: Pointer, from: Pointer, words: number): void;
  /** into &= from. */
  bitmapAnd(into: Pointer, from: Pointer, words: number): void;
  /** into &= ~from. */
  bitmapAndNot(into: Pointer, from: Pointer, words: number): void;
  /** into &= mask, within bits [from, to) only; answers how many bits that cleared. */
  bitmapAndRange(into: Pointer, mask: Pointer, from: number, to: number): number;
}

/** A dirty log is taken in. */
export interface BitmapHarvestExports {
  /**
   * Copy-and-clear: into |= log, log = 0; answers how many bits of `into` were newly set. The log's summary (optional)
   * moves to that of `into` (optional, and then only with the log's).
   */
  bitmapHarvest(
    log: Pointer,
    logSummary: Pointer,
    into: Pointer,
    intoSummary: Pointer,
    words: number,
  ): number;
}

/** Questions to a bitmap. */
export interface BitmapScanExports {
  /** How many bits of [from, to) are set. */
  bitmapCount(bitmap: Pointer, summary: Pointer, from: number, to: number): number;
  /** First set bit of [from, to), or `to`. */
  bitmapNext(bitmap: Pointer, summary: Pointer, from: number, to: number): number;
  /** Last set bit of [from, to), or -1. */
  bitmapPrevious(bitmap: Pointer, from: number, to: number): number;
  /** How many maximal runs of set bits begin in [from, to) (a run cut by `from` counts as beginning there). */
  bitmapCountRuns(bitmap: Pointer, summary: Pointer, from: number, to: number): number;
  /** Writes up to `max` maximal runs of [from, to) to `out` as pairs of doubles (start, end); answers how many. A run cut by `from` or `to` is cut. */
  bitmapRuns(
    bitmap: Pointer,
    summary: Pointer,
    from: number,
    to: number,
    out: Pointer,
    max: number,
  ): number;
}

/** The marked pages as a list. */
export interface BitmapListExports {
  /** Writes up to `max` set page numbers of [from, to) to `out` as u32, ascending; answers how many. Scribbles only within `max`. */
  bitmapList(
    bitmap: Pointer,
    summary: Pointer,
    from: number,
    to: number,
    out: Pointer,
    max: number,
  ): number;
}

/** Which dirty pages go next. Costs are whole numbers below 2^32, the limit is at least 0. */
export interface RoundExports {
  /**
   * Takes pages from `pending` in ascending order from [from, to), clearing their bits, until more than
   * `limit` bytes are taken (the page that passes the limit is included). Pages set in `exclude` (optional) are left alone.
   * Pages set in `skip` (optional) are cleared from pending but not sent. Pages set in `zero` (optional) cost
   * `zeroCost`, others `rawCost`; their zero bits are cleared once sent. Without `exclude`, blocks passed whole are cleared in
   * the summary (optional) of `pending`.
   * result[0..4] = where to go on (page after the last one looked at; `to` when done), zero, raw, skipped, bytes.
   */
  roundTake(
    pending: Pointer,
    summary: Pointer,
    exclude: Pointer,
    skip: Pointer,
    zero: Pointer,
    from: number,
    to: number,
    limit: number,
    zeroCost: number,
    rawCost: number,
    result: Pointer,
  ): void;
  /**
   * As {@link KernelExports.roundTake} with a cache without contents: `slots` entries of {u32 page + 1 or 0, u32 generation}
   * at `cache`, same rules as {@link KernelExports.batchEncode}. A hit costs `deltaCost` (0: counted as unchanged, costs nothing; above
   * `rawCost`: sent raw). Zero pages as in roundTake, but they go to the cache too.
   * result[0..6] = where to go on, zero, raw, skipped, bytes, delta, unchanged.
   */
  roundTakeCached(
    pending: Pointer,
    summary: Pointer,
    exclude: Pointer,
    skip: Pointer,
    zero: Pointer,
    from: number,
    to: number,
    limit: number,
    zeroCost: number,
    rawCost: number,
    deltaCost: number,
    cache: Pointer,
    slots: number,
    generation: number,
    frozen: number,
    result: Pointer,
  ): void;
  /**
   * Takes up to `max` pages as a list: u32 page numbers to `out`, their bits cleared; exclude and skip as above.
   * result[0..2] = where to go on, listed, skipped.
   */
  roundList(
    pending: Pointer,
    summary: Pointer,
    exclude: Pointer,
    skip: Pointer,
    from: number,
    to: number,
    out: Pointer,
    max: number,
    result: Pointer,
  ): void;
}

/** The set of pages a guest dirties, drawn at once. */
export interface DirtySetExports {
  /**
   * Draws the dirty set of an interval: each page of [from, to) is set with probability (high * 2^32 + low) / 2^64,
   * independently; answers how many were newly set. Bit-sliced over aligned blocks of 128 pages: a random u32x4 has a binary
   * digit for each, a set bit meaning 0, and a page is set when its fraction is below the probability. First come the first
   * digits of the probability, ten or as many as it has, the last of them first; then one digit after the other,
   * until every page of the block that lies in the range is decided or the remaining digits are all zero.
   * The summary (optional) is set for every block that the range touches.
   */
  drawDirtySet(
    bitmap: Pointer,
    summary: Pointer,
    from: number,
    to: number,
    high: number,
    low: number,
    state: Pointer,
  ): number;
  /**
   * The same law for small probabilities p, jumping from dirty page to dirty page: gap = floor(ln(u) * scale) with
   * scale = 1 / ln(1 - p) and u in (0, 1] of 52 bits, two a random step (lanes 0,1 then 2,3: u = (lane_even * 2^20 + (lane_odd >>> 12) + 1) / 2^52).
   * The logarithm is computed with + - * / only, so that every build gives the same bits.
   */
  drawSparseDirtySet(
    bitmap: Pointer,
    summary: Pointer,
    from: number,
    to: number,
    scale: number,
    state: Pointer,
  ): number;
}

/** How a guest writes, write by write. */
export interface WorkloadExports {
  /**
   * Draws `count` (a multiple of 2) single writes to `out` as u32 page numbers. `regions` is `regionCount` triples of u32
   * {first page, pages, threshold}, thresholds ascending: a write goes to the first region whose threshold is above its first random u32 (or to the last region),
   * and to page first + floor(second random u32 * pages / 2^32). Two writes a random step: lanes 0,1 and lanes 2,3.
   */
  drawWrites(
    out: Pointer,
    count: number,
    regions: Pointer,
    regionCount: number,
    state: Pointer,
  ): void;
  /**
   * Performs writes on guest bytes: for each of `count` page numbers at `list` that lies in [firstPage, firstPage + pages), eight random bytes
   * (lanes 1 and 2, little-endian) at the 8-byte slot lane0 >>> 23 of the page. One random step a list entry, also for pages outside.
   */
  storeWrites(
    guest: Pointer,
    firstPage: number,
    pages: number,
    list: Pointer,
    count: number,
    state: Pointer,
  ): void;
  /**
   * Fills pages with contents: page i of `pages` at `base` gets kind `kind`: 0 zero, 1 compressible (each 64-byte line is
   * one random step's 16 bytes repeated four times), 2 random (random steps throughout).
   */
  fillPages(base: Pointer, pages: number, kind: number, state: Pointer): void;
}
