import { Inflate as InflateStream, inflateSync } from "fflate";
import { WireFormatError } from "../errors.js";
import { PAGE_SIZE } from "../units.js";

/** Turns a whole zlib stream into the one page it holds; the page is valid until the next call. */
export type Inflate = (bytes: Uint8Array, at: number) => Uint8Array;

/** Head and checksum of zlib's container. */
const ZLIB_HEAD = 2;
const ZLIB_TAIL = 4;
/** Deflate makes at most 1032 bytes of one, so this much makes at most 32 MiB. */
const SLICE = 32 * 1024;

// One more byte than a page shows what would be too long.
const room = new Uint8Array(PAGE_SIZE + 1);

/** Decompresses a page of the `compress` capability. @throws WireFormatError when it is damaged. */
export const inflatePage: Inflate = (bytes, at) => {
  checkZlibHead(bytes, at);
  if (bytes.length < ZLIB_HEAD + ZLIB_TAIL) throw damaged(at);
  const end = bytes.length - ZLIB_TAIL;
  const page = guarded(at, () => inflateSync(bytes.subarray(ZLIB_HEAD, end), { out: room }));
  const sum = new DataView(bytes.buffer, bytes.byteOffset + end, ZLIB_TAIL).getUint32(0);
  if (page.length !== PAGE_SIZE || adler32(page) !== sum) throw damaged(at);
  return page;
};

/** The zlib stream of a multifd channel: one for the whole migration, flushed at each packet's end. */
export class ZlibChannel {
  readonly #stream: InflateStream;
  #headRead = false;
  #parts: Uint8Array[] = [];

  constructor() {
    this.#stream = new InflateStream((part) => this.#parts.push(part));
  }

  /** @throws WireFormatError unless the packet makes exactly `length` bytes. */
  decompress(packet: Uint8Array, length: number, at: number): Uint8Array {
    let from = 0;
    if (!this.#headRead) {
      checkZlibHead(packet, at);
      this.#headRead = true;
      from = ZLIB_HEAD;
    }
    const whole = new Uint8Array(length);
    let filled = 0;
    for (; from < packet.length; from += SLICE) {
      guarded(at, () => this.#stream.push(packet.subarray(from, from + SLICE)));
      for (const part of this.#parts) {
        if (part.length > length - filled) throw damaged(at);
        whole.set(part, filled);
        filled += part.length;
      }
      this.#parts = [];
    }
    if (filled !== length) throw damaged(at);
    return whole;
  }
}

function checkZlibHead(bytes: Uint8Array, at: number): void {
  const [method = 0, flags = 0] = bytes;
  const isZlib = (method & 15) === 8 && method >> 4 <= 7 && (method * 256 + flags) % 31 === 0;
  // The sixth bit asks for a dictionary, which nobody has.
  if (!isZlib || (flags & 32) !== 0) throw damaged(at);
}

function guarded<T>(at: number, decompress: () => T): T {
  try {
    return decompress();
  } catch (cause) {
    throw new WireFormatError("damaged zlib data", at, { cause });
  }
}

function damaged(at: number): WireFormatError {
  return new WireFormatError("damaged zlib data", at);
}

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  // A page's sums stay below 2^53; the remainder is taken once.
  for (const byte of bytes) {
    a += byte;
    b += a;
  }
  return ((b % 65521) * 65536 + (a % 65521)) >>> 0;
}
