import type { Pointer } from "./pointer.js";

// The part of the kernel's border that is about the bytes of pages; see exports.ts for its conventions.

/** Whole pages: all zero, same. Pages are 4096 bytes. */
export interface PageScanExports {
  /** 1 when all 4096 bytes are zero. */
  pageIsZero(page: Pointer): number;
  /** Sets bit i of `out` when page i of `pages` pages at `base` is zero, clears it otherwise; answers how many are. `out` is whole 64-bit words; the bits past `pages` are cleared. */
  zeroPages(base: Pointer, pages: number, out: Pointer): number;
  /** As {@link zeroPages}, for pages that differ between `a` and `b`; answers how many differ. */
  differingPages(a: Pointer, b: Pointer, pages: number, out: Pointer): number;
}

/** What pages are compared by where only one of them is at hand. */
export interface PageDigestExports {
  /** Writes the digest of each page to `out`: XXH3 of 64 bits with seed 0, little-endian. */
  digestPages(base: Pointer, pages: number, out: Pointer): void;
}

/** Where two versions of a page differ. */
export interface PageRunsExports {
  /**
   * Writes the maximal runs of bytes that differ between `old` and `page` to `out`, ascending, as pairs of u16
   * {start, end}, end exclusive; answers how many, at most 2048. May scribble up to 24 bytes past the last one.
   */
  changedRuns(old: Pointer, page: Pointer, out: Pointer): number;
}

/** XBZRLE: `page = (zrun nzrun)*`, lengths as ULEB128 of at most two bytes. */
export interface PageDeltaExports {
  /**
   * Encodes `page` against `old`. Answers the bytes written to `out`, 0 when the pages are equal, -1 when
   * the encoding would exceed `limit` bytes (at least 2). Runs are maximal; a trailing run of equal bytes is omitted, but
   * two bytes of the limit must be left where there is one: verdicts and bytes are those of QEMU's xbzrle_encode_buffer.
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
