import { InvalidOptionError, WireFormatError } from "../errors.js";
import { type Bytes, MAX_PAGES, PAGE_SIZE, type PageCount, type PageIndex } from "../units.js";
import { checkPageCount, checkPages, checkRange, withState } from "./checks.js";
import type { DirtyBitmap } from "./dirty-bitmap.js";
import type { Pointer } from "./exports.js";
import { type Backend, createKernel, type Kernel, STAGING_U32 } from "./load.js";

/** Most pages of a shard: 2 GiB, since a kernel's memory ends at 4 GiB and the delta cache needs room too. */
export const MAX_SHARD_PAGES: PageCount = 2 ** 19;
/** Most pages that one call encodes. */
export const MAX_LISTED_PAGES: PageCount = 4096;
/** Highest limit of a batch of page records, 4 MiB; the last record may pass it. */
export const MAX_BATCH_BYTES: Bytes = 2 ** 22;
/** Most pages that the delta cache of a shard holds: 1 GiB. */
export const MAX_SHARD_CACHE_SLOTS: number = 2 ** 18;

/** The longest record, a delta of 4096 bytes, and what the encoder may write behind it. */
const LAST_RECORD_BYTES = 4107 + 16;
const BATCH_AREA_BYTES = MAX_BATCH_BYTES + 2 * PAGE_SIZE;
const CACHE_HEADER_BYTES = 16;
/** Pages of another shard that are compared at a time; they fit the second-level cache. */
const COMPARED_PAGES = 64;
const SCANNED_PAGES = 4096;

/** What a page can be filled with: zeros; lines of 16 random bytes four times; random bytes. */
export type PageContents = "zero" | "compressible" | "random";
const CONTENTS: readonly PageContents[] = ["zero", "compressible", "random"];

/** How a batch is encoded. */
export interface EncodeOptions {
  /** Number of the dirty-log harvest that the round belongs to; see DeltaRequest. */
  readonly generation: number;
  /** The guest is stopped: the delta cache is read, not changed. */
  readonly frozen: boolean;
  /** Whether pages that the delta cache holds go as deltas; false leaves the cache alone. */
  readonly useCache: boolean;
}

/** A batch of page records, and what is in it. */
export interface EncodedBatch {
  /** How many of the listed pages are dealt with. */
  readonly consumed: PageCount;
  readonly zero: PageCount;
  readonly raw: PageCount;
  readonly delta: PageCount;
  /** Pages that the target holds as they are; there is no record of them. */
  readonly unchanged: PageCount;
  /** The records; a view that the shard's next call overwrites. */
  readonly batch: Uint8Array;
}

/** What a batch changed. */
export interface AppliedBatch {
  readonly records: number;
  readonly zero: PageCount;
  readonly raw: PageCount;
  readonly delta: PageCount;
}

/**
 * A stretch of guest memory with real bytes, in a kernel of its own: the pages, the sender's delta cache
 * and the room where a batch of page records is written or read.
 */
export class PageShard {
  readonly firstPage: PageIndex;
  readonly pageCount: PageCount;
  readonly #kernel: Kernel;
  readonly #guest: Pointer;
  readonly #cache: Pointer;
  readonly #batch: Pointer;
  #cacheSlots = 0;

  /**
   * Pages [firstPage, firstPage + pageCount), all zero.
   *
   * @param pageCount - 1 .. {@link MAX_SHARD_PAGES}.
   * @param options - `cacheSlots`: see {@link PageShard.prepareCache}, default 0. `backend`: see {@link createKernel}.
   */
  constructor(
    firstPage: PageIndex,
    pageCount: PageCount,
    options: { readonly cacheSlots?: number; readonly backend?: Backend } = {},
  ) {
    checkPageCount(pageCount, MAX_SHARD_PAGES);
    checkRange(firstPage, firstPage + pageCount, MAX_PAGES);
    this.firstPage = firstPage;
    this.pageCount = pageCount;
    const guestBytes = pageCount * PAGE_SIZE;
    // Room for the largest cache that makes a difference. What is never used is address space only.
    const cacheBytes = this.#slotsUpTo(MAX_SHARD_CACHE_SLOTS) * (CACHE_HEADER_BYTES + PAGE_SIZE);
    const bytes = guestBytes + cacheBytes + BATCH_AREA_BYTES;
    this.#kernel = createKernel(bytes, options.backend);
    this.#guest = this.#kernel.allocate(guestBytes);
    this.#cache = this.#kernel.allocate(cacheBytes);
    this.#batch = this.#kernel.allocate(BATCH_AREA_BYTES);
    this.prepareCache(options.cacheSlots ?? 0);
  }

  /** All guest bytes; a view. */
  bytes(): Uint8Array {
    return this.#kernel.u8(this.#guest, this.pageCount * PAGE_SIZE);
  }

