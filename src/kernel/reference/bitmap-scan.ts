import type { BitmapScanExports, Pointer } from "../exports.js";
import { hasBit, setPages } from "./bits.js";

/** Questions to a bitmap. They are answered without the summary, which only says where to look first. */
export function createBitmapScanExports(buffer: ArrayBuffer): BitmapScanExports {
  const memory = new Uint32Array(buffer);
  const doubles = new Float64Array(buffer);

  /** The maximal runs of [from, to), as [start, end). */
  function* runsOf(bitmap: Pointer, from: number, to: number): Generator<[number, number]> {
    let start = -1;
    let end = -1;
    for (const page of setPages(memory, bitmap, from, to)) {
      if (page !== end) {
        if (start >= 0) yield [start, end];
        start = page;
      }
      end = page + 1;
    }
    if (start >= 0) yield [start, end];
  }

  return {
    bitmapCount(bitmap, _summary, from, to) {
      let count = 0;
      for (const _page of setPages(memory, bitmap, from, to)) count++;
      return count;
    },
    bitmapNext(bitmap, _summary, from, to) {
      for (const page of setPages(memory, bitmap, from, to)) return page;
      return to;
    },
    bitmapPrevious(bitmap, from, to) {
      for (let page = to - 1; page >= from; page--) {
        if (hasBit(memory, bitmap, page)) return page;
      }
      return -1;
    },
    bitmapCountRuns(bitmap, _summary, from, to) {
      let runs = 0;
      for (const _run of runsOf(bitmap, from, to)) runs++;
      return runs;
    },
    bitmapRuns(bitmap, _summary, from, to, out, max) {
      let runs = 0;
      if (max === 0) return 0;
      for (const run of runsOf(bitmap, from, to)) {
        doubles.set(run, out / 8 + 2 * runs);
        if (++runs === max) break;
      }
      return runs;
    },
  };
}
