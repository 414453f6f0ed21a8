// Questions about the bytes of pages: all zero, same as another page, which digest.

import { PAGE } from "./memory";

export function pageIsZero(page: usize): bool {
  // Most pages that are not zero say so in their first bytes.
  if ((load<u64>(page) | load<u64>(page, 8)) != 0) return false;
  for (const end = page + PAGE; page != end; page += 128) {
    if (!isClear128(page)) return false;
  }
  return true;
}

export function zeroPages(base: usize, pages: u32, out: usize): u32 {
  let total: u32 = 0;
  for (; pages != 0; out += 8) {
    const group = min<u32>(pages, 64);
    pages -= group;
    let bits: u64 = 0;
    for (let bit: u32 = 0; bit != group; bit++, base += PAGE) {
      bits |= (<u64>pageIsZero(base)) << bit;
    }
    store<u64>(out, bits);
    total += <u32>popcnt(bits);
  }
  return total;
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

export function digestPages(base: usize, pages: u32, out: usize): void {
  for (; pages != 0; pages--, base += PAGE, out += 8) store<u64>(out, digestOf(base));
}

function pagesDiffer(a: usize, b: usize): bool {
  for (const end = a + PAGE; a != end; a += 128, b += 128) {
    if (!isSame128(a, b)) return true;
  }
  return false;
}

function isClear128(at: usize): bool {
  if (ASC_FEATURE_SIMD) {
    // Two chains: one vector of each pair does not wait for the other.
    let even = v128.or(v128.load(at, 0), v128.load(at, 32));
    let odd = v128.or(v128.load(at, 16), v128.load(at, 48));
    even = v128.or(even, v128.or(v128.load(at, 64), v128.load(at, 96)));
    odd = v128.or(odd, v128.or(v128.load(at, 80), v128.load(at, 112)));
    return !v128.any_true(v128.or(even, odd));
  }
  let bits: u64 = 0;
  for (const end = at + 128; at != end; at += 32) {
    bits |= load<u64>(at) | load<u64>(at, 8) | load<u64>(at, 16) | load<u64>(at, 24);
  }
  return bits == 0;
}

/** Whether 128 bytes at `a` are those at `b`. */
export function isSame128(a: usize, b: usize): bool {
  if (ASC_FEATURE_SIMD) {
    let even = v128.or(difference16(a, b, 0), difference16(a, b, 32));
    let odd = v128.or(difference16(a, b, 16), difference16(a, b, 48));
    even = v128.or(even, v128.or(difference16(a, b, 64), difference16(a, b, 96)));
    odd = v128.or(odd, v128.or(difference16(a, b, 80), difference16(a, b, 112)));
    return !v128.any_true(v128.or(even, odd));
  }
  let bits: u64 = 0;
  for (const end = a + 128; a != end; a += 16, b += 16) {
    bits |= (load<u64>(a) ^ load<u64>(b)) | (load<u64>(a, 8) ^ load<u64>(b, 8));
  }
  return bits == 0;
}

function difference16(a: usize, b: usize, offset: usize): v128 {
  return v128.xor(v128.load(a + offset), v128.load(b + offset));
}

// XXH64 with seed 0 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md), for inputs of
// exactly one page: whole 32-byte stripes, no rest.

const PRIME_1: u64 = 0x9e37_79b1_85eb_ca87;
const PRIME_2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const PRIME_3: u64 = 0x1656_67b1_9e37_79f9;
const PRIME_4: u64 = 0x85eb_ca77_c2b2_ae63;

function digestOf(page: usize): u64 {
  let a = PRIME_1 + PRIME_2;
  let b = PRIME_2;
  let c: u64 = 0;
  let d: u64 = 0 - PRIME_1;
  for (const end = page + PAGE; page != end; page += 32) {
    a = mix(a, load<u64>(page, 0));
    b = mix(b, load<u64>(page, 8));
    c = mix(c, load<u64>(page, 16));
    d = mix(d, load<u64>(page, 24));
  }
  let hash = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
  hash = merge(merge(merge(merge(hash, a), b), c), d) + <u64>PAGE;
  hash = (hash ^ (hash >> 33)) * PRIME_2;
  hash = (hash ^ (hash >> 29)) * PRIME_3;
  return hash ^ (hash >> 32);
}

function mix(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * PRIME_2, 31) * PRIME_1;
}

function merge(hash: u64, lane: u64): u64 {
  return (hash ^ mix(0, lane)) * PRIME_1 + PRIME_4;
}
