import type { Bytes, Milliseconds } from "../units.js";

/** A person does not see the difference, and a message for each byte would cost more than the machine. */
const FLUSH_AFTER: Milliseconds = 5;
const CAPACITY: Bytes = 4096;

/** Gathers what a machine prints byte by byte. */
export class Transcript {
  readonly #told: (bytes: Uint8Array) => void;
  readonly #bytes = new Uint8Array(CAPACITY);
  #length = 0;
  #timer: NodeJS.Timeout | null = null;

  /** @param told - Hears of bytes soon after they were printed. */
  constructor(told: (bytes: Uint8Array) => void) {
    this.#told = told;
  }

  add(byte: number): void {
    this.#bytes[this.#length] = byte;
    this.#length += 1;
    if (this.#length === CAPACITY) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_AFTER);
  }

  /** Tells what there is. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#length === 0) return;
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    this.#told(bytes);
  }
}
