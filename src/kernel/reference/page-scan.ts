import { PAGE_SIZE } from "../../units.js";
import type { PageScanExports, Pointer } from "../exports.js";
import { clearBit, setBit } from "./bits.js";

/** Whole pages: all zero, same. */
export function createPageScanExports(buffer: ArrayBuffer): PageScanExports {
  const memory = new Uint32Array(buffer);

  /** Sets the bits of the pages that have a property and clears the rest of the last word. */
  function markPages(out: Pointer, pages: number, has: (index: number) => boolean): number {
    let marked = 0;
    for (let index = 0; index < 64 * Math.ceil(pages / 64); index++) {
      clearBit(memory, out, index);
      if (index < pages && has(index)) marked += Number(setBit(memory, out, index));
    }
    return marked;
  }

  return {
    pageIsZero: (page) => Number(isZero(memory, page)),
    zeroPages: (base, pages, out) =>
      markPages(out, pages, (index) => isZero(memory, base + index * PAGE_SIZE)),
    differingPages: (a, b, pages, out) =>
      markPages(out, pages, (index) => {
        return differ(memory, a + index * PAGE_SIZE, b + index * PAGE_SIZE);
      }),
  };
}

/** Whether all 4096 bytes of a page are zero. */
export function isZero(memory: Uint32Array, page: Pointer): boolean {
  return memory.subarray(page / 4, (page + PAGE_SIZE) / 4).every((word) => word === 0);
}

function differ(memory: Uint32Array, a: Pointer, b: Pointer): boolean {
  for (let offset = 0; offset < PAGE_SIZE / 4; offset++) {
    if (memory[a / 4 + offset] !== memory[b / 4 + offset]) return true;
  }
  return false;
}
