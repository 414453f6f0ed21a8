import { InvalidOptionError, WireFormatError } from "../errors.js";
import { type Bytes, MAX_PAGES, PAGE_SIZE, type PageCount, type PageIndex } from "../units.js";
import { checkPageCount, checkPages, checkRange, withState } from "./checks.js";
import { type Crew, crewOfOne } from "./crew.js";
import type { DirtyBitmap } from "./dirty-bitmap.js";
import { type Backend, createKernel, type Kernel, STAGING_U32 } from "./load.js";
import {
  type AppliedBatch,
  applyToShard,
  type EncodedBatch,
  type EncodeOptions,
  encodeShard,
} from "./shard-batch.js";
import { LONGEST_RECORD, type ShardMemory } from "./shard-memory.js";
import { differingInShard, scanShard } from "./shard-scan.js";

/** Most pages of a shard: 2 GiB, since a kernel's memory ends at 4 GiB and the delta cache needs room too. */
export const MAX_SHARD_PAGES: PageCount = 2 ** 19;
/** Most pages that one call encodes. */
export const MAX_LISTED_PAGES: PageCount = 4096;
/** Highest limit of a batch of page records, 4 MiB; the last record may pass it. */
export const MAX_BATCH_BYTES: Bytes = 2 ** 22;
/** Most pages that the delta cache of a shard holds: 1 GiB. */
export const MAX_SHARD_CACHE_SLOTS: number = 2 ** 18;

/**
 * A megabyte: what is less is done before other threads are awake. The gain is the memory that the target
 * touches for the first time, which is dear where a hypervisor has to find it: pre-copy of 4 GiB of real
 * bytes took 10.9 s of wall time with two threads, 15.2 s with one (two cores of an AMD EPYC virtual
 * machine, 2026-11-24).
 */
const LEAST_TOGETHER: PageCount = 256;

/** The longest record, and what the encoder may write behind it. */
const LAST_RECORD_BYTES = LONGEST_RECORD + 16;
/** A batch, and once more as much: threads write their parts apart, each with room for the longest records. */
const ROOM_BYTES = 2 * (MAX_BATCH_BYTES + 2 * PAGE_SIZE);
const CACHE_HEADER_BYTES = 16;

/** What a page can be filled with: zeros; lines of 16 random bytes four times; random bytes. */
export type PageContents = "zero" | "compressible" | "random";
const CONTENTS: readonly PageContents[] = ["zero", "compressible", "random"];

/** What a shard is made with. */
export interface ShardOptions {
  /** See {@link PageShard.prepareCache}. Default 0. */
  readonly cacheSlots?: number | undefined;
  /** See {@link createKernel}. */
  readonly backend?: Backend | undefined;
  /** Who works in it; what comes out is the same whoever does. Default: the caller's thread alone. */
  readonly crew?: Crew | undefined;
  /** Fewest pages of a batch that the whole crew encodes and applies. Default: 256. */
  readonly leastTogether?: PageCount | undefined;
}

/**
 * A stretch of guest memory with real bytes, in a kernel of its own: the pages, the sender's delta cache
 * and the room where a batch of page records is written or read.
 */
export class PageShard {
  readonly firstPage: PageIndex;
  readonly pageCount: PageCount;
  readonly #kernel: Kernel;
  readonly #memory: ShardMemory;
  #cacheSlots = 0;

