import type { Bytes } from "../units.js";

interface Waiting {
  readonly bytes: Bytes;
  readonly resolve: () => void;
}

/** A channel's sending end: how many bytes were sent and have not left, and who waits for them to leave. */
export class Outbox {
  #buffered: Bytes = 0;
  #waiting: Waiting[] = [];
  #isClosed = false;

  get buffered(): Bytes {
    return this.#buffered;
  }

  /** Whether somebody waits. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** Bytes were given to be sent. */
  add(bytes: Bytes): void {
    if (!this.#isClosed) this.#buffered += bytes;
  }

  /** Bytes have left. */
  leave(bytes: Bytes): void {
    this.#buffered = Math.max(0, this.#buffered - bytes);
    this.#settle();
  }

  /** Resolves when fewer than `bytes` are there, and when it closes. */
  drained(bytes: Bytes): Promise<void> {
    if (this.#isClosed || this.#buffered < bytes) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ bytes, resolve });
    });
  }

  /** Nobody need wait any more. */
  close(): void {
    this.#isClosed = true;
    this.#buffered = 0;
    this.#settle();
  }

  #settle(): void {
    if (this.#waiting.length === 0) return;
    const isDone = ({ bytes }: Waiting): boolean => this.#isClosed || this.#buffered < bytes;
    const done = this.#waiting.filter(isDone);
    this.#waiting = this.#waiting.filter((one) => !isDone(one));
    for (const { resolve } of done) resolve();
  }
}
