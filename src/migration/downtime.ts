import { type Nanoseconds, toMilliseconds } from "../units.js";
import type { DowntimeParts } from "./report.js";

type Part = keyof DowntimeParts;

/** The time from the guest's pause until it can be reached again, part after part. */
export class Downtime {
  readonly startedAt: Nanoseconds;
  readonly #parts: Record<Part, Nanoseconds> = {
    pause: 0,
    finalPages: 0,
    state: 0,
    resume: 0,
    network: 0,
  };
  #part: Part | null = "pause";
  #since: Nanoseconds;

  constructor(now: Nanoseconds) {
    this.startedAt = now;
    this.#since = now;
  }

  /** Whether the guest still stands. */
  get isOpen(): boolean {
    return this.#part !== null;
  }

  /** One part ends, the next begins. */
  enter(part: Part, now: Nanoseconds): void {
    this.end(now);
    this.#part = part;
  }

  /** The guest runs again; what the network still needs is added to it. */
  end(now: Nanoseconds, networkNs: Nanoseconds = 0): void {
    if (this.#part) this.#parts[this.#part] += now - this.#since;
    this.#parts.network += networkNs;
    this.#part = null;
    this.#since = now;
  }

  /** All parts together, in whole nanoseconds. */
  get total(): Nanoseconds {
    return Object.values(this.#parts).reduce((sum, part) => sum + part, 0);
  }

  /** The parts for the report. */
  toReport(): DowntimeParts {
    const { pause, finalPages, state, resume, network } = this.#parts;
    return {
      pause: toMilliseconds(pause),
      finalPages: toMilliseconds(finalPages),
      state: toMilliseconds(state),
      resume: toMilliseconds(resume),
      network: toMilliseconds(network),
    };
  }
}

/** A guest that never stopped. */
export const NO_DOWNTIME: DowntimeParts = {
  pause: 0,
  finalPages: 0,
  state: 0,
  resume: 0,
  network: 0,
};
