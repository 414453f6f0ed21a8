import { oneMinusExp } from "../elementary.js";
import {
  type Bytes,
  bytesToPages,
  type Milliseconds,
  PAGE_SIZE,
  type PageCount,
  type Share,
} from "../units.js";
import { type PageClass, writtenBefore } from "./page-class.js";
import { DELTA_HEADER_BYTES, RAW_PAGE_BYTES } from "./profile.js";

/**
 * QEMU's XBZRLE cache in the mean (page_cache.c): which share of a class's dirty pages is found in it, and
 * what a page costs on the wire. The cache is direct-mapped, so pages push for slots: of A pages that were
 * sent, a share (1 - exp(-A / S)) / (A / S) of them has one of the S slots.
 */
export class DeltaModel {
  readonly #slots: PageCount;
  readonly #classes: readonly PageClass[];
  /** Guest time of the passes since the cache is in use, and of the last one. */
  #cachedMs: Milliseconds = 0;
  #lastMs: Milliseconds = 0;
  /** Pages of each class, among those written within that time, that were sent and so came into the cache. */
  readonly #sent: Float64Array;

  constructor(bytes: Bytes, classes: readonly PageClass[]) {
    this.#slots = Math.max(1, bytesToPages(bytes));
    this.#classes = classes;
    this.#sent = new Float64Array(classes.length);
  }

  /** Mean wire bytes of a page of the class that was written within a pass of so much guest time. */
  pageBytes(index: number, one: PageClass, passMs: Milliseconds): Bytes {
    const hit = this.#sentShare(index, one, passMs) * this.#keptShare();
    if (hit === 0) return RAW_PAGE_BYTES;
    const overflow = one.overflowShare(passMs);
    const delta = Math.min(PAGE_SIZE, one.deltaBytes(passMs)) + DELTA_HEADER_BYTES;
    // A page that has not changed since it was sent is not sent at all.
    const unchanged = writtenBefore(one, passMs, this.#lastMs) * one.unchangedShare(passMs);
    const found = (1 - unchanged) * (overflow * RAW_PAGE_BYTES + (1 - overflow) * delta);
    return hit * found + (1 - hit) * RAW_PAGE_BYTES;
  }

  /** A pass of so much guest time is over, of whose pages a share was sent and put into the cache. */
  noteSent(share: Share, passMs: Milliseconds): void {
    this.#classes.forEach((one, index) => {
      const fresh = share * one.distinct(passMs) * (1 - this.#sentShare(index, one, passMs));
      const written = one.distinct(this.#cachedMs + passMs);
      this.#sent[index] = Math.min(written, (this.#sent[index] as number) + fresh);
    });
    this.#lastMs = passMs;
    this.#cachedMs += passMs;
  }

  /** Of the pages written within a pass, the share that was sent before. */
  #sentShare(index: number, one: PageClass, passMs: Milliseconds): Share {
    const written = one.distinct(this.#cachedMs);
    if (written <= 0) return 0;
    const sent = Math.min(1, (this.#sent[index] as number) / written);
    return sent * writtenBefore(one, passMs, this.#cachedMs);
  }

  /** Of the pages that were put into the cache, the share that is still there. */
  #keptShare(): Share {
    const load = this.#sent.reduce((sum, count) => sum + count, 0) / this.#slots;
    return load > 0 ? oneMinusExp(load) / load : 1;
  }
}
