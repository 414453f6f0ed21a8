/** Bytes that wait in a queue beyond this hold up whoever brings more. */
const FULL_BYTES = 4 * 2 ** 20;

/** Chunks handed from one loop to another; reading it once reads it to its end. */
export class ByteQueue implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isClosed = false;
  #isAbandoned = false;
  #onChange: (() => void)[] = [];

  /** Adds a chunk, and waits while more are there than should be. */
  async push(chunk: Uint8Array): Promise<void> {
    if (this.#isAbandoned) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#changed();
    while (this.#bytes > FULL_BYTES && !this.#isAbandoned) await this.#change();
  }

  /** No more will come. */
  close(): void {
    this.#isClosed = true;
    this.#changed();
  }

  /** Nobody reads any more: what comes is dropped. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#chunks.length = 0;
    this.#changed();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#bytes -= chunk.length;
        this.#changed();
        yield chunk;
      } else if (this.#isClosed || this.#isAbandoned) return;
      else await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#onChange.push(resolve));
  }

  #changed(): void {
    for (const resolve of this.#onChange.splice(0)) resolve();
  }
}
