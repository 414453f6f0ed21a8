import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";

/** A bit for each page of a block, in the order of QEMU's bitmaps: page i is bit i % 8 of byte i / 8. */
export class PageBits {
  /** Whole words of 64 pages. */
  readonly bytes: Uint8Array;
  #count: PageCount = 0;

  constructor(blockBytes: Bytes) {
    this.bytes = new Uint8Array(Math.ceil(blockBytes / PAGE_SIZE / 64) * 8);
  }

  /** Bits that are set. */
  get count(): PageCount {
    return this.#count;
  }

  has(page: number): boolean {
    return (((this.bytes[page >>> 3] as number) >> (page & 7)) & 1) === 1;
  }

  set(page: number): void {
    if (this.has(page)) return;
    this.bytes[page >>> 3] = (this.bytes[page >>> 3] as number) | (1 << (page & 7));
    this.#count++;
  }

  clear(page: number): void {
    if (!this.has(page)) return;
    this.bytes[page >>> 3] = (this.bytes[page >>> 3] as number) & ~(1 << (page & 7));
    this.#count--;
  }

  /** The first page from `from` on that is set, or -1. */
  next(from: number): number {
    for (let page = from; page < 8 * this.bytes.length; ) {
      const rest = (this.bytes[page >>> 3] as number) >> (page & 7);
      if (rest !== 0) return page + 31 - Math.clz32(rest & -rest);
      page = (page | 7) + 1;
    }
    return -1;
  }
}
