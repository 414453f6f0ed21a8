import { assert, WireFormatError } from "../errors.js";

/** What a fill may reserve before a byte of it has come. */
const FIRST_RESERVE = 64 * 1024;
const NO_BYTES = new Uint8Array(0);

/**
 * Reads a stream of chunks by pulling. Whoever reads asks whether `available` suffices and awaits
 * {@link StreamReader.fill} only where it does not, so that loops over buffered bytes are synchronous.
 *
 * Chunks are used as they are: views into them are handed out, and only what straddles two chunks is
 * copied together. So memory is a chunk, plus the largest stretch that was asked for in one piece.
 */
export class StreamReader {
  /** The buffered bytes; what is unread begins at {@link StreamReader.position}. */
  bytes: Uint8Array = NO_BYTES;
  view: DataView = new DataView(NO_BYTES.buffer);
  /** Where reading goes on, in {@link StreamReader.bytes}. */
  position = 0;
  /** Offset in the stream of the first byte of {@link StreamReader.bytes}. */
  #origin: number;
  /** What is left of a chunk of which a part was copied away. */
  #rest: Uint8Array = NO_BYTES;
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #hasEnded = false;

  /**
   * @param chunks - The bytes as they come, such as a Node stream; empty chunks are skipped. A chunk must
   *   not change before the next one is asked for.
   * @param offset - Where in the whole the first chunk begins, for error messages.
   */
  constructor(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, offset = 0) {
    this.#chunks =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
    this.#origin = offset;
  }

  /** Bytes that can be read without waiting. */
  get available(): number {
    return this.bytes.length - this.position;
  }

  /** Whether the source has no more bytes than those that are available. */
  get hasEnded(): boolean {
    return this.#hasEnded && this.#rest.length === 0;
  }

  /** Offset in the stream of the next byte. */
  get offset(): number {
    return this.#origin + this.position;
  }

  /**
   * Waits until `count` bytes are available in one piece.
   *
   * @throws WireFormatError when the stream ends before; `what` names what was being read.
   */
  async fill(count: number, what: string): Promise<void> {
    while (this.available < count) {
      if (!(await this.#more(count))) {
        throw new WireFormatError(`the stream ends inside ${what}`, this.offset + this.available);
      }
    }
  }

  /** Waits for at least one byte; false where the stream ends instead. */
  async hasMore(): Promise<boolean> {
    return this.available > 0 || (await this.#more(1));
  }

  /** Waits until more is available than now; false where the stream ends instead. */
  extend(): Promise<boolean> {
    return this.#more(Math.max(2 * this.available, FIRST_RESERVE));
  }

  /** Reads over so many bytes. */
  async skip(count: number, what: string): Promise<void> {
    for (let left = count; left > 0; ) {
      if (this.available === 0) await this.fill(1, what);
      const step = Math.min(left, this.available);
      this.position += step;
      left -= step;
    }
  }

  /** Lets go of the source, whose iterator may then clean up. */
  async close(): Promise<void> {
    this.#hasEnded = true;
    await this.#chunks.return?.();
  }

  u8(): number {
    return this.view.getUint8(this.#step(1));
  }

  u16(): number {
    return this.view.getUint16(this.#step(2));
  }

  u32(): number {
    return this.view.getUint32(this.#step(4));
  }

  /** A 64-bit number. @throws WireFormatError where it has more than 53 bits. */
  u64(what: string): number {
    const at = this.offset;
    const high = this.u32();
    if (high > 0x1f_ffff) throw new WireFormatError(`${what} is beyond 2^53`, at);
    return high * 0x1_0000_0000 + this.u32();
  }

  /** A view of the next bytes, valid until the reader is asked for more. */
  take(count: number): Uint8Array {
    const at = this.#step(count);
    return this.bytes.subarray(at, at + count);
  }

  /** Text of one byte a character. */
  text(count: number): string {
    return latin1(this.take(count));
  }

  /** Waits for text that is led by its length in one byte, and reads it. */
  async shortText(what: string): Promise<string> {
    if (this.available < 1) await this.fill(1, what);
    const length = 1 + (this.bytes[this.position] as number);
    if (this.available < length) await this.fill(length, what);
    return this.text(this.u8());
  }

  #step(count: number): number {
    const at = this.position;
    assert(count <= this.available, "read beyond what was filled");
    this.position = at + count;
    return at;
  }

  /** Gets a piece of at most `wanted` bytes together, or one chunk where nothing is left over. */
  async #more(wanted: number): Promise<boolean> {
    const left = this.available;
    // What is left is copied before the next chunk is asked for.
    const joined = left > 0 ? this.#reserve(wanted) : NO_BYTES;
    if (this.#rest.length === 0 && !(await this.#pull())) {
      if (left > 0) this.#use(joined.subarray(0, left));
      return false;
    }
    if (left === 0) {
      this.#use(this.#rest);
      this.#rest = NO_BYTES;
      return true;
    }
    const part = this.#rest.subarray(0, joined.length - left);
    joined.set(part, left);
    this.#rest = this.#rest.subarray(part.length);
    this.#use(joined.subarray(0, left + part.length));
    return true;
  }

  #reserve(wanted: number): Uint8Array {
    const left = this.available;
    const unread = this.bytes.subarray(this.position);
    const size = Math.min(wanted, Math.max(2 * left, FIRST_RESERVE));
    // The buffer of the last joining may have room behind it already.
    const { buffer, byteOffset } = unread;
    if (this.#joined === buffer && byteOffset + size <= buffer.byteLength) {
      return new Uint8Array(buffer, byteOffset, size);
    }
    const joined = new Uint8Array(Math.max(size, Math.min(wanted, FIRST_RESERVE)));
    joined.set(unread);
    this.#joined = joined.buffer;
    return joined.subarray(0, size);
  }

  #joined: ArrayBufferLike | null = null;

  async #pull(): Promise<boolean> {
    while (!this.#hasEnded) {
      const next = await this.#chunks.next();
      if (next.done) this.#hasEnded = true;
      else if (next.value.length > 0) {
        // Node's Buffers, whose slice() is no copy, become plain arrays.
        const { buffer, byteOffset, length } = next.value;
        this.#rest = new Uint8Array(buffer, byteOffset, length);
        return true;
      }
    }
    return false;
  }

  #use(bytes: Uint8Array): void {
    this.#origin += this.position;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.position = 0;
  }
}

/** Bytes as text, one character each. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 4096) {
    text += String.fromCharCode(...bytes.subarray(start, start + 4096));
  }
  return text;
}
