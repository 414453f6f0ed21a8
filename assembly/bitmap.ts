// Dirty bitmaps that change: marking, clearing, and one bitmap against another.
// Ranges run word by word: a masked first word, whole words, a masked last word.

import { ALL, bitOf, headMask, tailMask, wordAt, wordOffset } from "./memory";
import { summarize, summarizeRange } from "./summary";

export function bitmapMark(bitmap: usize, summary: usize, page: u32): bool {
  summarize(summary, page);
  return markWord(wordAt(bitmap, page), bitOf(page)) != 0;
}

export function bitmapClear(bitmap: usize, page: u32): bool {
  return clearWord(wordAt(bitmap, page), bitOf(page)) != 0;
}

export function bitmapHas(bitmap: usize, page: u32): bool {
  return (load<u64>(wordAt(bitmap, page)) & bitOf(page)) != 0;
}

export function bitmapMarkRange(bitmap: usize, summary: usize, from: f64, to: f64): f64 {
  if (!(from < to)) return 0;
  summarizeRange(summary, from, to);
  const last = bitmap + wordOffset(to - 1);
  let mask = headMask(from);
  let marked: u64 = 0;
  for (let at = bitmap + wordOffset(from); at != last; at += 8) {
    marked += markWord(at, mask);
    mask = ALL;
  }
  return <f64>(marked + markWord(last, mask & tailMask(to)));
}

export function bitmapClearRange(bitmap: usize, from: f64, to: f64): f64 {
  if (!(from < to)) return 0;
  const last = bitmap + wordOffset(to - 1);
  let mask = headMask(from);
  let cleared: u64 = 0;
  for (let at = bitmap + wordOffset(from); at != last; at += 8) {
    cleared += clearWord(at, mask);
    mask = ALL;
  }
  return <f64>(cleared + clearWord(last, mask & tailMask(to)));
}

/**
 * The summary has a pass of its own: the fewer instructions a page takes, the more words are on their way
 * from memory at once.
 */
export function bitmapMarkList(bitmap: usize, summary: usize, list: usize, count: u32): void {
  const end = list + <usize>count * 4;
  let at = list;
  for (const foursEnd = list + <usize>(count & ~3) * 4; at != foursEnd; at += 16) {
    setBit(bitmap, load<u32>(at, 0));
    setBit(bitmap, load<u32>(at, 4));
    setBit(bitmap, load<u32>(at, 8));
    setBit(bitmap, load<u32>(at, 12));
  }
  for (; at != end; at += 4) setBit(bitmap, load<u32>(at));
  if (summary != 0) for (at = list; at != end; at += 4) summarize(summary, load<u32>(at));
}

export function bitmapFirstOfList(bitmap: usize, list: usize, count: u32): u32 {
  for (let index: u32 = 0; index != count; index++) {
    if (bitmapHas(bitmap, load<u32>(list + <usize>index * 4))) return index;
  }
  return count;
}

export function bitmapOr(into: usize, from: usize, words: u32): void {
  for (const end = into + <usize>words * 8; into != end; into += 16, from += 16) {
    if (ASC_FEATURE_SIMD) {
      v128.store(into, v128.or(v128.load(into), v128.load(from)));
    } else {
      store<u64>(into, load<u64>(into) | load<u64>(from));
      store<u64>(into, load<u64>(into, 8) | load<u64>(from, 8), 8);
    }
  }
}

export function bitmapAnd(into: usize, from: usize, words: u32): void {
  for (const end = into + <usize>words * 8; into != end; into += 16, from += 16) {
    if (ASC_FEATURE_SIMD) {
      v128.store(into, v128.and(v128.load(into), v128.load(from)));
    } else {
      store<u64>(into, load<u64>(into) & load<u64>(from));
      store<u64>(into, load<u64>(into, 8) & load<u64>(from, 8), 8);
    }
  }
}

export function bitmapAndNot(into: usize, from: usize, words: u32): void {
  for (const end = into + <usize>words * 8; into != end; into += 16, from += 16) {
    if (ASC_FEATURE_SIMD) {
      v128.store(into, v128.andnot(v128.load(into), v128.load(from)));
    } else {
      store<u64>(into, load<u64>(into) & ~load<u64>(from));
      store<u64>(into, load<u64>(into, 8) & ~load<u64>(from, 8), 8);
    }
  }
}

export function bitmapAndRange(into: usize, mask: usize, from: f64, to: f64): f64 {
  if (!(from < to)) return 0;
  const last = wordOffset(to - 1);
  let bits = headMask(from);
  let cleared: u64 = 0;
  for (let offset = wordOffset(from); offset != last; offset += 8) {
    cleared += clearWord(into + offset, bits & ~load<u64>(mask + offset));
    bits = ALL;
  }
  bits &= tailMask(to);
  return <f64>(cleared + clearWord(into + last, bits & ~load<u64>(mask + last)));
}

/** Sets bits of a word; answers how many of them were clear. */
function markWord(at: usize, bits: u64): u64 {
  const word = load<u64>(at);
  store<u64>(at, word | bits);
  return popcnt(bits & ~word);
}

/** Clears bits of a word; answers how many of them were set. */
function clearWord(at: usize, bits: u64): u64 {
  const word = load<u64>(at);
  store<u64>(at, word & ~bits);
  return popcnt(bits & word);
}

/** @inline */
function setBit(bitmap: usize, page: u32): void {
  const at = wordAt(bitmap, page);
  store<u64>(at, load<u64>(at) | bitOf(page));
}
