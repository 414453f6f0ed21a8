import { type Crew, crewOfOne } from "../kernel/crew.js";
import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import {
  MAX_BATCH_BYTES,
  MAX_SHARD_CACHE_SLOTS,
  MAX_SHARD_PAGES,
  PageShard,
} from "../kernel/page-shard.js";
import { RoundScheduler } from "../kernel/round-scheduler.js";
import { type Bytes, PAGE_SIZE, type PageCount, type PageIndex } from "../units.js";
import type {
  PageBatch,
  PageRecords,
  SourceMemory,
  TakeRequest,
  TargetMemory,
} from "./guest-memory.js";

/** Pages listed at a time: with raw pages one batch of 4 MiB. */
const LISTED_PAGES = 1024;

/** The bytes of a guest, sharded over kernel memories, and the threads that work on them. */
export class PageStore {
  readonly pageCount: PageCount;
  readonly shards: readonly PageShard[];
  readonly crew: Crew;

  /**
   * All zero.
   *
   * @param crew - Default: the caller's thread alone.
   */
  constructor(pageCount: PageCount, crew: Crew = crewOfOne()) {
    this.pageCount = pageCount;
    this.crew = crew;
    const shards: PageShard[] = [];
    for (let first = 0; first < pageCount; first += MAX_SHARD_PAGES) {
      shards.push(new PageShard(first, Math.min(MAX_SHARD_PAGES, pageCount - first), { crew }));
    }
    this.shards = shards;
  }

  shardOf(page: PageIndex): PageShard {
    return this.shards[Math.floor(page / MAX_SHARD_PAGES)] as PageShard;
  }

  /** Copies bytes in at a page. */
  write(page: PageIndex, bytes: Uint8Array): void {
    let at = page * PAGE_SIZE;
    for (let done = 0; done < bytes.length; ) {
      const shard = this.shardOf(Math.floor(at / PAGE_SIZE));
      const offset = at - shard.firstPage * PAGE_SIZE;
      const part = bytes.subarray(done, done + shard.pageCount * PAGE_SIZE - offset);
      shard.bytes().set(part, offset);
      done += part.length;
      at += part.length;
    }
  }

  /** A view of one page's bytes. */
  page(page: PageIndex): Uint8Array {
    const shard = this.shardOf(page);
    const offset = (page - shard.firstPage) * PAGE_SIZE;
    return shard.bytes().subarray(offset, offset + PAGE_SIZE);
  }

  /** Writes eight random bytes at a random slot of each listed page. */
  storeWrites(pages: Uint32Array, state: Uint32Array): void {
    for (const shard of this.shards) shard.storeWrites(pages, state);
  }
}

/** Memory with bytes: pages are read, encoded and sent as records. */
export class ByteMemory implements SourceMemory {
  readonly pageCount: PageCount;
  readonly hasContents = true;
  readonly store: PageStore;
  #cacheSlots = 0;
  #scheduler: { readonly pending: DirtyBitmap; readonly rounds: RoundScheduler } | undefined;

  constructor(store: PageStore) {
    this.store = store;
    this.pageCount = store.pageCount;
  }

  /** Each shard caches its own pages in an equal part of the cache, so a guest of one shard has QEMU's cache exactly. */
  prepareDelta(cacheBytes: Bytes): void {
    let slots = MAX_SHARD_CACHE_SLOTS;
    while (slots > 1 && slots * this.store.shards.length * PAGE_SIZE > cacheBytes) slots /= 2;
    this.#cacheSlots = slots;
    for (const shard of this.store.shards) shard.prepareCache(this.#cacheSlots);
  }

  take(request: TakeRequest): PageBatch {
    let skipped = 0;
    for (let from = request.from; from < request.to; ) {
      const shard = this.store.shardOf(from);
      const end = Math.min(request.to, shard.firstPage + shard.pageCount);
      const listed = this.#rounds(request.pending).list({
        ...request,
        from,
        to: end,
        limit: LISTED_PAGES,
      });
      skipped += listed.skipped;
      if (listed.pages.length > 0) return this.#encode(shard, listed, request, skipped);
      from = end;
    }
    return {
      next: request.to,
      zero: 0,
      raw: 0,
      delta: 0,
      unchanged: 0,
      skipped,
      bytes: 0,
      records: null,
    };
  }

  createTarget(): ByteTarget {
    return new ByteTarget(this.store);
  }

  #encode(
    shard: PageShard,
    listed: { readonly pages: Uint32Array; readonly next: PageCount },
    request: TakeRequest,
    skipped: PageCount,
  ): PageBatch {
    const limit = Math.min(request.limit, MAX_BATCH_BYTES);
    const encoded = shard.encode(listed.pages, limit, {
      ...(request.delta ?? NO_DELTA),
      useCache: request.delta !== undefined,
    });
    const rest = listed.pages.subarray(encoded.consumed);
    const next = rest[0] ?? listed.next;
    request.pending.markList(rest);
    return {
      next,
      zero: encoded.zero,
      raw: encoded.raw,
      delta: encoded.delta,
      unchanged: encoded.unchanged,
      skipped,
      bytes: encoded.bytes,
      records: {
        shard: this.store.shards.indexOf(shard),
        pages: listed.pages.slice(0, encoded.consumed),
        parts: encoded.parts,
      },
    };
  }

  #rounds(pending: DirtyBitmap): RoundScheduler {
    if (this.#scheduler?.pending !== pending) {
      this.#scheduler = { pending, rounds: new RoundScheduler(pending) };
    }
    return this.#scheduler.rounds;
  }
}

const NO_DELTA = { generation: 0, frozen: false };

/** The bytes at the target. */
export class ByteTarget implements TargetMemory {
  readonly store: PageStore;
  readonly #source: PageStore;

  constructor(source: PageStore) {
    this.#source = source;
    this.store = new PageStore(source.pageCount, source.crew);
  }

  receive(records: PageRecords): void {
    this.#shard(records.shard).apply(records.parts);
  }

  countDifferingReceived(records: PageRecords): PageCount {
    const source = this.#source.shards[records.shard] as PageShard;
    return source.differingPages(this.#shard(records.shard), records.pages);
  }

  countDiffering(exclude?: DirtyBitmap): PageCount {
    let differing = 0;
    for (const [index, shard] of this.#source.shards.entries()) {
      differing += shard.differing(this.#shard(index), exclude);
    }
    return differing;
  }

  #shard(index: number): PageShard {
    return this.store.shards[index] as PageShard;
  }
}
