import { assert } from "../errors.js";
import type { Nanoseconds } from "../units.js";

/** End of simulated time, 52 days: whole nanoseconds stay exact twice as far. */
export const END_OF_TIME: Nanoseconds = 2 ** 52;

/** Where the engine gets its time from: simulated or real. */
export interface Clock {
  /** Nanoseconds since the clock's start. */
  now(): Nanoseconds;
  /** Waits until that instant; at once when it has passed. */
  sleepUntil(instant: Nanoseconds): Promise<void>;
  /** Calls something again and again until the answer is called; only the clock on the wall does. */
  every?(period: Nanoseconds, call: () => void): () => void;
}

/** A clock that moves only when told to; waiting takes no real time. */
export class SimulatedClock implements Clock {
  #now: Nanoseconds = 0;

  now(): Nanoseconds {
    return this.#now;
  }

  /** Moves time forward; never back. */
  advanceTo(instant: Nanoseconds): void {
    assert(
      Number.isSafeInteger(instant),
      `time must be a whole number of nanoseconds, got ${instant}`,
    );
    assert(instant >= this.#now, `time cannot go back from ${this.#now} to ${instant}`);
    this.#now = instant;
  }

  sleepUntil(instant: Nanoseconds): Promise<void> {
    if (instant > this.#now) this.advanceTo(instant);
    return Promise.resolve();
  }
}
