import { Decompress } from "fzstd";
import { WireFormatError } from "../errors.js";

const FRAME_MAGIC = 0xfd2fb528;
/** The largest window accepted, that of compression level 19; the decompressor keeps one per channel. */
const MAX_WINDOW = 8 * 1024 * 1024;
/** Blocks a packet may be cut into. They have up to 128 KiB, and an encoder starts few more than it must. */
const MAX_BLOCKS = 1024;
/** Empty blocks: the decompressor looks at a frame's head only when it has 18 bytes. */
const EMPTY_BLOCKS = new Uint8Array(18);

/** The Zstandard stream of a multifd channel: one for the whole migration, flushed at each packet's end. */
export class ZstdChannel {
  readonly #stream: Decompress;
  #headRead = false;
  #whole: Uint8Array = new Uint8Array(0);
  #filled = 0;
  #blocks = 0;

  constructor() {
    this.#stream = new Decompress((part) => this.#append(part));
  }

  /** @throws WireFormatError unless the packet makes exactly `length` bytes. */
  decompress(packet: Uint8Array, length: number, at: number): Uint8Array {
    this.#whole = new Uint8Array(length);
    this.#filled = 0;
    this.#blocks = 0;
    try {
      this.#push(packet, at);
    } catch (cause) {
      if (cause instanceof WireFormatError) throw cause;
      throw new WireFormatError("damaged zstd data", at, { cause });
    }
    if (this.#filled !== length) throw new WireFormatError("damaged zstd data", at);
    return this.#whole;
  }

  #push(packet: Uint8Array, at: number): void {
    // The decompressor keeps pieces of what it is given.
    const bytes = packet.slice();
    if (this.#headRead) {
      this.#stream.push(bytes);
      return;
    }
    this.#headRead = true;
    const head = frameHead(bytes, at);
    const start = new Uint8Array(head + EMPTY_BLOCKS.length);
    start.set(bytes.subarray(0, head));
    this.#stream.push(start);
    if (bytes.length > head) this.#stream.push(bytes.subarray(head));
  }

  #append(part: Uint8Array): void {
    this.#blocks++;
    if (part.length > this.#whole.length - this.#filled || this.#blocks > MAX_BLOCKS) {
      throw new RangeError("more than the packet's pages");
    }
    this.#whole.set(part, this.#filled);
    this.#filled += part.length;
  }
}

/** Length of the frame's head. @throws WireFormatError for what no source sends, and for windows too large. */
function frameHead(bytes: Uint8Array, at: number): number {
  if (bytes.length < 6) throw new WireFormatError("damaged zstd data", at);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const flags = view.getUint8(4);
  // A stream has a window, neither a dictionary nor a length that is known before.
  if (view.getUint32(0, true) !== FRAME_MAGIC || (flags & ~4) !== 0) {
    throw new WireFormatError("no head of a zstd stream", at);
  }
  const descriptor = view.getUint8(5);
  const base = 2 ** (10 + (descriptor >> 3));
  const window = base + (base / 8) * (descriptor & 7);
  if (window > MAX_WINDOW) {
    throw new WireFormatError(`a zstd window of ${window} bytes, more than ${MAX_WINDOW}`, at);
  }
  return 6;
}
