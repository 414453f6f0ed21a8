import type { BitmapExports, Pointer } from "../exports.js";
import { clearBit, hasBit, markPage, setPages } from "./bits.js";

/** Bitmaps that change. */
export function createBitmapExports(buffer: ArrayBuffer): BitmapExports {
  const memory = new Uint32Array(buffer);

  /** into[i] = combine(into[i], from[i]) for every 32-bit word of `words` 64-bit ones. */
  function combineWords(
    into: Pointer,
    from: Pointer,
    words: number,
    combine: (into: number, from: number) => number,
  ): void {
    for (let index = 0; index < 2 * words; index++) {
      const a = memory[into / 4 + index] as number;
      const b = memory[from / 4 + index] as number;
      memory[into / 4 + index] = combine(a, b);
    }
  }

  return {
    bitmapMark: (bitmap, summary, page) => Number(markPage(memory, bitmap, summary, page)),
    bitmapClear: (bitmap, page) => Number(clearBit(memory, bitmap, page)),
    bitmapHas: (bitmap, page) => Number(hasBit(memory, bitmap, page)),

    bitmapMarkRange(bitmap, summary, from, to) {
      let marked = 0;
      for (let page = from; page < to; page++) {
        marked += Number(markPage(memory, bitmap, summary, page));
      }
      return marked;
    },
    bitmapClearRange(bitmap, from, to) {
      let cleared = 0;
      for (const page of setPages(memory, bitmap, from, to)) {
        cleared += Number(clearBit(memory, bitmap, page));
      }
      return cleared;
    },
    bitmapMarkList(bitmap, summary, list, count) {
      for (const page of memory.subarray(list / 4, list / 4 + count)) {
        markPage(memory, bitmap, summary, page);
      }
    },
    bitmapFirstOfList(bitmap, list, count) {
      const pages = memory.subarray(list / 4, list / 4 + count);
      const index = pages.findIndex((page) => hasBit(memory, bitmap, page));
      return index < 0 ? count : index;
    },

    bitmapOr: (into, from, words) => combineWords(into, from, words, (a, b) => a | b),
    bitmapAnd: (into, from, words) => combineWords(into, from, words, (a, b) => a & b),
    bitmapAndNot: (into, from, words) => combineWords(into, from, words, (a, b) => a & ~b),

    bitmapAndRange(into, mask, from, to) {
      let cleared = 0;
      for (const page of setPages(memory, into, from, to)) {
        if (!hasBit(memory, mask, page)) cleared += Number(clearBit(memory, into, page));
      }
      return cleared;
    },
  };
}
