import type { Nanoseconds } from "../units.js";
import type { Clock } from "./clock.js";

/** The clock on the wall, from the instant at which it was made. */
export class RealClock implements Clock {
  readonly #startMs: number = performance.now();

  now(): Nanoseconds {
    return Math.round((performance.now() - this.#startMs) * 1e6);
  }

  /** Timers are late by a millisecond or so. */
  async sleepUntil(instant: Nanoseconds): Promise<void> {
    const left = instant - this.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left / 1e6));
  }

  /** Keeps no process alive. */
  every(period: Nanoseconds, call: () => void): () => void {
    const timer: { unref?(): void } & ReturnType<typeof setInterval> = setInterval(
      call,
      period / 1e6,
    );
    timer.unref?.();
    return () => clearInterval(timer);
  }
}
