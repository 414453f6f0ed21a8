import { PAGE_SIZE } from "../../units.js";
import type { PageDeltaExports } from "../exports.js";
import { runsOf } from "./page-runs.js";

/** XBZRLE, run by run. */
export function createPageDeltaExports(buffer: ArrayBuffer): PageDeltaExports {
  const bytes = new Uint8Array(buffer);
  return {
    deltaEncode(old, page, out, limit) {
      const before = bytes.subarray(old, old + PAGE_SIZE);
      const after = bytes.subarray(page, page + PAGE_SIZE);
      const runs = runsOf(before, after);
      const encoded = encodeRuns(runs, after);
      // QEMU wants room for the lengths of one more pair unless the page ends with a run.
      const needed = runs.at(-1)?.end === PAGE_SIZE ? encoded.length : encoded.length + 2;
      if (needed > limit) return -1;
      bytes.set(encoded, out);
      return encoded.length;
    },
    deltaDecode: (delta, length, page) =>
      decodePage(bytes.subarray(delta, delta + length), bytes.subarray(page, page + PAGE_SIZE)),
  };
}

/** The runs that turn a page into `page`; nothing when there are none. */
function encodeRuns(runs: ReturnType<typeof runsOf>, page: Uint8Array): number[] {
  const encoded: number[] = [];
  let position = 0;
  for (const { start, end } of runs) {
    encoded.push(...lengthBytes(start - position), ...lengthBytes(end - start));
    encoded.push(...page.subarray(start, end));
    position = end;
  }
  return encoded;
}

function lengthBytes(length: number): number[] {
  return length < 128 ? [length] : [(length & 127) | 128, length >> 7];
}

/** Writes the changed runs into `page`; the position after the last one, or -1 when the delta is damaged. */
function decodePage(delta: Uint8Array, page: Uint8Array): number {
  let at = 0;
  let position = 0;

  /** The next length, or -1 when it is cut off or longer than two bytes. */
  function readLength(): number {
    const low = delta[at++] ?? -1;
    if (low < 128) return low;
    const high = delta[at++] ?? -1;
    return high < 0 || high >= 128 ? -1 : (low & 127) | (high << 7);
  }

  while (at < delta.length) {
    const isFirst = at === 0;
    const kept = readLength();
    if (kept < 0 || (kept === 0 && !isFirst)) return -1;
    const count = readLength();
    if (count <= 0) return -1;
    position += kept + count;
    if (position > PAGE_SIZE || at + count > delta.length) return -1;
    page.set(delta.subarray(at, at + count), position - count);
    at += count;
  }
  return position;
}
