import { assert } from "../errors.js";
import type { Bytes } from "../units.js";

/** What a frame that waits weighs beside its bytes, so that empty ones do not come without end. */
const FRAME_WEIGHT: Bytes = 64;

/** A channel's receiving end: frames that came and wait to be asked for, and whether more will. */
export class Inbox {
  /** Resolves when no more will come. */
  readonly closed: Promise<void>;
  readonly #frames: Uint8Array[] = [];
  readonly #onTaken: (frame: Uint8Array) => void;
  #bytes: Bytes = 0;
  #waiting: ((frame: Uint8Array | null) => void) | null = null;
  #isClosed = false;
  #isDropped = false;
  #failure: Error | undefined;
  #resolveClosed!: () => void;

  /** @param onTaken - Hears of every frame that was asked for, just before it is handed out. */
  constructor(onTaken: (frame: Uint8Array) => void = () => {}) {
    this.#onTaken = onTaken;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** Bytes that wait, and what it takes to keep them. */
  get bytes(): Bytes {
    return this.#bytes;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isAsked(): boolean {
    return this.#waiting !== null;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** A frame has come. */
  put(frame: Uint8Array): void {
    if (this.#isClosed) return;
    this.#frames.push(frame);
    this.#bytes += frame.length + FRAME_WEIGHT;
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    waiting(this.take() as Uint8Array);
  }

  /** The next frame that is there already; null when none will come, undefined when none has. */
  take(): Uint8Array | null | undefined {
    const frame = this.#frames.shift();
    if (frame === undefined) return this.#isClosed ? null : undefined;
    this.#bytes -= frame.length + FRAME_WEIGHT;
    this.#onTaken(frame);
    return frame;
  }

  /** The next frame; null when none will come. */
  receive(): Promise<Uint8Array | null> {
    assert(this.#waiting === null, "only one frame may be asked for at a time");
    const frame = this.take();
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** No more will come; what has come can still be asked for. Only the first end counts. */
  end(failure?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#failure = failure;
    this.#waiting?.(null);
    this.#waiting = null;
    this.#resolveClosed();
  }

  /**
   * As {@link Inbox.end}, and nobody will ask any more: also after the end, where what has come turns out to be wrong.
   *
   * @returns Whether this was the end.
   */
  drop(failure?: Error): boolean {
    const isEnd = !this.#isClosed;
    this.end(failure);
    if (!this.#isDropped) this.#failure ??= failure;
    this.#isDropped = true;
    this.#frames.length = 0;
    this.#bytes = 0;
    return isEnd;
  }
}
