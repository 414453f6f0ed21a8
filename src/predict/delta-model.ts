import { oneMinusExp } from "../elementary.js";
import { type Bytes, bytesToPages, PAGE_SIZE, type PageCount, type Share } from "../units.js";
import type { PageClass } from "./page-class.js";
import { DELTA_HEADER_BYTES, RAW_PAGE_BYTES } from "./profile.js";

/**
 * QEMU's XBZRLE cache in the mean (page_cache.c): which share of a class's dirty pages is found in it, and
 * what a page costs on the wire. The cache is direct-mapped, so pages push for slots: of A pages that were
 * sent, a share (1 - exp(-A / S)) / (A / S) of them has one of the S slots.
 */
export class DeltaModel {
  readonly #slots: PageCount;
  /** Distinct pages of each class sent since the cache is in use. */
  readonly #sent: Float64Array;
  /** Pages of each class sent during the last pass. */
  readonly #sentLast: Float64Array;

  constructor(bytes: Bytes, classes: number) {
    this.#slots = Math.max(1, bytesToPages(bytes));
    this.#sent = new Float64Array(classes);
    this.#sentLast = new Float64Array(classes);
  }

  /** Mean wire bytes of a dirty page of the class, when the last pass took so long in guest time. */
  pageBytes(index: number, one: PageClass, passMs: number): Bytes {
    const hit = this.#hitShare(index, one);
    if (hit === 0) return RAW_PAGE_BYTES;
    const overflow = one.overflowShare(passMs);
    const delta = Math.min(PAGE_SIZE, one.deltaBytes(passMs)) + DELTA_HEADER_BYTES;
    const resent = Math.min(1, (this.#sentLast[index] as number) / one.pages);
    // A page that has not changed since it was sent is not sent at all.
    const unchanged = resent * one.unchangedShare(passMs);
    const found = (1 - unchanged) * (overflow * RAW_PAGE_BYTES + (1 - overflow) * delta);
    return hit * found + (1 - hit) * RAW_PAGE_BYTES;
  }

  /** Pages of a class went out and were put into the cache where there was room. */
  noteSent(index: number, one: PageClass, count: PageCount): void {
    const before = this.#sent[index] as number;
    this.#sent[index] = before + count * (1 - before / one.pages);
    this.#sentLast[index] = count;
  }

  #hitShare(index: number, one: PageClass): Share {
    const sent = this.#sent[index] as number;
    if (sent === 0) return 0;
    const active = this.#sent.reduce((sum, count) => sum + count, 0);
    const load = active / this.#slots;
    return Math.min(1, sent / one.pages) * (oneMinusExp(load) / load);
  }
}
