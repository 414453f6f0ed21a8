import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import { RoundScheduler } from "../kernel/round-scheduler.js";
import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";
import {
  DELTA_RECORD_BYTES,
  type PageBatch,
  RAW_RECORD_BYTES,
  type SourceMemory,
  type TakeRequest,
  type TargetMemory,
  ZERO_RECORD_BYTES,
} from "./guest-memory.js";

/** Most pages that the cache of a statistical guest can hold: 4 GiB of cache. */
const MAX_CACHE_SLOTS = 2 ** 20;

/**
 * Memory without bytes: each page is known by its kind only, so a guest of 16 TiB fits. Zero pages are a
 * bitmap; whether a page is in the delta cache is tracked page by page, how long its delta is comes from
 * the workload's mean.
 */
export class StatisticalMemory implements SourceMemory {
  readonly pageCount: PageCount;
  readonly hasContents = false;
  readonly #zero: DirtyBitmap | undefined;
  readonly #meanDeltaBytes: () => Bytes;
  #cacheSlots = 0;
  #scheduler: { readonly pending: DirtyBitmap; readonly rounds: RoundScheduler } | undefined;

  /**
   * @param zero - Pages that are zero; emptied as they are sent.
   * @param meanDeltaBytes - Length of the delta of a page dirtied since it was last sent; asked when pages are taken.
   */
  constructor(pageCount: PageCount, zero: DirtyBitmap | undefined, meanDeltaBytes: () => Bytes) {
    this.pageCount = pageCount;
    this.#zero = zero;
    this.#meanDeltaBytes = meanDeltaBytes;
  }

  /** Kernel memory that sending takes beside the bitmaps. */
  static bytesFor(): Bytes {
    return RoundScheduler.bytesFor({ cacheSlots: MAX_CACHE_SLOTS });
  }

  prepareDelta(cacheBytes: Bytes): void {
    this.#cacheSlots = Math.min(MAX_CACHE_SLOTS, cacheBytes / PAGE_SIZE);
    // A scheduler of an earlier attempt knows another target's pages, or no cache at all.
    this.#scheduler = undefined;
  }

  take(request: TakeRequest): PageBatch {
    const { pending, from, to, limit, exclude, skip, delta } = request;
    // Spelt out, since a pull takes single pages by the million and spreading objects costs more than the rest.
    const taken = this.#rounds(pending).take({
      from,
      to,
      limit,
      exclude,
      skip,
      zero: this.#zero,
      zeroCost: ZERO_RECORD_BYTES,
      rawCost: RAW_RECORD_BYTES,
      delta: delta && { ...delta, cost: this.#deltaCost() },
    });
    const { next, zero, raw, unchanged, skipped, bytes } = taken;
    return { next, zero, raw, delta: taken.delta, unchanged, skipped, bytes, records: null };
  }

  createTarget(): TargetMemory {
    return NOTHING_TO_COMPARE;
  }

  #rounds(pending: DirtyBitmap): RoundScheduler {
    if (this.#scheduler?.pending !== pending) {
      const rounds = new RoundScheduler(pending, { cacheSlots: this.#cacheSlots });
      this.#scheduler = { pending, rounds };
    }
    return this.#scheduler.rounds;
  }

  /** A page whose mean delta would not fit in a page goes raw, which the scheduler sees by its cost. */
  #deltaCost(): Bytes {
    const delta = Math.round(this.#meanDeltaBytes());
    return delta > PAGE_SIZE ? RAW_RECORD_BYTES + 1 : DELTA_RECORD_BYTES + delta;
  }
}

/** What a target is when pages have no bytes. */
const NOTHING_TO_COMPARE: TargetMemory = {
  receive: () => {},
  countDifferingReceived: () => 0,
  countDiffering: () => 0,
};
