/**
 * The border between TypeScript and the compiled kernel: every function the kernel exports, over one
 * linear memory. Three implementations satisfy it, and one conformance suite holds them to the same
 * bits: the SIMD build, the scalar build and the plain-TypeScript twin in `reference/`.
 *
 * Conventions: a `Pointer` is a byte offset into the kernel's memory; counts and page numbers that may
 * reach 2^32 are doubles; a bitmap is little-endian 64-bit words, bit k of word w is page 64 w + k;
 * bitmap pointers and lengths are multiples of 16 bytes; results beyond one number go to a `result`
 * area of doubles. A pointer of 0 means "none" where the text says optional. The first 256 KiB of the
 * memory are the kernel's own. Nothing here checks its arguments: the typed wrappers of this folder do.
 */

/** Byte offset into the kernel's linear memory. */
export type Pointer = number;

/** Everything the kernel exports; see the file's head for the conventions. */
export interface KernelExports
  extends RandomExports,
    BitmapExports,
    BitmapScanExports,
    PageScanExports,
    PageDeltaExports,
    Lz4Exports,
    PageBatchExports,
    RoundExports,
    DirtySetExports,
    WorkloadExports {}

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
  /** Sets one bit; 1 when it was clear. */
  bitmapMark(bitmap: Pointer, page: number): number;
  /** Clears one bit; 1 when it was set. */
  bitmapClear(bitmap: Pointer, page: number): number;
  /** 1 when the bit is set. */
  bitmapHas(bitmap: Pointer, page: number): number;
  /** Sets bits [from, to); answers how many were clear. */
  bitmapMarkRange(bitmap: Pointer, from: number, to: number): number;
  /** Clears bits [from, to); answers how many were set. */
  bitmapClearRange(bitmap: Pointer, from: number, to: number): number;
  /** Sets the bits of `count` page numbers (u32 at `list`); answers how many were clear. */
  bitmapMarkList(bitmap: Pointer, list: Pointer, count: number): number;
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
  /** Copy-and-clear: into |= log, log = 0; answers how many bits of `into` were newly set. */
  bitmapHarvest(log: Pointer, into: Pointer, words: number): number;
}

/** Questions to a bitmap. */
export interface BitmapScanExports {
  /** How many bits of [from, to) are set. */
  bitmapCount(bitmap: Pointer, from: number, to: number): number;
  /** First set bit of [from, to), or `to`. */
  bitmapNext(bitmap: Pointer, from: number, to: number): number;
  /** Last set bit of [from, to), or -1. */
  bitmapPrevious(bitmap: Pointer, from: number, to: number): number;
  /** How many maximal runs of set bits begin in [from, to) (a run cut by `from` counts as beginning there). */
  bitmapCountRuns(bitmap: Pointer, from: number, to: number): number;
  /** Writes up to `max` maximal runs of [from, to) to `out` as pairs of doubles (start, end); answers how many. A run cut by `from` or `to` is cut. */
  bitmapRuns(bitmap: Pointer, from: number, to: number, out: Pointer, max: number): number;
  /** Writes up to `max` set page numbers of [from, to) to `out` as u32, ascending; answers how many. */
  bitmapList(bitmap: Pointer, from: number, to: number, out: Pointer, max: number): number;
}

/** Whole pages: all zero, same, digest. Pages are 4096 bytes. */
export interface PageScanExports {
  /** 1 when all 4096 bytes are zero. */
  pageIsZero(page: Pointer): number;
  /** Sets bit i of `out` when page i of `pages` pages at `base` is zero, clears it otherwise; answers how many are. `out` is whole 64-bit words; the bits past `pages` are cleared. */
  zeroPages(base: Pointer, pages: number, out: Pointer): number;
  /** As {@link zeroPages}, for pages that differ between `a` and `b`; answers how many differ. */
  differingPages(a: Pointer, b: Pointer, pages: number, out: Pointer): number;
  /** Writes the 64-bit digest (XXH64, seed 0, little-endian) of each page to `out`. */
  digestPages(base: Pointer, pages: number, out: Pointer): void;
}

/** XBZRLE: `page = (zrun nzrun)*`, lengths as ULEB128 of at most two bytes. */
export interface PageDeltaExports {
  /**
   * Encodes `page` against `old`. Answers the bytes written to `out`, 0 when the pages are equal, -1 when
   * the encoding would exceed `limit` bytes. Runs are maximal; a trailing run of equal bytes is omitted.
   * May scribble up to 16 bytes past the encoding; `out` needs limit + 16 bytes.
   */
  deltaEncode(old: Pointer, page: Pointer, out: Pointer, limit: number): number;
  /**
   * Applies a delta to `page` in place. Answers the position in the page after the last run, or -1 when
   * the delta is damaged (run past the page's end, zero-length run where none may be, truncated length,
   * a length of more than two bytes); the page may then be partly changed. Touches nothing outside the page.
   */
  deltaDecode(delta: Pointer, length: number, page: Pointer): number;
}

