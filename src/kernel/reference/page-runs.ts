import { PAGE_SIZE } from "../../units.js";
import type { PageRunsExports } from "../exports.js";

/** Where two versions of a page differ. */
export function createPageRunsExports(buffer: ArrayBufferLike): PageRunsExports {
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  return {
    changedRuns(old, page, out) {
      const runs = runsOf(
        bytes.subarray(old, old + PAGE_SIZE),
        bytes.subarray(page, page + PAGE_SIZE),
      );
      for (const [index, { start, end }] of runs.entries()) {
        view.setUint16(out + 4 * index, start, true);
        view.setUint16(out + 4 * index + 2, end, true);
      }
      return runs.length;
    },
  };
}

/** The maximal runs of changed bytes, as [start, end). */
export function runsOf(old: Uint8Array, page: Uint8Array): { start: number; end: number }[] {
  const runs: { start: number; end: number }[] = [];
  for (let start = 0; start < PAGE_SIZE; start++) {
    if (old[start] === page[start]) continue;
    let end = start;
    while (end < PAGE_SIZE && old[end] !== page[end]) end++;
    runs.push({ start, end });
    start = end;
  }
  return runs;
}