  /**
   * Empties the delta cache and sets its size.
   *
   * @param slots - Pages it holds; a power of two up to {@link MAX_SHARD_CACHE_SLOTS}, or 0 for none.
   */
  prepareCache(slots: number): void {
    const isPower =
      slots >= 1 && slots <= MAX_SHARD_CACHE_SLOTS && Number.isInteger(Math.log2(slots));
    if (slots !== 0 && !isPower) {
      const expected = `0 or a power of two up to ${MAX_SHARD_CACHE_SLOTS}`;
      throw new InvalidOptionError("cacheSlots", slots, expected);
    }
    this.#cacheSlots = this.#slotsUpTo(slots);
    this.#kernel.u8(this.#cache, this.#cacheSlots * CACHE_HEADER_BYTES).fill(0);
  }

  /**
   * Writes records of the listed pages, in order, until the list ends or the limit is passed.
   *
   * @param pages - Pages of this shard, at most {@link MAX_LISTED_PAGES}.
   * @param limit - 0 .. {@link MAX_BATCH_BYTES}; a list that is not empty yields at least one page.
   */
  encode(pages: Uint32Array, limit: Bytes, options: EncodeOptions): EncodedBatch {
    if (pages.length > MAX_LISTED_PAGES) {
      throw new InvalidOptionError("pages", pages.length, `at most ${MAX_LISTED_PAGES} of them`);
    }
    if (!(limit >= 0 && limit <= MAX_BATCH_BYTES)) {
      throw new InvalidOptionError("limit", limit, `0 to ${MAX_BATCH_BYTES} bytes`);
    }
    checkPages(pages, this.firstPage, this.firstPage + this.pageCount);
    const { exports, result, staging } = this.#kernel;
    const usesCache = options.useCache && this.#cacheSlots > 0;
    staging.view.set(pages);
    exports.batchEncode(
      this.#guest,
      this.firstPage,
      staging.pointer,
      pages.length,
      this.#batch,
      limit,
      usesCache ? this.#cache : 0,
      this.#cacheSlots,
      options.generation,
      options.frozen ? 1 : 0,
      result.pointer,
    );
    const [consumed = 0, zero = 0, raw = 0, delta = 0, unchanged = 0, bytes = 0] = result.view;
    return { consumed, zero, raw, delta, unchanged, batch: this.#kernel.u8(this.#batch, bytes) };
  }

  /**
   * Applies a batch of page records, in order.
   *
   * @throws WireFormatError when a record is damaged or of a page elsewhere, with its offset; the records
   *   before it are applied, and when it is a delta, its page may be partly changed.
   */
  apply(batch: Uint8Array): AppliedBatch {
    const longest = MAX_BATCH_BYTES + LAST_RECORD_BYTES;
    if (batch.length > longest) {
      throw new WireFormatError(`a batch of ${batch.length} bytes, more than ${longest}`, longest);
    }
    const { exports, result } = this.#kernel;
    this.#kernel.u8(this.#batch, batch.length).set(batch);
    exports.batchApply(
      this.#batch,
      batch.length,
      this.#guest,
      this.firstPage,
      this.pageCount,
      result.pointer,
    );
    const [records = 0, zero = 0, raw = 0, delta = 0, damage = -1] = result.view;
    if (damage >= 0) throw new WireFormatError("damaged page record", damage);
    return { records, zero, raw, delta };
  }

  /**
   * How many pages differ from those of another shard of the same pages.
   *
   * @param exclude - Pages of the guest to leave out.
   */
  differing(other: PageShard, exclude?: DirtyBitmap): PageCount {
    this.#checkTwin(other);
    const theirs = other.bytes();
    let differing = 0;
    for (let from = 0; from < this.pageCount; from += COMPARED_PAGES) {
      const pages = Math.min(COMPARED_PAGES, this.pageCount - from);
      const part = theirs.subarray(from * PAGE_SIZE, (from + pages) * PAGE_SIZE);
      this.#kernel.u8(this.#batch, part.length).set(part);
      const found = this.#compare(this.#guest + from * PAGE_SIZE, pages);
      if (exclude === undefined) differing += found.length;
      else
        for (const index of found) {
          if (!exclude.has(this.firstPage + from + index)) differing += 1;
        }
    }
    return differing;
  }

  /** How many of the listed pages differ from those of another shard of the same pages. */
  differingPages(other: PageShard, pages: Uint32Array): PageCount {
    this.#checkTwin(other);
    checkPages(pages, this.firstPage, this.firstPage + this.pageCount);
    const ours = this.#batch + COMPARED_PAGES * PAGE_SIZE;
    let differing = 0;
    for (let at = 0; at < pages.length; at += COMPARED_PAGES) {
      const part = pages.subarray(at, at + COMPARED_PAGES);
      other.#gather(part, this.#kernel, this.#batch);
      this.#gather(part, this.#kernel, ours);
      differing += this.#compare(ours, part.length).length;
    }
    return differing;
  }

  /**
   * Writes as a guest does: eight random bytes at a random slot of each listed page, in order. Pages
   * outside this shard are passed over, but use up randomness as the others do.
   *
   * @param state - Sixteen u32 of random state, advanced.
   */
  storeWrites(pages: Uint32Array, state: Uint32Array): void {
    const { exports, staging, state: inKernel } = this.#kernel;
    withState(this.#kernel, state, () => {
      for (let at = 0; at < pages.length; at += STAGING_U32) {
        const part = pages.subarray(at, at + STAGING_U32);
        staging.view.set(part);
        exports.storeWrites(
          this.#guest,
          this.firstPage,
          this.pageCount,
          staging.pointer,
          part.length,
          inKernel.pointer,
        );
      }
    });
  }

