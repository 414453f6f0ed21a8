import { InvalidOptionError } from "../errors.js";
import type { Bytes, PageCount, PageIndex } from "../units.js";
import { checkRange } from "./checks.js";
import type { DirtyBitmap } from "./dirty-bitmap.js";
import type { Pointer } from "./exports.js";
import { STAGING_U32 } from "./load.js";

/** What a scheduler needs beside its bitmap. */
export interface RoundSchedulerOptions {
  /** Pages that the sender's delta cache holds; a power of two up to 2^24, or 0 (the default) for no cache. */
  readonly cacheSlots?: number | undefined;
}

/** Which pages may go. Bitmaps are of the size and the kernel of the pending one. */
export interface ListRequest {
  /** Where to look: pages [from, to). */
  readonly from: PageIndex;
  readonly to: PageCount;
  /** Most pages to list, at least 0. */
  readonly limit: number;
  /** Pages to leave pending. */
  readonly exclude?: DirtyBitmap | undefined;
  /** Pages to strike off without sending them. */
  readonly skip?: DirtyBitmap | undefined;
}

/** Which pages may go, and what each costs. Costs are whole bytes below 2^32. */
export interface RoundRequest extends Omit<ListRequest, "limit"> {
  /** Budget: pages are taken until their cost is above it, so one page always goes. At least 0; may be `Infinity`. */
  readonly limit: Bytes;
  /** Pages that are zero; a page is struck off as it goes. */
  readonly zero?: DirtyBitmap | undefined;
  readonly zeroCost: Bytes;
  readonly rawCost: Bytes;
  /** Pages that the delta cache holds go as deltas. */
  readonly delta?: DeltaRequest | undefined;
}

/** How the delta cache is used, by the rules of QEMU 7.2 (save_xbzrle_page). */
export interface DeltaRequest {
  /** Cost of a page that the cache holds; 0: it did not change and nothing is sent; above `rawCost`: it goes raw. */
  readonly cost: Bytes;
  /** Number of the dirty-log harvest that the round belongs to; an entry younger than two harvests keeps its slot. */
  readonly generation: number;
  /** The guest is stopped: the cache is read, not changed. */
  readonly frozen: boolean;
}

/** What went. */
export interface Taken {
  /** Where to go on: behind the page that passed the budget, or `to`. */
  readonly next: PageCount;
  readonly zero: PageCount;
  readonly raw: PageCount;
  readonly delta: PageCount;
  /** Pages that the target holds as they are. */
  readonly unchanged: PageCount;
  readonly skipped: PageCount;
  readonly bytes: Bytes;
}

/** Which pages went. */
export interface Listed {
  /** Page numbers, ascending; a copy. */
  readonly pages: Uint32Array;
  /** Where to go on: behind the last page listed when the limit was reached, or `to`. */
  readonly next: PageCount;
  readonly skipped: PageCount;
}

const MAX_CACHE_SLOTS = 2 ** 24;
const MAX_COST = 2 ** 32 - 1;
const ENTRY_BYTES = 8;

// Where roundTake and roundTakeCached leave what only the latter answers.
const DELTA = 5;
const UNCHANGED = 6;

/** Decides which of the pending pages go next: in ascending order, within a budget, each at its cost. */
export class RoundScheduler {
  readonly #pending: DirtyBitmap;
  readonly #cacheSlots: number;
  readonly #cache: Pointer;

  /** @param pending - Pages that wait to be sent; taking a page clears it. Its kernel gives room for the cache. */
  constructor(pending: DirtyBitmap, options: RoundSchedulerOptions = {}) {
    const bytes = RoundScheduler.bytesFor(options);
    this.#pending = pending;
    this.#cacheSlots = options.cacheSlots ?? 0;
    this.#cache = bytes === 0 ? 0 : pending.kernel.allocate(bytes);
  }

  /** Bytes of kernel memory that a scheduler takes: eight for each page of the cache. */
  static bytesFor(options: RoundSchedulerOptions = {}): Bytes {
    const slots = options.cacheSlots ?? 0;
    const isPower = slots >= 1 && slots <= MAX_CACHE_SLOTS && Number.isInteger(Math.log2(slots));
    if (slots !== 0 && !isPower) {
      throw new InvalidOptionError(
        "cacheSlots",
        slots,
        `0 or a power of two up to ${MAX_CACHE_SLOTS}`,
      );
    }
    return Math.ceil((slots * ENTRY_BYTES) / 16) * 16;
  }

