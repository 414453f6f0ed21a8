import type { RamBlock } from "../qemu/ram-blocks.js";
import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";
import type { DiskImage } from "./disk-image.js";

/** A page of the host that was asked for and has not come. */
export interface PageRequest {
  readonly block: RamBlock;
  readonly start: Bytes;
  readonly length: Bytes;
}

/** What a post-copy target has asked for and still waits for. */
export class PageRequests {
  readonly #open = new Map<string, PageRequest>();
  #asked = 0;

  /** How many were asked for, those that have come included. */
  get asked(): number {
    return this.#asked;
  }

  /** Those that are still to come. */
  get open(): readonly PageRequest[] {
    return [...this.#open.values()];
  }

  /** Chooses `count` of the pages that are missing, evenly over the memory, and remembers them. */
  choose(image: DiskImage, count: PageCount): readonly PageRequest[] {
    const chosen: PageRequest[] = [];
    const stride = Math.max(1, Math.floor(image.missing / Math.max(1, count)));
    let seen = 0;
    for (const { block, missing } of image.missingPages) {
      const length = block.hostPageSize ?? PAGE_SIZE;
      for (let page = missing.next(0); page >= 0; page = missing.next(page + 1)) {
        if (seen++ % stride !== 0 || chosen.length >= count) continue;
        const start = Math.floor((page * PAGE_SIZE) / length) * length;
        const request = { block, start, length };
        const key = keyOf(block, start);
        if (this.#open.has(key)) continue;
        this.#open.set(key, request);
        chosen.push(request);
      }
    }
    this.#asked += chosen.length;
    return chosen;
  }

  /** A page has come. */
  arrived(block: RamBlock, offset: Bytes): void {
    if (this.#open.size === 0) return;
    const length = block.hostPageSize ?? PAGE_SIZE;
    this.#open.delete(keyOf(block, Math.floor(offset / length) * length));
  }
}

function keyOf({ index }: RamBlock, start: Bytes): string {
  return `${index} ${start}`;
}
