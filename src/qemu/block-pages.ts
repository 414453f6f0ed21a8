import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";
import type { RamBlock } from "./ram-blocks.js";

/** Memory is taken in pieces of 64 pages, where one of them is not zero. */
const PIECE = 64 * PAGE_SIZE;

/** The pages of one memory block: sparse, and with the knowledge which of them have come. */
export class BlockPages {
  readonly block: RamBlock;
  readonly #pieces: (Uint8Array | undefined)[] = [];
  /** A bit for each page, in the order of QEMU's bitmaps: page i is bit i % 8 of byte i / 8. */
  readonly #received: Uint8Array;
  /** Pages that were discarded and have not come again; null before the first discard. */
  #discarded: Uint8Array | null = null;

  constructor(block: RamBlock) {
    this.block = block;
    this.#received = new Uint8Array(Math.ceil(block.length / PAGE_SIZE / 64) * 8);
  }

  /** Which pages have come, as a target tells it when a broken post-copy is taken up: whole words of 64 pages. */
  get received(): Uint8Array {
    return this.#received;
  }

  /** Pages that have not come, or were discarded since. */
  get missing(): PageCount {
    return this.block.length / PAGE_SIZE - countBits(this.#received);
  }

  /** Pages that a post-copy discarded and never sent again. */
  get outstanding(): PageCount {
    return this.#discarded === null ? 0 : countBits(this.#discarded);
  }

  has(offset: number): boolean {
    const page = offset / PAGE_SIZE;
    return (((this.#received[page >>> 3] as number) >> (page & 7)) & 1) === 1;
  }

  /** A view of a page's bytes; null where nothing but zeros was ever written near it. */
  read(offset: number): Uint8Array | null {
    const piece = this.#pieces[Math.floor(offset / PIECE)];
    if (piece === undefined) return null;
    const at = offset % PIECE;
    return piece.subarray(at, at + PAGE_SIZE);
  }

  /** The memory in stretches of up to 64 pages; null where nothing but zeros was ever written. */
  *pieces(): Generator<{ readonly offset: number; readonly bytes: Uint8Array | null }> {
    for (let offset = 0; offset < this.block.length; offset += PIECE) {
      yield { offset, bytes: this.#pieces[offset / PIECE] ?? null };
    }
  }

  /** A view of a page that is to be written; it counts as received. */
  writable(offset: number): Uint8Array {
    this.#mark(offset);
    const index = Math.floor(offset / PIECE);
    let piece = this.#pieces[index];
    if (piece === undefined) {
      piece = new Uint8Array(Math.min(PIECE, this.block.length - index * PIECE));
      this.#pieces[index] = piece;
    }
    const at = offset % PIECE;
    return piece.subarray(at, at + PAGE_SIZE);
  }

  /** Receives a page of zeros. */
  clear(offset: number): void {
    this.#mark(offset);
    this.read(offset)?.fill(0);
  }

  /** Forgets pages, which are zero until they come again. */
  discard(start: number, length: Bytes): void {
    this.announce(start, length);
    const end = start + length;
    setBits(this.#received, start / PAGE_SIZE, end / PAGE_SIZE, false);
    for (let at = start; at < end; ) {
      const index = Math.floor(at / PIECE);
      const next = Math.min(end, (index + 1) * PIECE);
      if (next - at === PIECE) this.#pieces[index] = undefined;
      else this.#pieces[index]?.fill(0, at - index * PIECE, next - index * PIECE);
      at = next;
    }
  }

  /** Takes note that pages will come again, and keeps what is known of them until then. */
  announce(start: number, length: Bytes): void {
    this.#discarded ??= new Uint8Array(this.#received.length);
    setBits(this.#discarded, start / PAGE_SIZE, (start + length) / PAGE_SIZE, true);
  }

  #mark(offset: number): void {
    const page = offset / PAGE_SIZE;
    const bit = 1 << (page & 7);
    this.#received[page >>> 3] = (this.#received[page >>> 3] as number) | bit;
    if (this.#discarded === null) return;
    this.#discarded[page >>> 3] = (this.#discarded[page >>> 3] as number) & ~bit;
  }
}

function countBits(bytes: Uint8Array): number {
  let count = 0;
  for (let byte of bytes) for (; byte !== 0; byte &= byte - 1) count++;
  return count;
}

/** Sets or clears the bits [from, to), whole bytes at once. */
function setBits(bytes: Uint8Array, from: number, to: number, isSet: boolean): void {
  const change = (page: number): void => {
    const bit = 1 << (page & 7);
    const byte = bytes[page >>> 3] as number;
    bytes[page >>> 3] = isSet ? byte | bit : byte & ~bit;
  };
  const [firstByte, lastByte] = [Math.ceil(from / 8), Math.floor(to / 8)];
  if (firstByte >= lastByte) {
    for (let page = from; page < to; page++) change(page);
    return;
  }
  for (let page = from; page < firstByte * 8; page++) change(page);
  bytes.fill(isSet ? 0xff : 0, firstByte, lastByte);
  for (let page = lastByte * 8; page < to; page++) change(page);
}
