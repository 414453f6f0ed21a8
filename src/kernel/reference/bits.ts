import type { Pointer } from "../exports.js";

// Bits of a bitmap, one at a time. The bitmap's 64-bit little-endian words are pairs of the machine's
// 32-bit ones, the low half first, so bit k of the 32-bit word w is page 32 w + k.

/** Whether a page's bit is set; a bitmap of 0 is absent and empty. */
export function hasBit(memory: Uint32Array, bitmap: Pointer, page: number): boolean {
  if (bitmap === 0) return false;
  return (((memory[wordOf(bitmap, page)] as number) >>> (page & 31)) & 1) === 1;
}

/** Sets a bit; whether it was clear. */
export function setBit(memory: Uint32Array, bitmap: Pointer, page: number): boolean {
  const isNew = !hasBit(memory, bitmap, page);
  (memory[wordOf(bitmap, page)] as number) |= 1 << (page & 31);
  return isNew;
}

/** Pages that a bit of a summary stands for. */
export const BLOCK_PAGES = 4096;

/** Sets a page's bit and notes it in the summary, if there is one; whether it was clear. */
export function markPage(
  memory: Uint32Array,
  bitmap: Pointer,
  summary: Pointer,
  page: number,
): boolean {
  if (summary !== 0) setBit(memory, summary, Math.floor(page / BLOCK_PAGES));
  return setBit(memory, bitmap, page);
}

/** Clears a bit; whether it was set. */
export function clearBit(memory: Uint32Array, bitmap: Pointer, page: number): boolean {
  const wasSet = hasBit(memory, bitmap, page);
  (memory[wordOf(bitmap, page)] as number) &= ~(1 << (page & 31));
  return wasSet;
}

/** The set pages of [from, to), ascending. A page's bit may be cleared while it is visited. */
export function* setPages(
  memory: Uint32Array,
  bitmap: Pointer,
  from: number,
  to: number,
): Generator<number> {
  for (let page = from; page < to; page++) {
    // Nothing more in this word: on to the next.
    const rest = (memory[wordOf(bitmap, page)] as number) >>> (page & 31);
    if (rest === 0) page += 31 - (page & 31);
    else if ((rest & 1) === 1) yield page;
  }
}

function wordOf(bitmap: Pointer, page: number): number {
  return bitmap / 4 + Math.floor(page / 32);
}
