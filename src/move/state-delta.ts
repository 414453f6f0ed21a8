import { WireFormatError } from "../errors.js";
import { PageShard } from "../kernel/page-shard.js";
import { type Bytes, bytesToPages, type PageCount } from "../units.js";
import { MAX_STATE_BYTES } from "../wire/move-messages.js";

// A machine's state is sent as a small memory: pages of 4096 bytes, in the records of guest pages. What the
// target holds of an earlier state is known, so a later one costs its changes only.

const BATCH_PAGES: PageCount = 1024;
const BATCH_BYTES: Bytes = 2 ** 20;
/** A state that changes its size so often is none of a machine. */
const MAX_SIZES = 16;

/** The source's half: states as records. */
export class StateSender {
  #shard: PageShard | null = null;
  #generation = 1;

  /** Batches of records that turn the last state, if any, into this one; each is valid until the next. */
  *batches(state: Uint8Array): Generator<readonly Uint8Array[]> {
    const pages = Math.max(1, bytesToPages(state.length));
    if (this.#shard?.pageCount !== pages) {
      this.#shard = new PageShard(0, pages, { cacheSlots: 2 ** Math.ceil(Math.log2(pages)) });
    }
    const bytes = this.#shard.bytes();
    bytes.set(state);
    bytes.fill(0, state.length);
    this.#generation += 2;
    const options = { generation: this.#generation, frozen: false, useCache: true };
    for (let page = 0; page < pages; ) {
      const list = Uint32Array.from(
        { length: Math.min(BATCH_PAGES, pages - page) },
        (_, index) => page + index,
      );
      const batch = this.#shard.encode(list, BATCH_BYTES, options);
      page += batch.consumed;
      if (batch.bytes > 0) yield batch.parts;
    }
  }

  /** Pages of the last state. */
  get pages(): PageCount {
    return this.#shard?.pageCount ?? 0;
  }
}

/** The target's half. */
export class StateReceiver {
  #shard: PageShard | null = null;
  #sizes = 0;

  /** Takes in records of a state of so many pages. @throws WireFormatError */
  receive(pages: PageCount, records: Uint8Array): void {
    if (pages < 1 || pages > bytesToPages(MAX_STATE_BYTES)) {
      throw new WireFormatError(`a state of ${pages} pages`, 0);
    }
    if (this.#shard?.pageCount !== pages) {
      this.#sizes += 1;
      if (this.#sizes > MAX_SIZES) throw new WireFormatError("states of too many sizes", 0);
      this.#shard = new PageShard(0, pages);
    }
    this.#shard.apply([records]);
  }

  /** The state as it is now, a view that is valid until the next record comes. @throws WireFormatError when there is none of that length */
  state(length: Bytes): Uint8Array {
    const pages = Math.max(1, bytesToPages(length));
    if (this.#shard?.pageCount !== pages) {
      throw new WireFormatError(`a state of ${length} bytes has not come`, 0);
    }
    return this.#shard.bytes().subarray(0, length);
  }
}
