// The summary of a bitmap: a bit for every block of 4096 pages, itself a bitmap. A clear bit promises that
// the block is clean; a set one promises nothing, so that clearing pages needs no look at the whole block.
// A summary of 0 is absent: every block has to be looked at.

import { ALL, bitOf, headMask, tailMask, wordAt, wordOffset } from "./memory";

/** Words of a bitmap in a block, and their bytes. */
export const BLOCK_WORDS: u32 = 64;
export const BLOCK_BYTES: usize = 512;

/** Notes that a page was marked. */
export function summarize(summary: usize, page: u32): void {
  if (summary == 0) return;
  const block = page >> 12;
  const at = wordAt(summary, block);
  const word = load<u64>(at);
  const bit = bitOf(block);
  // Mostly the block is noted already, and a write that is not done costs nothing.
  if ((word & bit) == 0) store<u64>(at, word | bit);
}

/** Notes that pages of [from, to) were marked. */
export function summarizeRange(summary: usize, from: f64, to: f64): void {
  if (summary == 0 || !(from < to)) return;
  const first = <f64>(<i64>from >> 12);
  const end = <f64>((<i64>(to - 1) >> 12) + 1);
  const last = summary + wordOffset(end - 1);
  let mask = headMask(first);
  for (let at = summary + wordOffset(first); at != last; at += 8) {
    store<u64>(at, load<u64>(at) | mask);
    mask = ALL;
  }
  store<u64>(last, load<u64>(last) | (mask & tailMask(end)));
}

/** Notes that all pages of [from, to) are clean now; only blocks that lie in it whole can be crossed off. */
export function crossOff(summary: usize, from: f64, to: f64): void {
  if (summary == 0) return;
  const first = <f64>((<i64>from + 4095) >> 12);
  const end = <f64>(<i64>to >> 12);
  if (!(first < end)) return;
  const last = summary + wordOffset(end - 1);
  let mask = headMask(first);
  for (let at = summary + wordOffset(first); at != last; at += 8) {
    store<u64>(at, load<u64>(at) & ~mask);
    mask = ALL;
  }
  store<u64>(last, load<u64>(last) & ~(mask & tailMask(end)));
}

/**
 * Where to look next in a bitmap: `offset` itself if it lies within a block or its block may have marks,
 * otherwise where the next block with marks begins; `end` when there is none before. @inline
 */
export function skipClean(summary: usize, offset: usize, end: usize): usize {
  if (summary == 0 || (offset & (BLOCK_BYTES - 1)) != 0) return offset;
  return nextBlock(summary, offset, end);
}

function nextBlock(summary: usize, offset: usize, end: usize): usize {
  if (offset == end) return end;
  let block = offset >> 9;
  let word = load<u64>(summary + ((block >> 6) << 3)) & (ALL << (<u64>block & 63));
  while (word == 0) {
    block = (block | 63) + 1;
    if (block << 9 >= end) return end;
    word = load<u64>(summary + ((block >> 6) << 3));
  }
  return min<usize>((((block >> 6) << 6) + <usize>ctz(word)) << 9, end);
}
