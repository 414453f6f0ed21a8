import type { BytesPerSecond } from "../units.js";

/** Bytes that may pass at once after a pause, as a length of time. */
const BURST_MS = 20;

/** Lets bytes pass at a rate, all channels together. */
export class Pacer {
  readonly #bytesPerMs: number;
  /** When what has passed would have passed at an even pace, ms. */
  #dueMs = 0;

  /** @param rate - Bytes per second; infinite for no limit. */
  constructor(rate: BytesPerSecond) {
    this.#bytesPerMs = rate / 1000;
  }

  /** Counts bytes that pass, and waits until they may. */
  async pass(bytes: number): Promise<void> {
    if (!Number.isFinite(this.#bytesPerMs)) return;
    const now = performance.now();
    this.#dueMs = Math.max(this.#dueMs, now - BURST_MS) + bytes / this.#bytesPerMs;
    const waitMs = this.#dueMs - now;
    if (waitMs > 0) await new Promise((resume) => setTimeout(resume, waitMs));
  }
}