  /** Takes pages until the budget is passed or the range is done. */
  take(request: RoundRequest): Taken {
    const { from, to, zeroCost, rawCost, delta } = request;
    this.#check(request);
    checkCost("zeroCost", zeroCost);
    checkCost("rawCost", rawCost);
    const { exports, result } = this.#pending.kernel;
    const { pointer: pending, summary } = this.#pending;
    const exclude = this.#pointerOf(request.exclude);
    const skip = this.#pointerOf(request.skip);
    const zero = this.#pointerOf(request.zero);
    const limit = Math.min(request.limit, Number.MAX_SAFE_INTEGER);
    // Only a round with a cache answers these.
    result.view.fill(0, DELTA, UNCHANGED + 1);
    if (delta === undefined) {
      exports.roundTake(
        pending,
        summary,
        exclude,
        skip,
        zero,
        from,
        to,
        limit,
        zeroCost,
        rawCost,
        result.pointer,
      );
    } else {
      this.#checkDelta(delta);
      exports.roundTakeCached(
        pending,
        summary,
        exclude,
        skip,
        zero,
        from,
        to,
        limit,
        zeroCost,
        rawCost,
        delta.cost,
        this.#cache,
        this.#cacheSlots,
        delta.generation,
        delta.frozen ? 1 : 0,
        result.pointer,
      );
    }
    return taken(result.view);
  }

  /** Takes pages as a list of at most `limit`; what each costs shows only when it is encoded. */
  list(request: ListRequest): Listed {
    this.#check(request);
    const { exports, result, staging } = this.#pending.kernel;
    const exclude = this.#pointerOf(request.exclude);
    const skip = this.#pointerOf(request.skip);
    const parts: Uint32Array[] = [];
    let next = request.from;
    let room = request.limit;
    let skipped = 0;
    while (room > 0 && next < request.to) {
      exports.roundList(
        this.#pending.pointer,
        this.#pending.summary,
        exclude,
        skip,
        next,
        request.to,
        staging.pointer,
        Math.min(room, STAGING_U32),
        result.pointer,
      );
      const listed = result.view[1] as number;
      parts.push(staging.view.slice(0, listed));
      next = result.view[0] as number;
      skipped += result.view[2] as number;
      room -= listed;
    }
    return { pages: joined(parts), next, skipped };
  }

  #check({ from, to, limit }: { from: PageIndex; to: PageCount; limit: number }): void {
    checkRange(from, to, this.#pending.pageCount);
    if (!(limit >= 0)) throw new InvalidOptionError("limit", limit, "0 or more");
  }

  #checkDelta({ cost, generation }: DeltaRequest): void {
    if (this.#cacheSlots === 0) {
      throw new InvalidOptionError("cacheSlots", 0, "a cache, since the request asks for deltas");
    }
    checkCost("delta.cost", cost);
    checkCost("delta.generation", generation);
  }

  #pointerOf(bitmap: DirtyBitmap | undefined): Pointer {
    if (bitmap === undefined) return 0;
    const { kernel, pageCount } = this.#pending;
    if (bitmap.kernel !== kernel) {
      throw new InvalidOptionError("bitmap.kernel", "another one", "the pending bitmap's kernel");
    }
    if (bitmap.pageCount !== pageCount) {
      throw new InvalidOptionError(
        "bitmap.pageCount",
        bitmap.pageCount,
        `the pending one's ${pageCount}`,
      );
    }
    return bitmap.pointer;
  }
}

function checkCost(name: string, cost: number): void {
  if (!Number.isInteger(cost) || cost < 0 || cost > MAX_COST) {
    throw new InvalidOptionError(name, cost, `a whole number, 0 to ${MAX_COST}`);
  }
}

/** The result area of roundTake and roundTakeCached, by name. */
function taken(result: Float64Array): Taken {
  const [next = 0, zero = 0, raw = 0, skipped = 0, bytes = 0, delta = 0, unchanged = 0] = result;
  return { next, zero, raw, delta, unchanged, skipped, bytes };
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const [first, ...others] = parts;
  if (others.length === 0) return first ?? new Uint32Array(0);
  const whole = new Uint32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
