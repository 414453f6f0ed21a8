// Questions about the bytes of pages: all zero, same as another page. Pages are answered 64 at a time, a
// bit each. Vectors are gathered on two chains, so that none waits for the one before it.

import { PAGE } from "./memory";

export function pageIsZero(page: usize): bool {
  return load<u64>(page) == 0 && isClearUpTo(page, page + PAGE);
}

/**
 * Pages go in pairs: most that are not zero say so in their first bytes, and two streams of reads keep
 * more of the memory busy than one.
 */
export function zeroPages(base: usize, pages: u32, out: usize): u32 {
  let total: u32 = 0;
  for (; pages != 0; out += 8) {
    const group = min<u32>(pages, 64);
    pages -= group;
    let bits: u64 = 0;
    for (let bit: u32 = 0; bit + 1 < group; bit += 2, base += 2 * PAGE) {
      const first = load<u64>(base);
      const second = load<u64>(base, PAGE);
      if ((first != 0) & (second != 0)) continue;
      if ((first | second) == 0) bits |= clearOfPair(base) << bit;
      else if (first == 0) bits |= (<u64>isClearUpTo(base, base + PAGE)) << bit;
      else bits |= (<u64>isClearUpTo(base + PAGE, base + 2 * PAGE)) << (bit + 1);
    }
    if (group & 1) {
      bits |= (<u64>pageIsZero(base)) << (group - 1);
      base += PAGE;
    }
    store<u64>(out, bits);
    total += <u32>popcnt(bits);
  }
  return total;
}

/** Bit 0: whether the page at `base` is zero; bit 1: whether the one behind it is. */
function clearOfPair(base: usize): u64 {
  const end = base + PAGE;
  for (let at = base; at != end; at += 128) {
    if (!isClear128(at)) return (<u64>isClearUpTo(at + PAGE, end + PAGE)) << 1;
    if (!isClear128(at + PAGE)) return <u64>isClearUpTo(at + 128, end);
  }
  return 3;
}

/** Whether all bytes of [at, end), a multiple of 128, are zero. */
function isClearUpTo(at: usize, end: usize): bool {
  for (; at != end; at += 128) {
    if (!isClear128(at)) return false;
  }
  return true;
}

export function differingPages(a: usize, b: usize, pages: u32, out: usize): u32 {
  let total: u32 = 0;
  for (; pages != 0; out += 8) {
    const group = min<u32>(pages, 64);
    pages -= group;
    let bits: u64 = 0;
    for (let bit: u32 = 0; bit != group; bit++, a += PAGE, b += PAGE) {
      bits |= (<u64>pagesDiffer(a, b)) << bit;
    }
    store<u64>(out, bits);
    total += <u32>popcnt(bits);
  }
  return total;
}

/** @inline */
function pagesDiffer(a: usize, b: usize): bool {
  if (load<u64>(a) != load<u64>(b)) return true;
  for (const end = a + PAGE; a != end; a += 128, b += 128) {
    if (!isSame128(a, b)) return true;
  }
  return false;
}

/** @inline */
function isClear128(at: usize): bool {
  if (ASC_FEATURE_SIMD) {
    let even = v128.load(at, 0);
    let odd = v128.load(at, 16);
    even = v128.or(even, v128.load(at, 32));
    odd = v128.or(odd, v128.load(at, 48));
    even = v128.or(even, v128.load(at, 64));
    odd = v128.or(odd, v128.load(at, 80));
    even = v128.or(even, v128.load(at, 96));
    odd = v128.or(odd, v128.load(at, 112));
    return !v128.any_true(v128.or(even, odd));
  }
  let bits: u64 = 0;
  for (const end = at + 128; at != end; at += 32) {
    bits |= load<u64>(at) | load<u64>(at, 8) | load<u64>(at, 16) | load<u64>(at, 24);
  }
  return bits == 0;
}

/** Whether 128 bytes at `a` are those at `b`. @inline */
export function isSame128(a: usize, b: usize): bool {
  if (ASC_FEATURE_SIMD) {
    // Offsets are spelt out: only as constants they are part of the instructions that load.
    let even = v128.xor(v128.load(a, 0), v128.load(b, 0));
    let odd = v128.xor(v128.load(a, 16), v128.load(b, 16));
    even = v128.or(even, v128.xor(v128.load(a, 32), v128.load(b, 32)));
    odd = v128.or(odd, v128.xor(v128.load(a, 48), v128.load(b, 48)));
    even = v128.or(even, v128.xor(v128.load(a, 64), v128.load(b, 64)));
    odd = v128.or(odd, v128.xor(v128.load(a, 80), v128.load(b, 80)));
    even = v128.or(even, v128.xor(v128.load(a, 96), v128.load(b, 96)));
    odd = v128.or(odd, v128.xor(v128.load(a, 112), v128.load(b, 112)));
    return !v128.any_true(v128.or(even, odd));
  }
  let bits: u64 = 0;
  for (const end = a + 128; a != end; a += 16, b += 16) {
    bits |= (load<u64>(a) ^ load<u64>(b)) | (load<u64>(a, 8) ^ load<u64>(b, 8));
  }
  return bits == 0;
}
