// Questions to a dirty bitmap: how many pages, which is next, which runs. Blocks that the summary says are
// clean are passed over.

import { ALL, firstPageOf, headMask, tailMask, wordOffset } from "./memory";
import { BLOCK_BYTES, skipClean } from "./summary";

export function bitmapCount(bitmap: usize, summary: usize, from: f64, to: f64): f64 {
  if (!(from < to)) return 0;
  const first = wordOffset(from);
  const last = wordOffset(to - 1);
  if (first == last) return <f64>popcnt(load<u64>(bitmap + first) & headMask(from) & tailMask(to));
  let count = popcnt(load<u64>(bitmap + first) & headMask(from));
  count += popcnt(load<u64>(bitmap + last) & tailMask(to));
  for (let offset = first + 8; offset < last; ) {
    offset = skipClean(summary, offset, last);
    const end = summary == 0 ? last : min<usize>((offset | (BLOCK_BYTES - 1)) + 1, last);
    count += countWords(bitmap + offset, bitmap + end);
    offset = end;
  }
  return <f64>count;
}

/** Set bits of whole words. Two chains of additions keep the popcount unit busy. */
function countWords(at: usize, end: usize): u64 {
  let even: u64 = 0;
  let odd: u64 = 0;
  for (const blocksEnd = at + ((end - at) & ~63); at != blocksEnd; at += 64) {
    even += popcnt(load<u64>(at, 0)) + popcnt(load<u64>(at, 8));
    odd += popcnt(load<u64>(at, 16)) + popcnt(load<u64>(at, 24));
    even += popcnt(load<u64>(at, 32)) + popcnt(load<u64>(at, 40));
    odd += popcnt(load<u64>(at, 48)) + popcnt(load<u64>(at, 56));
  }
  for (; at != end; at += 8) even += popcnt(load<u64>(at));
  return even + odd;
}

export function bitmapNext(bitmap: usize, summary: usize, from: f64, to: f64): f64 {
  if (!(from < to)) return to;
  const end = wordOffset(to - 1) + 8;
  let offset = wordOffset(from);
  let word = load<u64>(bitmap + offset) & headMask(from);
  while (word == 0) {
    offset = skipClean(summary, offset + 8, end);
    if (offset == end) return to;
    word = load<u64>(bitmap + offset);
  }
  return min<f64>(<f64>(firstPageOf(offset) + <i64>ctz(word)), to);
}

export function bitmapPrevious(bitmap: usize, from: f64, to: f64): f64 {
  if (!(from < to)) return -1;
  const first = wordOffset(from);
  let offset = wordOffset(to - 1);
  let word = load<u64>(bitmap + offset) & tailMask(to);
  while (word == 0 && offset != first) {
    offset -= 8;
    word = load<u64>(bitmap + offset);
  }
  if (word == 0) return -1;
  const page = <f64>(firstPageOf(offset) + 63 - <i64>clz(word));
  return page < from ? -1 : page;
}

export function bitmapCountRuns(bitmap: usize, summary: usize, from: f64, to: f64): f64 {
  if (!(from < to)) return 0;
  const last = wordOffset(to - 1);
  let mask = headMask(from);
  let carry: u64 = 0;
  let runs: u64 = 0;
  for (let offset = wordOffset(from); ; offset += 8) {
    // Where no run is open, clean blocks say nothing.
    if (carry == 0 && mask == ALL) offset = skipClean(summary, offset, last);
    if (offset == last) mask &= tailMask(to);
    const word = load<u64>(bitmap + offset) & mask;
    runs += popcnt(word & ~((word << 1) | carry));
    carry = word >> 63;
    mask = ALL;
    if (offset == last) break;
  }
  return <f64>runs;
}

/**
 * Walks the edges of runs: bits where a word differs from itself moved up by one. Every odd edge
 * begins a run, every even one ends it; a run still open at the end of the range ends there.
 */
export function bitmapRuns(
  bitmap: usize,
  summary: usize,
  from: f64,
  to: f64,
  out: usize,
  max: u32,
): u32 {
  if (!(from < to) || max == 0) return 0;
  const last = wordOffset(to - 1);
  let mask = headMask(from);
  let carry: u64 = 0;
  let runs: u32 = 0;
  for (let offset = wordOffset(from); ; offset += 8) {
    if (carry == 0 && mask == ALL) offset = skipClean(summary, offset, last);
    if (offset == last) mask &= tailMask(to);
    const word = load<u64>(bitmap + offset) & mask;
    mask = ALL;
    let edges = word ^ ((word << 1) | carry);
    // A set bit before the first edge of a word means that a run is open.
    let open = carry != 0;
    carry = word >> 63;
    while (edges != 0) {
      store<f64>(out, <f64>(firstPageOf(offset) + <i64>ctz(edges)));
      out += 8;
      if (open && ++runs == max) return runs;
      open = !open;
      edges &= edges - 1;
    }
    if (offset == last) break;
  }
  if (carry != 0) {
    // The last word is full to its end, so the range ends with it.
    store<f64>(out, to);
    runs++;
  }
  return runs;
}
