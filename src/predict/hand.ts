import type { Milliseconds } from "../units.js";
import type { Moment, Order, Steering, TimedOrder } from "./steering.js";

/** Passes without change after which a run counts as one that does not end; QEMU itself would go on. */
const MOST_PASSES = 2000;
/** The same where an order is still to come; whoever looks at passes gets that much time too. */
const SETTLED_PASSES = 100;
const SETTLED_MS: Milliseconds = 60_000;

/** Whoever steers one run: the orders still to be given, and whether anything is expected before them. */
export class Hand {
  readonly #steering: Steering;
  /** In order of time. */
  #orders: readonly TimedOrder[];
  /** When anything but the guest's memory last changed. */
  #changedAtPass = 1;
  #changedAtMs: Milliseconds = 0;

  /** @param own - Orders beside those of the steering. */
  constructor(steering: Steering, own: readonly TimedOrder[]) {
    this.#steering = steering;
    this.#orders = [...steering.orders, ...own].sort((one, other) => one.atMs - other.atMs);
  }

  /** When the next order is given; Infinity: there is none. */
  get nextMs(): Milliseconds {
    return this.#orders[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Hears that a pass is over. */
  hear(moment: Moment): void {
    this.#orders = this.#steering.afterPass?.(moment) ?? this.#orders;
  }

  /** The next order if it is due, which is given by that. */
  take(nowMs: Milliseconds, pass: number): Order | null {
    const [next, ...later] = this.#orders;
    if (next === undefined || next.atMs > nowMs) return null;
    this.#orders = later;
    this.noteChange(nowMs, pass);
    return next.order;
  }

  noteChange(nowMs: Milliseconds, pass: number): void {
    this.#changedAtPass = pass;
    this.#changedAtMs = nowMs;
  }

  /** Pass has followed pass in vain, and nobody will do anything about it. */
  hasGivenUp(pass: number): boolean {
    return this.#orders.length === 0 && pass - this.#changedAtPass >= MOST_PASSES;
  }

  /** Pass has followed pass in vain, and will until the next order. */
  isWaiting(nowMs: Milliseconds, pass: number): boolean {
    if (this.#orders.length === 0 || pass - this.#changedAtPass < SETTLED_PASSES) return false;
    return !this.#steering.afterPass || nowMs >= this.#changedAtMs + SETTLED_MS;
  }
}