  /**
   * Fills pages [fromPage, fromPage + pages), which must lie in this shard.
   *
   * @param state - Sixteen u32 of random state, advanced unless the contents are zero.
   */
  fill(fromPage: PageIndex, pages: PageCount, contents: PageContents, state: Uint32Array): void {
    checkRange(fromPage - this.firstPage, fromPage - this.firstPage + pages, this.pageCount);
    const { exports, state: inKernel } = this.#kernel;
    const base = this.#guest + (fromPage - this.firstPage) * PAGE_SIZE;
    withState(this.#kernel, state, () =>
      exports.fillPages(base, pages, CONTENTS.indexOf(contents), inKernel.pointer),
    );
  }

  /** Marks the pages of this shard that are zero in a bitmap of the whole guest; how many they are. */
  zeroPages(into: DirtyBitmap): PageCount {
    const { exports, staging } = this.#kernel;
    const listed = staging.pointer + SCANNED_PAGES / 8;
    let zero = 0;
    for (let from = 0; from < this.pageCount; from += SCANNED_PAGES) {
      const pages = Math.min(SCANNED_PAGES, this.pageCount - from);
      zero += exports.zeroPages(this.#guest + from * PAGE_SIZE, pages, staging.pointer);
      const count = exports.bitmapList(staging.pointer, 0, 0, pages, listed, pages);
      const offset = this.firstPage + from;
      into.markList(this.#kernel.u32(listed, count).map((index) => index + offset));
    }
    return zero;
  }

  /** The digest of every page: XXH3 of 64 bits with seed 0. */
  digests(): BigUint64Array {
    const digests = new BigUint64Array(this.pageCount);
    const { exports, buffer } = this.#kernel;
    for (let from = 0; from < this.pageCount; from += SCANNED_PAGES) {
      const pages = Math.min(SCANNED_PAGES, this.pageCount - from);
      exports.digestPages(this.#guest + from * PAGE_SIZE, pages, this.#batch);
      digests.set(new BigUint64Array(buffer, this.#batch, pages), from);
    }
    return digests;
  }

  /** A cache with a slot for every page of the shard already has no collisions; more slots change nothing. */
  #slotsUpTo(slots: number): number {
    let enough = 1;
    while (enough < this.pageCount) enough *= 2;
    return Math.min(slots, enough);
  }

  /** Which of `pages` pages at `base` differ from those in the batch area. */
  #compare(base: Pointer, pages: PageCount): Uint32Array {
    const { exports, staging } = this.#kernel;
    const differing = exports.differingPages(base, this.#batch, pages, staging.pointer);
    if (differing === 0) return NO_PAGES;
    const listed = staging.pointer + COMPARED_PAGES / 8;
    return this.#kernel.u32(
      listed,
      exports.bitmapList(staging.pointer, 0, 0, pages, listed, pages),
    );
  }

  /** Copies the listed pages side by side into a kernel's memory. */
  #gather(pages: Uint32Array, kernel: Kernel, at: Pointer): void {
    const guest = this.bytes();
    const target = kernel.u8(at, pages.length * PAGE_SIZE);
    for (const [index, page] of pages.entries()) {
      const offset = (page - this.firstPage) * PAGE_SIZE;
      target.set(guest.subarray(offset, offset + PAGE_SIZE), index * PAGE_SIZE);
    }
  }

  #checkTwin({ firstPage, pageCount }: PageShard): void {
    if (firstPage !== this.firstPage) {
      throw new InvalidOptionError("other.firstPage", firstPage, String(this.firstPage));
    }
    if (pageCount !== this.pageCount) {
      throw new InvalidOptionError("other.pageCount", pageCount, String(this.pageCount));
    }
  }
}

const NO_PAGES = new Uint32Array(0);
