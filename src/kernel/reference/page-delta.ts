import { PAGE_SIZE } from "../../units.js";
import type { PageDeltaExports } from "../exports.js";

/** XBZRLE, run by run. */
export function createPageDeltaExports(buffer: ArrayBuffer): PageDeltaExports {
  const bytes = new Uint8Array(buffer);
  return {
    deltaEncode(old, page, out, limit) {
      const encoded = encodePage(
        bytes.subarray(old, old + PAGE_SIZE),
        bytes.subarray(page, page + PAGE_SIZE),
      );
      if (encoded.length > limit) return -1;
      bytes.set(encoded, out);
      return encoded.length;
    },
    deltaDecode: (delta, length, page) =>
      decodePage(bytes.subarray(delta, delta + length), bytes.subarray(page, page + PAGE_SIZE)),
  };
}

/** The runs that turn `old` into `page`; none when they are equal. */
function encodePage(old: Uint8Array, page: Uint8Array): number[] {
  const encoded: number[] = [];
  for (let position = 0; position < PAGE_SIZE; ) {
    const start = runEnd(old, page, position, true);
    const end = runEnd(old, page, start, false);
    if (start === end) break;
    encoded.push(...lengthBytes(start - position), ...lengthBytes(end - start));
    encoded.push(...page.subarray(start, end));
    position = end;
  }
  return encoded;
}

/** Where the run of equal (or of differing) bytes that begins at `position` ends. */
function runEnd(old: Uint8Array, page: Uint8Array, position: number, equal: boolean): number {
  let end = position;
  while (end < PAGE_SIZE && (old[end] === page[end]) === equal) end++;
  return end;
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
