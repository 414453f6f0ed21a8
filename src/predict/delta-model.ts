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
  /** Guest time whose writes were sent since the cache is in use, and that of the last pass. */
  #cachedMs: Milliseconds = 0;
  #lastMs: Milliseconds = 0;

  constructor(bytes: Bytes, classes: readonly PageClass[]) {
    this.#slots = Math.max(1, bytesToPages(bytes));
    this.#classes = classes;
  }

  /** Mean wire bytes of a page of the class that was written within a pass of so much guest time. */
  pageBytes(one: PageClass, passMs: Milliseconds): Bytes {
    const hit = writtenBefore(one, passMs, this.#cachedMs) * this.#keptShare();
    if (hit === 0) return RAW_PAGE_BYTES;
    const overflow = one.overflowShare(passMs);
    const delta = Math.min(PAGE_SIZE, one.deltaBytes(passMs)) + DELTA_HEADER_BYTES;
    // A page that has not changed since it was sent is not sent at all.
    const unchanged = writtenBefore(one, passMs, this.#lastMs) * one.unchangedShare(passMs);
    const found = (1 - unchanged) * (overflow * RAW_PAGE_BYTES + (1 - overflow) * delta);
    return hit * found + (1 - hit) * RAW_PAGE_BYTES;
  }

  /** A pass sent a share of what was written within so much guest time, and put it into the cache. */
  noteSent(share: Share, passMs: Milliseconds): void {
    this.#lastMs = share * passMs;
    this.#cachedMs += this.#lastMs;
  }

  /** Of the pages that were put into the cache, the share that is still there. */
  #keptShare(): Share {
    const load =
      this.#classes.reduce((sum, one) => sum + one.distinct(this.#cachedMs), 0) / this.#slots;
    return load > 0 ? oneMinusExp(load) / load : 1;
  }
}
