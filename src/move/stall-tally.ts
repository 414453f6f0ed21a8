import { type Nanoseconds, toMilliseconds } from "../units.js";
import type { Complete } from "../wire/move-messages.js";

/** Stalls that are kept for the median; beyond them every other one is. */
const MOST_KEPT = 65_536;

/** Counts the faults of a guest and what it waited for them. */
export class StallTally {
  #faults = 0;
  #sum: Nanoseconds = 0;
  #longest: Nanoseconds = 0;
  #kept: Nanoseconds[] = [];
  #every = 1;

  add(stall: Nanoseconds): void {
    this.#sum += stall;
    this.#longest = Math.max(this.#longest, stall);
    if (this.#faults % this.#every === 0) this.#kept.push(stall);
    this.#faults += 1;
    if (this.#kept.length < MOST_KEPT) return;
    this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
    this.#every *= 2;
  }

  /** Every fault asked the source for its page. */
  report(): Omit<Complete, "root"> {
    const sorted = this.#kept.toSorted((a, b) => a - b);
    return {
      faults: this.#faults,
      networkFaults: this.#faults,
      stallMs: toMilliseconds(this.#sum),
      medianStallMs: toMilliseconds(sorted[sorted.length >> 1] ?? 0),
      maxStallMs: toMilliseconds(this.#longest),
    };
  }
}
