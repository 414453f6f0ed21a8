import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import { RAW_RECORD_BYTES } from "../memory/guest-memory.js";
import type { Bytes, PageCount, PageIndex } from "../units.js";

/** Most pages of a piece that grows downward: one batch of a guest with bytes. */
const MOST_PAGES_DOWN: PageCount = 1024;

/** A range of pages to push from next. */
export interface PushRange {
  readonly from: PageIndex;
  readonly to: PageCount;
  /** Tells how far the push got. */
  readonly advance: (next: PageCount) => void;
}

/** Order of the active push while the guest runs at the target. */
export interface Prepaging {
  /** The next range; undefined when nothing is pending. */
  next(limit: Bytes): PushRange | undefined;
  /** The guest faulted here. */
  faulted(page: PageIndex): void;
}

/** Makes the order that an option names. */
export function createPrepaging(
  kind: "bubble" | "forward" | "none",
  pivots: number,
  pending: DirtyBitmap,
): Prepaging {
  switch (kind) {
    case "none":
      return new Sweep(pending, false);
    case "forward":
      return new Sweep(pending, true);
    case "bubble":
      return new Bubbles(pending, pivots);
  }
}

/** By address, around the memory; onward from each fault where `follows` is set, as QEMU does. */
class Sweep implements Prepaging {
  readonly #pending: DirtyBitmap;
  readonly #follows: boolean;
  #cursor: PageIndex = 0;

  constructor(pending: DirtyBitmap, follows: boolean) {
    this.#pending = pending;
    this.#follows = follows;
  }

  next(): PushRange | undefined {
    const end = this.#pending.pageCount;
    const from = this.#pending.next(this.#cursor, end) ?? this.#pending.next(0, this.#cursor);
    if (from === undefined) return undefined;
    return {
      from,
      to: end,
      advance: (next) => {
        this.#cursor = next % end;
      },
    };
  }

  faulted(page: PageIndex): void {
    if (this.#follows) this.#cursor = (page + 1) % this.#pending.pageCount;
  }
}

/** A bubble: everything pending between its edges has been pushed. */
interface Bubble {
  up: PageIndex;
  down: PageIndex;
  goesUp: boolean;
}

/**
 * Bubbling (Hines & Gopalan 2009): from each of the last faults the push grows outward in both
 * directions, since a guest that touched a page is likely to touch its neighbours. The bubbles take turns.
 */
class Bubbles implements Prepaging {
  readonly #pending: DirtyBitmap;
  readonly #most: number;
  readonly #bubbles: Bubble[] = [];
  #turn = 0;

  constructor(pending: DirtyBitmap, most: number) {
    this.#pending = pending;
    this.#most = most;
  }

  faulted(page: PageIndex): void {
    this.#bubbles.push({ up: page + 1, down: page, goesUp: true });
    if (this.#bubbles.length > this.#most) this.#bubbles.shift();
  }

  next(limit: Bytes): PushRange | undefined {
    while (this.#bubbles.length > 0) {
      this.#turn = (this.#turn + 1) % this.#bubbles.length;
      const bubble = this.#bubbles[this.#turn] as Bubble;
      const range = this.#grow(bubble, limit);
      if (range) return range;
      this.#bubbles.splice(this.#turn, 1);
    }
    const first = this.#pending.next();
    if (first === undefined) return undefined;
    this.#bubbles.push({ up: first, down: first, goesUp: true });
    return this.next(limit);
  }

  #grow(bubble: Bubble, limit: Bytes): PushRange | undefined {
    bubble.goesUp = !bubble.goesUp;
    const first = bubble.goesUp ? this.#growUp(bubble) : this.#growDown(bubble, limit);
    return first ?? (bubble.goesUp ? this.#growDown(bubble, limit) : this.#growUp(bubble));
  }

  #growUp(bubble: Bubble): PushRange | undefined {
    const from = this.#pending.next(bubble.up);
    // An exhausted side is not looked at again.
    if (from === undefined) bubble.up = this.#pending.pageCount;
    if (from === undefined) return undefined;
    return {
      from,
      to: this.#pending.pageCount,
      advance: (next) => {
        bubble.up = next;
      },
    };
  }

  /** Downward in pieces that are pushed whole, so that the pages next to the bubble go first. */
  #growDown(bubble: Bubble, limit: Bytes): PushRange | undefined {
    const last = this.#pending.previous(bubble.down);
    if (last === undefined) bubble.down = 0;
    if (last === undefined) return undefined;
    const pages = Math.max(1, Math.min(MOST_PAGES_DOWN, Math.floor(limit / RAW_RECORD_BYTES)));
    const from = Math.max(0, last + 1 - pages);
    const to = last + 1;
    return {
      from,
      to,
      advance: (next) => {
        bubble.down = next < to ? to : from;
      },
    };
  }
}
