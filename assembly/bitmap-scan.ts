// Questions to a dirty bitmap: how many pages, which is next, which runs, which pages.

import { ALL, firstPageOf, headMask, tailMask, wordOffset } from "./memory";

export function bitmapCount(bitmap: usize, from: f64, to: f64): f64 {
  if (!(from < to)) return 0;
  const first = bitmap + wordOffset(from);
  const last = bitmap + wordOffset(to - 1);
  if (first == last) return <f64>popcnt(load<u64>(first) & headMask(from) & tailMask(to));
  const ends = popcnt(load<u64>(first) & headMask(from)) + popcnt(load<u64>(last) & tailMask(to));
  return <f64>(ends + countWords(first + 8, last));
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

export function bitmapNext(bitmap: usize, from: f64, to: f64): f64 {
  if (!(from < to)) return to;
  const last = wordOffset(to - 1);
  let offset = wordOffset(from);
  let word = load<u64>(bitmap + offset) & headMask(from);
  while (word == 0 && offset != last) {
    offset += 8;
    word = load<u64>(bitmap + offset);
  }
  if (word == 0) return to;
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

export function bitmapCountRuns(bitmap: usize, from: f64, to: f64): f64 {
  if (!(from < to)) return 0;
  const last = bitmap + wordOffset(to - 1);
  let mask = headMask(from);
  let carry: u64 = 0;
  let runs: u64 = 0;
  for (let at = bitmap + wordOffset(from); at != last; at += 8) {
    const word = load<u64>(at) & mask;
    runs += popcnt(word & ~((word << 1) | carry));
    carry = word >> 63;
    mask = ALL;
  }
  const word = load<u64>(last) & mask & tailMask(to);
  return <f64>(runs + popcnt(word & ~((word << 1) | carry)));
}

/**
 * Walks the edges of runs: bits where a word differs from itself moved up by one. Every odd edge
 * begins a run, every even one ends it; a run still open at the end of the range ends there.
 */
export function bitmapRuns(bitmap: usize, from: f64, to: f64, out: usize, max: u32): u32 {
  if (!(from < to) || max == 0) return 0;
  const last = wordOffset(to - 1);
  let mask = headMask(from);
  let carry: u64 = 0;
  let runs: u32 = 0;
  for (let offset = wordOffset(from); ; offset += 8) {
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

export function bitmapList(bitmap: usize, from: f64, to: f64, out: usize, max: u32): u32 {
  if (!(from < to) || max == 0) return 0;
  const last = wordOffset(to - 1);
  const start = out;
  const full = out + <usize>max * 4;
  let mask = headMask(from);
  for (let offset = wordOffset(from); ; offset += 8) {
    if (offset == last) mask &= tailMask(to);
    const word = load<u64>(bitmap + offset) & mask;
    mask = ALL;
    if (word != 0) {
      out = listWord(word, <u32>firstPageOf(offset), out, full);
      if (out == full) break;
    }
    if (offset == last) break;
  }
  return <u32>((out - start) >> 2);
}

/** Writes the pages of one word from `out` on, up to `full`; answers where the next one goes. */
export function listWord(word: u64, firstPage: u32, out: usize, full: usize): usize {
  while (word != 0 && out != full) {
    store<u32>(out, firstPage + <u32>ctz(word));
    out += 4;
    word &= word - 1;
  }
  return out;
}