/**
 * Blocks of LZ4's block format, each of its own: no dictionary, no frame around it. The same bytes give the
 * same block, whatever was compressed before.
 */
export interface Lz4Exports {
  /**
   * Compresses `length` bytes (1 .. 65536) at `source`. Answers the bytes written to `out`, or 0 when the
   * block would exceed `limit` bytes; length + length / 255 + 2 are always enough. `acceleration`, 1 .. 65536, is liblz4's:
   * more of it finds less, in less time. Reads nothing outside the source. May scribble up to 32 bytes past
   * `limit`, also when it answers 0. Uses the scratch memory.
   */
  lz4Compress(
    source: Pointer,
    length: number,
    out: Pointer,
    limit: number,
    acceleration: number,
  ): number;
  /**
   * Decompresses a block to at most `capacity` bytes. Answers the bytes produced, or -1 when the block is
   * damaged: it ends within a sequence or after a match, a match begins before the output or has offset 0,
   * a length leads out of the block or the output. Length and capacity are below 2^30. Reads nothing outside
   * the block and the output, and writes nothing outside the output; all of that may be written, whatever the answer.
   * The format's rules for an encoder (the last 5 bytes are literals) are not asked for.
   */
  lz4Decompress(block: Pointer, length: number, out: Pointer, capacity: number): number;
}

/**
 * Page records as in a RAM section of QEMU's stream, CONTINUE always set. A record is a u64 big-endian
 * (page number * 4096 | flags), then
 *   zero  (flags 0x22): u8 fill = 0                                  9 bytes
 *   raw   (flags 0x28): 4096 bytes                                   4104 bytes
 *   delta (flags 0x60): u8 1, u16 big-endian n in 1..4096, n bytes   11 + n bytes
 */
export interface PageBatchExports {
  /**
   * Encodes pages of `list` (u32 page numbers, `count` of them, each in [firstPage, firstPage + shard))
   * in order to `out`, until the list ends or more than `limit` bytes have been written (so the last
   * record may pass the limit, as QEMU's rate limit lets it; `out` needs limit + 4107 + 16 bytes).
   * `guest` holds page `firstPage` at its start. `cache` (optional) is a direct-mapped cache of what the
   * target holds: `slots` (a power of two) headers of 16 bytes {u32 page + 1 or 0, u32 generation, u64 0},
   * then `slots` pages; slot = page mod slots. Rules of QEMU 7.2 (save_xbzrle_page): a hit is encoded as
   * a delta (nothing is sent when equal; raw when the delta exceeds 4096 bytes) and refreshes page and
   * generation; a miss is sent raw and inserted unless the slot holds another page with generation + 2 >
   * `generation`; a zero page is sent as zero and goes to the cache by the same rules
   * (xbzrle_cache_zero_page). Page 2^32 - 1 is never cached. With `frozen` = 1 (guest stopped) the cache is read but not
   * changed.
   * result[0..5] = pages consumed, zero, raw, delta, unchanged, bytes.
   */
  batchEncode(
    guest: Pointer,
    firstPage: number,
    list: Pointer,
    count: number,
    out: Pointer,
    limit: number,
    cache: Pointer,
    slots: number,
    generation: number,
    frozen: number,
    result: Pointer,
  ): void;
  /**
   * Applies a batch of records to the guest pages [firstPage, firstPage + pages) at `guest`.
   * result[0..4] = records applied, zero, raw, delta, offset of the first damaged record or -1. Everything
   * is checked before it is used: flags, page number, lengths, delta; records before a damaged one stay applied.
   */
  batchApply(
    batch: Pointer,
    length: number,
    guest: Pointer,
    firstPage: number,
    pages: number,
    result: Pointer,
  ): void;
}

/** Which dirty pages go next. Costs are whole numbers below 2^32, the limit is at least 0. */
export interface RoundExports {
  /**
   * Takes pages from `pending` in ascending order from [from, to), clearing their bits, until more than
   * `limit` bytes are taken (the page that passes the limit is included). Pages set in `exclude` (optional) are left alone.
   * Pages set in `skip` (optional) are cleared from pending but not sent. Pages set in `zero` (optional) cost
   * `zeroCost`, others `rawCost`; their zero bits are cleared once sent.
   * result[0..4] = where to go on (page after the last one looked at; `to` when done), zero, raw, skipped, bytes.
   */
  roundTake(
    pending: Pointer,
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
   * independently; answers how many were newly set. Bit-sliced over aligned blocks of 128 pages: per block, one random u32x4
   * per binary digit of the probability, most significant first, until every page of the block that lies in the range is decided or the
   * remaining digits are all zero.
   */
  drawDirtySet(
    bitmap: Pointer,
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
