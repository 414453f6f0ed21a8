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
    let present = 0;
    for (let byte of this.#received) for (; byte !== 0; byte &= byte - 1) present++;
    return this.block.length / PAGE_SIZE - present;
  }

  has(offset: number): boolean {
    const page = offset / PAGE_SIZE;
    return (((this.#received[page >> 3] as number) >> (page & 7)) & 1) === 1;
  }

  /** A view of a page's bytes; null where nothing but zeros was ever written near it. */
  read(offset: number): Uint8Array | null {
    const piece = this.#pieces[Math.floor(offset / PIECE)];
    if (piece === undefined) return null;
    const at = offset % PIECE;
    return piece.subarray(at, at + PAGE_SIZE);
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
    for (let offset = start; offset < start + length; offset += PAGE_SIZE) {
      const page = offset / PAGE_SIZE;
      this.#received[page >> 3] = (this.#received[page >> 3] as number) & ~(1 << (page & 7));
      this.read(offset)?.fill(0);
    }
  }

  #mark(offset: number): void {
    const page = offset / PAGE_SIZE;
    this.#received[page >> 3] = (this.#received[page >> 3] as number) | (1 << (page & 7));
  }
}
