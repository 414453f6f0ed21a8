import { type BytesPerSecond, type Nanoseconds, SECOND } from "../../units.js";
import type { Bundle } from "./bundle.js";
import { Heap, type HeapItem } from "./heap.js";

/** A completion that lies less than this after a whole nanosecond is rounding of the arithmetic, in ns. */
const ROUNDING = 1e-4;

/**
 * What bundles that advance at the same level share: one virtual clock that counts the bytes each unit of
 * weight has carried. When the level changes nothing is done for the flows: their ends lie fixed on the
 * virtual clock, which merely runs faster or slower. So only the first end has to be known in real time.
 */
export class Pace implements HeapItem {
  /** Bytes per second for each unit of weight. */
  level: BytesPerSecond = Number.NaN;
  /** Its bundles, by the end of their first flow on the virtual clock. */
  readonly due: Heap<Bundle> = new Heap();
  /** In the agenda of the network. */
  place = -1;
  /** Whether its next completion has to be worked out again. */
  isTouched = false;
  // Doubles from the start, as in Flow.
  #clock: number = Number.NaN;
  #since: Nanoseconds = Number.NaN;

  constructor(level: BytesPerSecond) {
    this.level = level;
    this.#clock = 0;
    this.#since = 0;
  }

  /** The virtual clock at an instant not before the last change of the level. */
  clockAt(now: Nanoseconds): number {
    const elapsed = now - this.#since;
    if (elapsed <= 0 || this.due.size === 0) return this.#clock;
    return this.#clock + (this.level * elapsed) / SECOND;
  }

  /** Goes on at another level from `now`. */
  change(level: BytesPerSecond, now: Nanoseconds): void {
    this.settle(now);
    this.level = level;
  }

  /** Fixes the clock at `now`; one that nobody goes by starts again at 0, where numbers are finest. */
  settle(now: Nanoseconds): void {
    this.#clock = this.due.size === 0 ? 0 : this.clockAt(now);
    this.#since = now;
  }

  /** When the virtual clock will show `clock`: whole nanoseconds, rounded up; Infinity when it stands still. */
  timeOf(clock: number): Nanoseconds {
    const left = clock - this.#clock;
    if (left <= 0) return this.#since;
    return this.#since + Math.ceil((left / this.level) * SECOND - ROUNDING);
  }
}
