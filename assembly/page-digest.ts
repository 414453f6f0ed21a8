// XXH3 with 64 bits and seed 0 (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md), for inputs
// of exactly one page: 64 stripes of 64 bytes, of which a block takes 16, the last one 15 and the stripe
// that the input ends with. Eight accumulators of 64 bits; stripe n of a block meets the secret from its
// byte 8 n on:
//
//   acc[i ^ 1] += data[i]
//   acc[i]     += low32(data[i] ^ secret[i]) * high32(data[i] ^ secret[i])

import { PAGE, scratch } from "./memory";

/** The default secret of XXH3. */
const SECRET: usize = memory.data<u64>([
  0xbe4b_a423_396c_feb8, 0x1cad_21f7_2c81_017c, 0xdb97_9083_e96d_d4de, 0x1f67_b3b7_a4a4_4072,
  0x78e5_c0cc_4ee6_79cb, 0x2172_ffcc_7dd0_5a82, 0x8e24_43f7_7446_08b8, 0x4c26_3a81_e690_35e0,
  0xcb00_c391_bb52_283c, 0xa32e_531b_8b65_d088, 0x4ef9_0da2_9748_6471, 0xd8ac_dea9_46ef_1938,
  0x3f34_9ce3_3f76_faa8, 0x1d4f_0bc7_c7bb_dcf9, 0x3159_b4cd_4be0_518a, 0x6473_78d9_c97e_9fc8,
  0xc3eb_d334_83ac_c5ea, 0xeb63_13fa_ffa0_81c5, 0x49da_f0b7_51dd_0d17, 0x9e68_d429_2655_16d3,
  0xfca1_477d_58be_162b, 0xce31_d07a_d1b8_f88f, 0x2804_1695_8f3a_cb45, 0x7e40_4bbb_cafb_d7af,
]);
const SECRET_BYTES: usize = 192;

const PRIME32_1: u64 = 0x9e37_79b1;
const PRIME32_2: u64 = 0x85eb_ca77;
const PRIME32_3: u64 = 0xc2b2_ae3d;
const PRIME64_1: u64 = 0x9e37_79b1_85eb_ca87;
const PRIME64_2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const PRIME64_3: u64 = 0x1656_67b1_9e37_79f9;
const PRIME64_4: u64 = 0x85eb_ca77_c2b2_ae63;
const PRIME64_5: u64 = 0x27d4_eb2f_1656_67c5;
const AVALANCHE: u64 = 0x1656_6791_9e37_79f9;

const STRIPE: usize = 64;
const BLOCK: usize = 1024;
/** Where the secret of the input's last stripe, of the merge and of the scrambling begins. */
const LAST_STRIPE_SECRET: usize = SECRET_BYTES - STRIPE - 7;
const MERGE_SECRET: usize = 11;
const SCRAMBLE_SECRET: usize = SECRET_BYTES - STRIPE;

const LOW: u64 = 0xffff_ffff;

export function digestPages(base: usize, pages: u32, out: usize): void {
  for (; pages != 0; pages--, base += PAGE, out += 8) {
    store<u64>(out, ASC_FEATURE_SIMD ? digestVectors(base) : digestWords(base));
  }
}

/**
 * Two accumulators a vector, each in the other's place: so data add where they lie, and products are put
 * the other way round by the shuffles that gather their factors anyway.
 */
function digestVectors(page: usize): u64 {
  let a = pair(PRIME64_1, PRIME32_3);
  let b = pair(PRIME64_3, PRIME64_2);
  let c = pair(PRIME32_2, PRIME64_4);
  let d = pair(PRIME32_1, PRIME64_5);
  let at = page;
  for (let part: usize = 0; part != PARTS; part++) {
    let secret = secretOfPart(part);
    for (const end = endOfPart(page, part); at != end; at += STRIPE, secret += 8) {
      const first = v128.load(at, 0);
      const second = v128.load(at, 16);
      const key1 = v128.xor(first, v128.load(secret, 0));
      const key2 = v128.xor(second, v128.load(secret, 16));
      const low1 = v128.shuffle<u32>(key1, key2, 2, 0, 6, 4);
      const high1 = v128.shuffle<u32>(key1, key2, 3, 1, 7, 5);
      a = i64x2.add(i64x2.add(a, first), i64x2.extmul_low_i32x4_u(low1, high1));
      b = i64x2.add(i64x2.add(b, second), i64x2.extmul_high_i32x4_u(low1, high1));
      const third = v128.load(at, 32);
      const fourth = v128.load(at, 48);
      const key3 = v128.xor(third, v128.load(secret, 32));
      const key4 = v128.xor(fourth, v128.load(secret, 48));
      const low2 = v128.shuffle<u32>(key3, key4, 2, 0, 6, 4);
      const high2 = v128.shuffle<u32>(key3, key4, 3, 1, 7, 5);
      c = i64x2.add(i64x2.add(c, third), i64x2.extmul_low_i32x4_u(low2, high2));
      d = i64x2.add(i64x2.add(d, fourth), i64x2.extmul_high_i32x4_u(low2, high2));
    }
    if (part < BLOCKS) {
      a = scramblePair(a, 0);
      b = scramblePair(b, 16);
      c = scramblePair(c, 32);
      d = scramblePair(d, 48);
    }
  }
  return finish(mergePair(a, 0) + mergePair(b, 16) + mergePair(c, 32) + mergePair(d, 48));
}

