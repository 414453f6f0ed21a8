import { type Nanoseconds, type PageIndex, toMilliseconds } from "../units.js";
import type { MigrationObserver } from "./observer.js";
import type { FaultReport } from "./report.js";

/** Counts the faults of a pull and what the guest waited for them. */
export class FaultTally {
  networkFaults = 0;
  readonly #observer: MigrationObserver | null;
  #faults = 0;
  #stallNs: Nanoseconds = 0;
  #longestNs: Nanoseconds = 0;

  constructor(observer: MigrationObserver | null) {
    this.#observer = observer;
  }

  /** The guest stood from its fault until the page was there. */
  add(page: PageIndex, from: Nanoseconds, until: Nanoseconds): void {
    const stall = until - from;
    this.#faults += 1;
    this.#stallNs += stall;
    this.#longestNs = Math.max(this.#longestNs, stall);
    this.#observer?.faulted(page, from, until);
  }

  report(): FaultReport {
    return {
      faults: this.#faults,
      networkFaults: this.networkFaults,
      stallMs: toMilliseconds(this.#stallNs),
      meanStallMs: this.#faults === 0 ? 0 : toMilliseconds(this.#stallNs / this.#faults),
      maxStallMs: toMilliseconds(this.#longestNs),
    };
  }
}