  /**
   * Pages [firstPage, firstPage + pageCount), all zero.
   *
   * @param pageCount - 1 .. {@link MAX_SHARD_PAGES}.
   */
  constructor(firstPage: PageIndex, pageCount: PageCount, options: ShardOptions = {}) {
    checkPageCount(pageCount, MAX_SHARD_PAGES);
    checkRange(firstPage, firstPage + pageCount, MAX_PAGES);
    this.firstPage = firstPage;
    this.pageCount = pageCount;
    const guestBytes = pageCount * PAGE_SIZE;
    // Room for the largest cache that makes a difference. What is never used is address space only.
    const cacheBytes = this.#slotsUpTo(MAX_SHARD_CACHE_SLOTS) * (CACHE_HEADER_BYTES + PAGE_SIZE);
    const crew = options.crew ?? crewOfOne();
    const bytes = guestBytes + cacheBytes + ROOM_BYTES + crew.homeBytes;
    const kernel = createKernel(bytes, options.backend, { shared: crew.threads > 1 });
    this.#kernel = kernel;
    this.#memory = {
      crew,
      firstPage,
      pageCount,
      guest: kernel.allocate(guestBytes),
      cache: kernel.allocate(cacheBytes),
      room: kernel.allocate(ROOM_BYTES),
      place: crew.enter(kernel),
      leastTogether: options.leastTogether ?? LEAST_TOGETHER,
    };
    this.prepareCache(options.cacheSlots ?? 0);
  }

  /** All guest bytes; a view. */
  bytes(): Uint8Array {
    return this.#kernel.u8(this.#memory.guest, this.pageCount * PAGE_SIZE);
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
    this.#kernel.u8(this.#memory.cache, this.#cacheSlots * CACHE_HEADER_BYTES).fill(0);
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
    const slots = options.useCache ? this.#cacheSlots : 0;
    return encodeShard(this.#memory, pages, limit, slots, options);
  }

  /**
   * Applies a batch of page records, given in one part or several: in order within a part, parts at the
   * same time.
   *
   * @throws WireFormatError when a record is damaged or of a page elsewhere, with its offset in the batch;
   *   the records before it are applied, perhaps some of later parts too, and when it is a delta, its page
   *   may be partly changed.
   */
  apply(parts: readonly Uint8Array[]): AppliedBatch {
    const bytes = parts.reduce((length, part) => length + part.length, 0);
    const longest = MAX_BATCH_BYTES + LAST_RECORD_BYTES;
    if (bytes > longest) {
      throw new WireFormatError(`a batch of ${bytes} bytes, more than ${longest}`, longest);
    }
    return applyToShard(this.#memory, parts);
  }

  /**
   * How many pages differ from those of another shard of the same pages.
   *
   * @param exclude - Pages of the guest to leave out.
   */
  differing(other: PageShard, exclude?: DirtyBitmap): PageCount {
    this.#checkTwin(other);
    const whole = { from: 0, to: this.pageCount };
    const found = differingInShard(this.#memory, other.#memory, whole);
    return found.filter((index) => !exclude?.has(this.firstPage + index)).length;
  }

  /** How many of the listed pages differ from those of another shard of the same pages. */
  differingPages(other: PageShard, pages: Uint32Array): PageCount {
    this.#checkTwin(other);
    checkPages(pages, this.firstPage, this.firstPage + this.pageCount);
    let differing = 0;
    for (let at = 0; at < pages.length; ) {
      const from = (pages[at] as number) - this.firstPage;
      let to = from + 1;
      while (pages[at + to - from] === this.firstPage + to) to++;
      differing += differingInShard(this.#memory, other.#memory, { from, to }).length;
      at += to - from;
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
          this.#memory.guest,
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
    const base = this.#memory.guest + (fromPage - this.firstPage) * PAGE_SIZE;
    withState(this.#kernel, state, () =>
      exports.fillPages(base, pages, CONTENTS.indexOf(contents), inKernel.pointer),
    );
  }

  /** Marks the pages of this shard that are zero in a bitmap of the whole guest; how many they are. */
  zeroPages(into: DirtyBitmap): PageCount {
    const { exports, staging } = this.#kernel;
    let zero = 0;
    scanShard(this.#memory, "zeroPages", ({ from, to }, bits) => {
      const count = exports.bitmapList(bits, 0, 0, to - from, staging.pointer, STAGING_U32);
      const first = this.firstPage + from;
      into.markList(staging.view.subarray(0, count).map((index) => first + index));
      zero += count;
    });
    return zero;
  }

  /** The digest of every page: XXH3 of 64 bits with seed 0. */
  digests(): BigUint64Array {
    const digests = new BigUint64Array(this.pageCount);
    scanShard(this.#memory, "digestPages", ({ from, to }, answers) => {
      digests.set(new BigUint64Array(this.#kernel.buffer, answers, to - from), from);
    });
    return digests;
  }

  /** A cache with a slot for every page of the shard already has no collisions; more slots change nothing. */
  #slotsUpTo(slots: number): number {
    let enough = 1;
    while (enough < this.pageCount) enough *= 2;
    return Math.min(slots, enough);
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
