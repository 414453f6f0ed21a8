import { PageDelta } from "../kernel/page-delta.js";
import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";
import { DeltaCache } from "./delta-cache.js";

/** What QEMU's XBZRLE would have made of a stream's pages with a cache of some size. */
export interface DeltaPotential {
  /** Bytes of the cache, a power of two. */
  readonly cacheBytes: Bytes;
  /** Pages that are not zero and were sent from the second round on. */
  readonly candidates: PageCount;
  /** Those of them whose last contents were in the cache. */
  readonly hits: PageCount;
  /** Hits whose page had not changed, so that nothing would have been sent. */
  readonly unchanged: PageCount;
  /** Hits whose delta was no smaller than the page. */
  readonly overflows: PageCount;
  /** What the other hits' deltas take on the wire. */
  readonly deltaBytes: Bytes;
  /** What all hits take less than as raw pages. */
  readonly savedBytes: Bytes;
}

/** Wire bytes of a raw page, and what a delta has beside its own. */
const RAW_BYTES = 8 + PAGE_SIZE;
const DELTA_HEAD = 11;

/** A page as it is sent. */
export interface SentPage {
  /** Counted through all blocks. */
  readonly page: number;
  readonly round: number;
  /** Whether the guest was stopped, when QEMU leaves the cache as it is. */
  readonly isLast: boolean;
}

/**
 * QEMU's cache of sent pages, in several sizes at once. It is direct-mapped and holds what was sent last of
 * each page, so besides the pages' numbers nothing need be kept: their last contents are the target's.
 *
 * Rounds stand for QEMU's count of dirty log readings, by which it tells what is fresh.
 */
export class DeltaSimulation {
  readonly #caches: Cache[];
  #candidates = 0;

  /**
   * @param cacheBytes - Sizes of caches, powers of two of at least a page.
   * @param pages - Of the guest.
   */
  constructor(cacheBytes: readonly Bytes[], pages: PageCount) {
    this.#caches = cacheBytes.map((bytes) => new Cache(bytes, pages));
  }

  get potentials(): readonly DeltaPotential[] {
    return this.#caches.map((cache) => ({ ...cache.tally, candidates: this.#candidates }));
  }

  /** A page of zeros is cached as such. */
  sendZero(sent: SentPage): void {
    if (sent.round === 0 || sent.isLast) return;
    for (const cache of this.#caches) cache.insert(sent);
  }

  /** @param before - What the target held of it. */
  send(sent: SentPage, before: Uint8Array, now: Uint8Array): void {
    if (sent.round === 0) return;
    this.#candidates++;
    let length: number | null | undefined;
    for (const cache of this.#caches) {
      if (cache.has(sent.page)) {
        if (length === undefined) length = PageDelta.encode(before, now)?.length ?? null;
        cache.hit(sent, length);
      } else if (!sent.isLast) {
        cache.insert(sent);
      }
    }
  }
}

class Cache {
  readonly tally: { -readonly [Name in Exclude<keyof DeltaPotential, "candidates">]: number };
  readonly #pages: DeltaCache;

  constructor(cacheBytes: Bytes, pages: PageCount) {
    this.#pages = new DeltaCache(cacheBytes, pages);
    this.tally = { cacheBytes, hits: 0, unchanged: 0, overflows: 0, deltaBytes: 0, savedBytes: 0 };
  }

  has(page: number): boolean {
    return this.#pages.has(page);
  }

  insert({ page, round }: SentPage): void {
    this.#pages.insert(page, round);
  }

  /** @param length - Of the delta; null when it overflows. */
  hit({ page, round, isLast }: SentPage, length: number | null): void {
    const { tally } = this;
    tally.hits++;
    if (!isLast) this.#pages.insert(page, round);
    if (length === null) {
      tally.overflows++;
    } else if (length === 0) {
      tally.unchanged++;
      tally.savedBytes += RAW_BYTES;
    } else {
      tally.deltaBytes += DELTA_HEAD + length;
      tally.savedBytes += RAW_BYTES - DELTA_HEAD - length;
    }
  }
}

/** Sizes of caches worth looking at: the memory's, and 4, 16 and 64 times less. */
export function cacheSizesFor(pages: PageCount): Bytes[] {
  const whole = PAGE_SIZE * 2 ** Math.ceil(Math.log2(Math.max(1, pages)));
  return [64, 16, 4, 1].map((part) => whole / part).filter((bytes) => bytes >= PAGE_SIZE);
}
