import type { Bytes } from "../units.js";

/** The last bytes that a machine printed. */
export class OutputRing {
  readonly #bytes: Uint8Array;
  #written = 0;

  /** @param capacity - How many bytes are kept. */
  constructor(capacity: Bytes) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Adds bytes; the oldest make room for them. */
  add(bytes: Uint8Array): void {
    const capacity = this.#bytes.length;
    const kept = bytes.subarray(Math.max(0, bytes.length - capacity));
    this.#written += bytes.length - kept.length;
    const at = this.#written % capacity;
    const first = kept.subarray(0, capacity - at);
    this.#bytes.set(first, at);
    this.#bytes.set(kept.subarray(first.length), 0);
    this.#written += kept.length;
  }

  /** A copy of all that is kept, the oldest byte first. */
  read(): Uint8Array {
    const capacity = this.#bytes.length;
    if (this.#written <= capacity) return this.#bytes.slice(0, this.#written);
    const at = this.#written % capacity;
    const all = new Uint8Array(capacity);
    all.set(this.#bytes.subarray(at), 0);
    all.set(this.#bytes.subarray(0, at), capacity - at);
    return all;
  }
}
