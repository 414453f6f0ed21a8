import { WireFormatError } from "../errors.js";
import type { Bytes } from "../units.js";

/** Bytes as the caller has them: all at once, or as they arrive. */
export type ByteInput = Uint8Array | ReadableStream<Uint8Array>;

/**
 * Compressed bytes are fed to the decompressor in slices of this size, one at a time. A decompressor may
 * hand over all that a slice holds before it looks up, and deflate expands at most 1032-fold: 16 KiB in
 * is 16 MiB out.
 */
const SLICE_BYTES = 16 * 1024;

/**
 * Decompressed bytes of a gzip file, read in order and never further than asked for, so that a file that
 * expands beyond what its reader expects is left where it stands.
 */
export class GunzipSource {
  /** Position in the decompressed data: bytes handed out so far. */
  offset: Bytes = 0;
  readonly #file: string;
  readonly #feed: GunzipFeed;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  /** `file` names the input in errors. Nothing throws before the first read. */
  constructor(file: string, compressed: ByteInput) {
    const gunzip = new DecompressionStream("gzip") as unknown as GunzipPair;
    this.#file = file;
    this.#feed = new GunzipFeed(compressed, gunzip.writable.getWriter());
    this.#reader = gunzip.readable.getReader();
  }

  /** Fills `into`; answers how many bytes it could, fewer than asked for only at the end of the data. */
  async fill(into: Uint8Array): Promise<Bytes> {
    let filled = 0;
    while (filled < into.length) {
      if (this.#chunk.length === 0 && !(await this.#next())) break;
      const part = this.#chunk.subarray(0, into.length - filled);
      into.set(part, filled);
      this.#chunk = this.#chunk.subarray(part.length);
      filled += part.length;
      this.offset += part.length;
    }
    return filled;
  }

  /** Fills `into` whole, or says that the data ends early; `what` names what the bytes are. */
  async fillWhole(into: Uint8Array, what: string): Promise<void> {
    const filled = await this.fill(into);
    if (filled < into.length) {
      this.fail(`ends within ${what}: expected ${into.length} bytes, found ${filled}`, this.offset);
    }
  }

  /** Says that there is more data than expected, if there is. */
  async expectEnd(expected: string): Promise<void> {
    if (this.#chunk.length > 0 || (await this.#next())) {
      this.fail(`goes on beyond ${expected}`, this.offset);
    }
  }

  /**
   * Lets go of the input; what was not read stays unread. The decompressor is starved, not cancelled:
   * Node 20's throws where nobody can catch it when it is cancelled with output at hand.
   */
  async close(): Promise<void> {
    await this.#feed.stop();
  }

  /** Throws a {@link WireFormatError} that names the file. */
  fail(problem: string, offset: Bytes, options?: ErrorOptions): never {
    throw new WireFormatError(`${this.#file}: ${problem}`, offset, options);
  }

  async #next(): Promise<boolean> {
    this.#feed.start();
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (this.#feed.failure !== null) throw this.#feed.failure.cause;
        if (done) return false;
        if (value.length > 0) {
          this.#chunk = value;
          return true;
        }
      }
    } catch (error) {
      const { failure } = this.#feed;
      const problem = failure ? "the file could not be read" : "damaged or truncated gzip data";
      return this.fail(problem, this.offset, { cause: failure?.cause ?? error });
    }
  }
}

interface GunzipPair {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/**
 * Hands the input to the decompressor, a slice at a time and the next only when the last is used up.
 * `pipeThrough` would do but for its queue, which in Node 20 takes 16384 slices before it pushes back.
 */
class GunzipFeed {
  /** Why the input could not be read; the decompressor then sees it end early. */
  failure: { readonly cause: unknown } | null = null;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #input: ByteInput;
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  #isRunning = false;
  #isStopped = false;

  constructor(input: ByteInput, writer: WritableStreamDefaultWriter<Uint8Array>) {
    this.#input = input;
    this.#writer = writer;
    // Damaged data fails the writer too; the reader of the other end reports it.
    writer.closed.catch(() => undefined);
  }

  start(): void {
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    this.#run().catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#input instanceof Uint8Array) return;
    await (this.#reader ?? this.#input).cancel().catch(() => undefined);
  }

  async #run(): Promise<void> {
    if (this.#input instanceof Uint8Array) {
      await this.#write(this.#input);
    } else {
      this.#reader = this.#input.getReader();
      for (let next = await this.#read(); next !== null; next = await this.#read()) {
        await this.#write(next);
      }
    }
    if (!this.#isStopped) await this.#writer.close();
  }

  async #read(): Promise<Uint8Array | null> {
    try {
      const next = await this.#reader?.read();
      return next?.value ?? null;
    } catch (cause) {
      this.failure = { cause };
      return null;
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length && !this.#isStopped; from += SLICE_BYTES) {
      await this.#writer.write(bytes.subarray(from, from + SLICE_BYTES));
    }
  }
}