// A page in parts: three whole blocks, fifteen stripes, and the last stripe by itself.
const PARTS: usize = 5;
const BLOCKS: usize = 3;

function endOfPart(page: usize, part: usize): usize {
  if (part < BLOCKS) return page + (part + 1) * BLOCK;
  return part == BLOCKS ? page + PAGE - STRIPE : page + PAGE;
}

function secretOfPart(part: usize): usize {
  return part > BLOCKS ? SECRET + LAST_STRIPE_SECRET : SECRET;
}

function pair(first: u64, second: u64): v128 {
  return i64x2.replace_lane(i64x2.splat(first), 1, second);
}

/** (acc ^ acc >> 47 ^ secret) * PRIME32_1 for two accumulators that have changed places. @inline */
function scramblePair(acc: v128, offset: usize): v128 {
  const secret = v128.load(SECRET + SCRAMBLE_SECRET + offset);
  const swapped = v128.shuffle<u64>(secret, secret, 1, 0);
  const mixed = v128.xor(v128.xor(acc, i64x2.shr_u(acc, 47)), swapped);
  const prime = i32x4.splat(<i32>PRIME32_1);
  const first = i64x2.extmul_low_i32x4_u(mixed, prime);
  const second = i64x2.extmul_high_i32x4_u(mixed, prime);
  const high = i64x2.shl(v128.shuffle<u64>(first, second, 1, 3), 32);
  return i64x2.add(v128.shuffle<u64>(first, second, 0, 2), high);
}

function mergePair(acc: v128, offset: usize): u64 {
  return merge(i64x2.extract_lane(acc, 1), i64x2.extract_lane(acc, 0), offset);
}

/** The accumulators in scratch memory, one after the other. */
function digestWords(page: usize): u64 {
  const acc = scratch();
  store<u64>(acc, PRIME32_3, 0);
  store<u64>(acc, PRIME64_1, 8);
  store<u64>(acc, PRIME64_2, 16);
  store<u64>(acc, PRIME64_3, 24);
  store<u64>(acc, PRIME64_4, 32);
  store<u64>(acc, PRIME32_2, 40);
  store<u64>(acc, PRIME64_5, 48);
  store<u64>(acc, PRIME32_1, 56);
  let at = page;
  for (let part: usize = 0; part != PARTS; part++) {
    let secret = secretOfPart(part);
    for (const end = endOfPart(page, part); at != end; at += STRIPE, secret += 8) {
      for (let lane: usize = 0; lane != STRIPE; lane += 16) {
        accumulate(acc + lane, at + lane, secret + lane);
      }
    }
    if (part < BLOCKS) {
      for (let lane: usize = 0; lane != STRIPE; lane += 8) {
        const word = load<u64>(acc + lane);
        const secretWord = load<u64>(SECRET + SCRAMBLE_SECRET + lane);
        store<u64>(acc + lane, (word ^ (word >> 47) ^ secretWord) * PRIME32_1);
      }
    }
  }
  let sum: u64 = 0;
  for (let lane: usize = 0; lane != STRIPE; lane += 16) {
    sum += merge(load<u64>(acc + lane), load<u64>(acc + lane, 8), lane);
  }
  return finish(sum);
}

/** Two accumulators take 16 bytes. */
function accumulate(acc: usize, data: usize, secret: usize): void {
  const first = load<u64>(data);
  const second = load<u64>(data, 8);
  const key1 = first ^ load<u64>(secret);
  const key2 = second ^ load<u64>(secret, 8);
  store<u64>(acc, load<u64>(acc) + second + (key1 & LOW) * (key1 >> 32));
  store<u64>(acc, load<u64>(acc, 8) + first + (key2 & LOW) * (key2 >> 32), 8);
}

/** The product of two accumulators, each with its secret, folded to 64 bits. */
function merge(first: u64, second: u64, offset: usize): u64 {
  const secret = SECRET + MERGE_SECRET + offset;
  return foldedProduct(first ^ load<u64>(secret), second ^ load<u64>(secret, 8));
}

/** The two halves of a product of 128 bits, one on the other. */
function foldedProduct(a: u64, b: u64): u64 {
  const low = (a & LOW) * (b & LOW);
  const crossA = (a >> 32) * (b & LOW);
  const crossB = (a & LOW) * (b >> 32);
  const middle = (low >> 32) + (crossA & LOW) + crossB;
  const high = (a >> 32) * (b >> 32) + (crossA >> 32) + (middle >> 32);
  return high ^ ((middle << 32) | (low & LOW));
}

function finish(sum: u64): u64 {
  let hash = sum + <u64>PAGE * PRIME64_1;
  hash = (hash ^ (hash >> 37)) * AVALANCHE;
  return hash ^ (hash >> 32);
}
