import type { Bytes, BytesPerSecond, Nanoseconds } from "../units.js";
import { SECOND } from "../units.js";
import type { Link } from "../world/link.js";

/** Keeps page data to a rate. */
export interface Pacing {
  /** Rate over the last full window; 0 before the first. */
  readonly windowRate: BytesPerSecond;
  /** Waits until something may be sent; true when a new window begins. */
  ready(): Promise<boolean>;
  /** How many bytes may go in one piece now; `piece` where nothing else sets a limit. */
  allowance(piece: Bytes): Bytes;
  /** Sends a piece. */
  send(bytes: Bytes): Promise<void>;
}

/** Holds the rate evenly. */
export class EvenPacing implements Pacing {
  readonly windowRate: BytesPerSecond = 0;
  readonly #link: Link;
  readonly #cap: BytesPerSecond;

  constructor(link: Link, cap: BytesPerSecond) {
    this.#link = link;
    this.#cap = cap;
  }

  ready(): Promise<boolean> {
    return Promise.resolve(true);
  }

  allowance(piece: Bytes): Bytes {
    return piece;
  }

  send(bytes: Bytes): Promise<void> {
    return this.#link.transmit(bytes, this.#cap);
  }
}

/**
 * QEMU's rate limit (qemu_file_rate_limit, migration_rate_limit): a budget a window, spent at the line's
 * rate and then waited out; a window's bytes over its length are the measured bandwidth.
 */
export class WindowPacing implements Pacing {
  readonly #link: Link;
  readonly #windowNs: Nanoseconds;
  readonly #budget: Bytes;
  #windowStart: Nanoseconds;
  #used: Bytes = 0;
  #windowRate: BytesPerSecond = 0;
  #isFresh = true;

  constructor(link: Link, cap: BytesPerSecond, windowNs: Nanoseconds) {
    this.#link = link;
    this.#windowNs = windowNs;
    this.#budget = Math.floor(cap / (SECOND / windowNs));
    this.#windowStart = link.clock.now();
  }

  get windowRate(): BytesPerSecond {
    return this.#windowRate;
  }

  async ready(): Promise<boolean> {
    const end = this.#windowStart + this.#windowNs;
    // Strictly more than the budget, as in QEMU.
    if (this.#used > this.#budget) await this.#link.clock.sleepUntil(end);
    const now = this.#link.clock.now();
    if (now >= end) {
      this.#windowRate = (this.#used * SECOND) / (now - this.#windowStart);
      this.#windowStart = now;
      this.#used = 0;
      this.#isFresh = true;
    }
    const isFresh = this.#isFresh;
    this.#isFresh = false;
    return isFresh;
  }

  allowance(): Bytes {
    const end = this.#windowStart + this.#windowNs;
    return Math.min(
      this.#budget - this.#used,
      this.#link.capacityUntil(end, Number.POSITIVE_INFINITY),
    );
  }

  async send(bytes: Bytes): Promise<void> {
    await this.#link.transmit(bytes, Number.POSITIVE_INFINITY);
    this.#used += bytes;
  }
}
