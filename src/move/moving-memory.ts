import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import { createKernel, type Kernel } from "../kernel/load.js";
import type { Pointer } from "../kernel/pointer.js";
import { RoundScheduler } from "../kernel/round-scheduler.js";
import type { MachineMemory } from "../machine/machine.js";
import type { PageBatch, SourceMemory, TakeRequest } from "../memory/guest-memory.js";
import { RAW_RECORD_BYTES } from "../memory/guest-memory.js";
import { type Bytes, PAGE_SIZE, type PageCount, type PageIndex } from "../units.js";

/** Pages that are brought in at a time; with their records they stay in a processor's second-level cache. */
const PIECE_PAGES: PageCount = 32;
/** A batch ends when its records pass this: long enough to be worth a frame, short enough to keep slices of the guest apart. */
const BATCH_BYTES: Bytes = 262_144;
/** What the longest record takes, and what the encoder may write behind it. */
const RECORD_ROOM: Bytes = 4128;
const CACHE_HEADER_BYTES = 16;
const MAX_CACHE_SLOTS = 2 ** 18;

/** A kernel with room for the pages of a piece, the records of a batch and the delta cache. */
interface Workbench {
  readonly kernel: Kernel;
  readonly pages: Pointer;
  readonly records: Pointer;
  readonly list: Pointer;
  readonly digests: Pointer;
  readonly cache: Pointer;
  readonly slots: number;
}

/** A running machine's memory as a source: pages are copied out and encoded between two of its slices. */
export class MovingMemory implements SourceMemory {
  readonly pageCount: PageCount;
  readonly hasContents = true;
  readonly #memory: MachineMemory;
  /** Digest of every page as it was last sent. */
  readonly sentDigests: BigUint64Array | null;
  #bench: Workbench;
  #scheduler: { readonly pending: DirtyBitmap; readonly rounds: RoundScheduler } | undefined;

  /** @param digests - Whether to keep the digest of every page as it was last sent. */
  constructor(memory: MachineMemory, digests: boolean) {
    this.#memory = memory;
    this.pageCount = memory.pageCount;
    this.sentDigests = digests ? new BigUint64Array(memory.pageCount) : null;
    this.#bench = openWorkbench(0);
  }

  prepareDelta(cacheBytes: Bytes): void {
    let slots = 1;
    const most = Math.min(MAX_CACHE_SLOTS, cacheBytes / PAGE_SIZE);
    while (slots < this.pageCount && 2 * slots <= most) slots *= 2;
    this.#bench = openWorkbench(slots);
  }

  take(request: TakeRequest): PageBatch {
    const limit = Math.min(request.limit, BATCH_BYTES);
    const sum = { zero: 0, raw: 0, delta: 0, unchanged: 0, skipped: 0, bytes: 0 };
    const { pending, to, exclude, skip } = request;
    let next = request.from;
    // The room for records is measured for this.
    for (let pages = 0; next < to && sum.bytes <= limit && pages < 4 * 1024; ) {
      const most = Math.min(PIECE_PAGES, Math.floor((limit - sum.bytes) / RAW_RECORD_BYTES) + 1);
      const listed = this.#rounds(pending).list({ from: next, to, limit: most, exclude, skip });
      next = listed.next;
      sum.skipped += listed.skipped;
      pages += most;
      for (let at = 0; at < listed.pages.length; ) {
        const length = runLength(listed.pages, at);
        this.#encodeRun(listed.pages[at] as number, length, request, sum);
        at += length;
      }
    }
    const { kernel, records } = this.#bench;
    const parts = sum.bytes === 0 ? [] : [kernel.u8(records, sum.bytes)];
    return { ...sum, next, records: { shard: 0, pages: NO_PAGES, parts } };
  }

  createTarget(): never {
    throw new Error("a real machine's target is elsewhere");
  }

  /** Adds the records of pages that lie together. */
  #encodeRun(from: PageIndex, count: PageCount, { delta }: TakeRequest, sum: Sum): void {
    const { kernel, pages, records, list, digests, cache, slots } = this.#bench;
    this.#bring(from, count);
    if (this.sentDigests) {
      kernel.exports.digestPages(pages, count, digests);
      this.sentDigests.set(new BigUint64Array(kernel.buffer, digests, count), from);
    }
    const numbers = kernel.u32(list, count);
    for (let index = 0; index < count; index++) numbers[index] = from + index;
    kernel.exports.batchEncode(
      pages,
      from,
      list,
      count,
      records + sum.bytes,
      NO_LIMIT,
      delta ? cache : 0,
      delta ? slots : 0,
      delta?.generation ?? 0,
      delta?.frozen ? 1 : 0,
      kernel.result.pointer,
    );
    const [, zero = 0, raw = 0, changed = 0, unchanged = 0, bytes = 0] = kernel.result.view;
    sum.zero += zero;
    sum.raw += raw;
    sum.delta += changed;
    sum.unchanged += unchanged;
    sum.bytes += bytes;
  }

  #bring(from: PageIndex, count: PageCount): void {
    const { kernel, pages } = this.#bench;
    for (let done = 0; done < count; ) {
      const bytes = this.#memory.read(from + done, from + count);
      kernel.u8(pages + done * PAGE_SIZE, bytes.length).set(bytes);
      done += bytes.length / PAGE_SIZE;
    }
  }

  #rounds(pending: DirtyBitmap): RoundScheduler {
    if (this.#scheduler?.pending !== pending) {
      this.#scheduler = { pending, rounds: new RoundScheduler(pending) };
    }
    return this.#scheduler.rounds;
  }
}

type Sum = { -readonly [Part in Exclude<keyof PageBatch, "next" | "records">]: PageBatch[Part] };

const NO_PAGES = new Uint32Array(0);
const NO_LIMIT = 2 ** 32 - 1;

/** How many pages of the list, from one on, lie together. */
function runLength(pages: Uint32Array, at: number): number {
  const from = pages[at] as number;
  let length = 1;
  while (pages[at + length] === from + length) length++;
  return length;
}

function openWorkbench(slots: number): Workbench {
  const pages = PIECE_PAGES * PAGE_SIZE;
  const records = BATCH_BYTES + (PIECE_PAGES + 1) * RECORD_ROOM;
  const cache = slots * (CACHE_HEADER_BYTES + PAGE_SIZE);
  const lists = 16 * PIECE_PAGES;
  const kernel = createKernel(pages + records + cache + lists + 64);
  return {
    kernel,
    pages: kernel.allocate(pages),
    records: kernel.allocate(records),
    list: kernel.allocate(8 * PIECE_PAGES),
    digests: kernel.allocate(8 * PIECE_PAGES),
    cache: kernel.allocate(cache),
    slots,
  };
}
