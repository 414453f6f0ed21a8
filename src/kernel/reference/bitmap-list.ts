import type { BitmapListExports } from "../exports.js";
import { setPages } from "./bits.js";

/** The marked pages as a list; found without the summary, which only says where to look first. */
export function createBitmapListExports(buffer: ArrayBuffer): BitmapListExports {
  const memory = new Uint32Array(buffer);
  return {
    bitmapList(bitmap, _summary, from, to, out, max) {
      let listed = 0;
      if (max === 0) return 0;
      for (const page of setPages(memory, bitmap, from, to)) {
        memory[out / 4 + listed] = page;
        if (++listed === max) break;
      }
      return listed;
    },
  };
}
