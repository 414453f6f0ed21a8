import type { BitmapHarvestExports } from "../exports.js";
import { BLOCK_PAGES, clearBit, setBit, setPages } from "./bits.js";

/** A dirty log is taken in. */
export function createBitmapHarvestExports(buffer: ArrayBuffer): BitmapHarvestExports {
  const memory = new Uint32Array(buffer);
  return {
    bitmapHarvest(log, logSummary, into, intoSummary, words) {
      let marked = 0;
      for (const page of setPages(memory, log, 0, 64 * words)) {
        clearBit(memory, log, page);
        marked += Number(setBit(memory, into, page));
      }
      if (logSummary === 0) return marked;
      // What was noted moves, whether or not something is marked there still.
      for (const block of setPages(memory, logSummary, 0, Math.ceil((64 * words) / BLOCK_PAGES))) {
        clearBit(memory, logSummary, block);
        if (intoSummary !== 0) setBit(memory, intoSummary, block);
      }
      return marked;
    },
  };
}
