import type { Bytes, Milliseconds, PageCount, Share } from "../units.js";
import type { Random } from "../world/random.js";
import type { PlacedClass, PredictedGuest, Range, Stretch } from "./guest.js";
import { writtenBefore } from "./page-class.js";
import { RAW_PAGE_BYTES, ZERO_PAGE_BYTES } from "./profile.js";

/** Linux describes every page in 64 bytes, and puts the descriptions at the top of memory when it boots. */
const PAGES_PER_DESCRIPTION_PAGE = 64;
/** Share of the memory below the descriptions that is in use in a guest that has much memory free. */
const USED_BELOW_TOP: Share = 0.05;
/** A guest that uses less than this of its memory leaves the highest addresses free. */
const MUCH_USED: Share = 0.6;

/** The pages that wait to be sent in one run: how many of which class, and which the target never had. */
export class WaitingPages {
  readonly #classes: readonly PlacedClass[];
  readonly #random: Random;
  readonly #stretches: readonly Stretch[] | null;
  /** Dirty pages of each class. */
  readonly dirty: Float64Array;
  /** Where in memory each class begins, as a share of it. */
  readonly #places: readonly Share[];
  /** Nonzero pages of no class, and zero pages, that were never sent. */
  #still: PageCount;
  #zero: PageCount;
  /** Of all that wait, pages that the target has not had yet. */
  #fresh: PageCount;

  constructor(guest: PredictedGuest, random: Random) {
    this.#classes = guest.classes;
    this.#random = random;
    this.#stretches = guest.stretches;
    this.#places = guest.classes.map(({ place }) => place ?? random.nextUnit());
    this.dirty = Float64Array.from(guest.classes, ({ pages }) => pages);
    const range = guest.nonzeroPages[random.nextBelow(guest.nonzeroPages.length)] as Range;
    const nonzero = range.from + (range.to - range.from) * random.nextUnit();
    const written = this.#dirtyPages();
    this.#still = Math.max(0, nonzero - written);
    this.#zero = Math.max(0, guest.totalPages - Math.max(nonzero, written));
    this.#fresh = guest.totalPages;
  }

  /** All that wait. */
  get count(): PageCount {
    return this.#dirtyPages() + this.#still + this.#zero;
  }

  get nonzero(): PageCount {
    return this.#dirtyPages() + this.#still;
  }

  get zero(): PageCount {
    return this.#zero;
  }

  get fresh(): PageCount {
    return this.#fresh;
  }

  /**
   * Stretches of neighbouring pages that the target has and that were written again, if writes fall where
   * chance will: a dirty page begins one when the page before it is clean.
   */
  get staleStretches(): number {
    const all = this.count;
    if (all <= 0) return 0;
    const share = Math.max(0, 1 - this.#fresh / all);
    return this.#classes.reduce((sum, { pages }, index) => {
      const stale = (this.dirty[index] as number) * share;
      return pages > 0 ? sum + stale * (1 - stale / pages) : sum;
    }, 0);
  }

  /** Wire bytes of all, when a dirty page of each class costs so much. */
  bytes(costs: readonly Bytes[]): Bytes {
    return this.dirty.reduce(
      (sum, count, index) => sum + count * (costs[index] as number),
      this.#still * RAW_PAGE_BYTES + this.#zero * ZERO_PAGE_BYTES,
    );
  }

  /**
   * How many of the `tail` highest pages are not zero. The descriptions are at the very top; below them,
   * memory is used the less evenly the less of it is used.
   */
  topNonzero(tail: PageCount): PageCount {
    if (this.#stretches !== null) {
      return Math.min(this.nonzero, Math.max(tail - this.#zero, topOf(this.#stretches, tail)));
    }
    const all = this.count;
    const top = (all / PAGES_PER_DESCRIPTION_PAGE) * 1.3 * this.#random.nextUnit();
    const beyond = Math.max(0, this.nonzero / all - MUCH_USED) / (1 - MUCH_USED);
    const below = Math.max(0, tail - top) * (USED_BELOW_TOP + (1 - USED_BELOW_TOP) * beyond);
    return Math.min(this.nonzero, Math.max(tail - this.#zero, Math.min(tail, top) + below));
  }

  /** The first pass got so far in order of addresses. A class lies together, so it is sent or it is not. */
  leaveTail(sentNonzero: PageCount, leftZero: PageCount): void {
    const nonzero = this.nonzero;
    const progress = sentNonzero / nonzero;
    let left = nonzero - sentNonzero;
    this.#fresh = left + leftZero;
    this.#classes.forEach(({ pages }, index) => {
      const length = pages / nonzero;
      const start = Math.min(this.#places[index] as number, 1 - length);
      const sent = Math.min(1, Math.max(0, (progress - start) / length));
      const unsent = Math.min(left, pages * (1 - sent));
      this.dirty[index] = unsent;
      left -= unsent;
    });
    this.#still = left;
    this.#zero = leftZero;
  }

  /**
   * So many wait in the middle of a migration: of everything in the first pass, later of what was written
   * within the pass before.
   */
  become(count: PageCount, passGuestMs: Milliseconds | null): void {
    if (passGuestMs === null) {
      this.leave(Math.min(1, count / this.count));
      return;
    }
    this.#zero = 0;
    this.#fresh = 0;
    const written = this.#classes.map((one) => one.distinct(passGuestMs));
    const all = written.reduce((sum, pages) => sum + pages, 0);
    this.#classes.forEach(({ pages }, index) => {
      const share = all > 0 ? (written[index] as number) / all : 0;
      this.dirty[index] = Math.min(pages, count * share);
    });
    this.#still = Math.max(0, count - this.#dirtyPages());
  }

  /** A later pass left this share of everything. */
  leave(share: Share): void {
    for (let index = 0; index < this.dirty.length; index++) {
      this.dirty[index] = (this.dirty[index] as number) * share;
    }
    this.#still *= share;
    this.#zero *= share;
    this.#fresh *= share;
  }

  /**
   * The dirty log is looked at: what was written within `guestMs` is dirty. `beforeMs` is how long the pass
   * before was, null after the first. Answers how many pages did not wait already; only those QEMU counts.
   */
  harvest(guestMs: Milliseconds, beforeMs: Milliseconds | null): PageCount {
    if (guestMs <= 0) return 0;
    let newly = 0;
    this.#classes.forEach((one, index) => {
      const waiting = this.dirty[index] as number;
      const written = one.draw(guestMs, this.#random);
      const again = Math.min(waiting * rewrittenShare(one, guestMs, beforeMs), written);
      const after = Math.min(one.pages, waiting + written - again);
      this.dirty[index] = after;
      newly += after - waiting;
    });
    return newly;
  }

  #dirtyPages(): PageCount {
    return this.dirty.reduce((sum, count) => sum + count, 0);
  }
}

/** Of the `tail` highest pages, those that are not zero. */
function topOf(stretches: readonly Stretch[], tail: PageCount): PageCount {
  let left = tail;
  let nonzero = 0;
  for (const stretch of stretches.toReversed()) {
    if (left <= 0 || stretch.pages === 0) continue;
    const taken = Math.min(left, stretch.pages);
    nonzero += stretch.nonzero * (taken / stretch.pages);
    left -= taken;
  }
  return nonzero;
}

/**
 * Which share of a class's waiting pages was written again: those of the pass before; after the first pass
 * any page may be waiting.
 */
function rewrittenShare(
  one: PlacedClass,
  guestMs: Milliseconds,
  beforeMs: Milliseconds | null,
): Share {
  if (beforeMs === null) return one.distinct(guestMs) / one.pages;
  return writtenBefore(one, beforeMs, guestMs);
}
