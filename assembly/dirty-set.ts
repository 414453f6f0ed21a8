// The set of pages a guest dirties in an interval, drawn without drawing the writes: a page that is
// written at random times is dirty with one probability, independently of the others.

import { bitmapMark } from "./bitmap";
import { storeLogarithms } from "./logarithm";
import { ALL, headMask, randomBlock, tailMask } from "./memory";
import { randomFill } from "./random";

/**
 * Compares 128 uniform binary fractions with the probability at once, digit by digit: where a digit of
 * the fraction differs from the probability's, the page is decided, and set when its own digit is 0.
 */
export function drawDirtySet(
  bitmap: usize,
  from: f64,
  to: f64,
  high: u32,
  low: u32,
  state: usize,
): f64 {
  if (!(from < to)) return 0;
  const probability = ((<u64>high) << 32) | <u64>low;
  const first = bitmap + blockOffset(from);
  const last = bitmap + blockOffset(to - 1);
  if (ASC_FEATURE_SIMD) return <f64>drawVectors(first, last, from, to, probability, state);
  return <f64>drawWords(first, last, from, to, probability, state);
}

/** Offset in a bitmap of the 128 pages that `page` is one of. */
function blockOffset(page: f64): usize {
  return <usize>(<i64>page >> 7) * 16;
}

// The bits of a block of 128 pages that lie in a range, as its two words: for the block where the
// range begins (from) and the block where it ends (to).

function headLow(from: f64): u64 {
  return <i64>from & 64 ? 0 : headMask(from);
}

function headHigh(from: f64): u64 {
  return <i64>from & 64 ? headMask(from) : ALL;
}

function tailLow(to: f64): u64 {
  return <i64>(to - 1) & 64 ? ALL : tailMask(to);
}

function tailHigh(to: f64): u64 {
  return <i64>(to - 1) & 64 ? tailMask(to) : 0;
}

function pair(low: u64, high: u64): v128 {
  return i64x2.replace_lane(i64x2.splat(low), 1, high);
}

/** The generators of random.ts are written out here: their state must stay in registers. */
function drawVectors(
  at: usize,
  last: usize,
  from: f64,
  to: f64,
  probability: u64,
  state: usize,
): u64 {
  let s0 = v128.load(state, 0);
  let s1 = v128.load(state, 16);
  let s2 = v128.load(state, 32);
  let s3 = v128.load(state, 48);
  let marked: u64 = 0;
  let open = pair(headLow(from), headHigh(from));
  for (const end = last + 16; at != end; at += 16) {
    if (at == last) open = v128.and(open, pair(tailLow(to), tailHigh(to)));
    let drawn = i64x2.splat(0);
    for (let digits = probability; digits != 0 && v128.any_true(open); digits <<= 1) {
      const sum = i32x4.add(s0, s3);
      const random = i32x4.add(v128.or(i32x4.shl(sum, 7), i32x4.shr_u(sum, 25)), s0);
      const shifted = i32x4.shl(s1, 9);
      s2 = v128.xor(s2, s0);
      s3 = v128.xor(s3, s1);
      s1 = v128.xor(s1, s2);
      s0 = v128.xor(s0, s3);
      s2 = v128.xor(s2, shifted);
      s3 = v128.or(i32x4.shl(s3, 11), i32x4.shr_u(s3, 21));
      const digit = i64x2.splat(<i64>digits >> 63);
      drawn = v128.or(drawn, v128.and(digit, v128.andnot(open, random)));
      open = v128.andnot(open, v128.xor(random, digit));
    }
    const before = v128.load(at);
    const fresh = v128.andnot(drawn, before);
    marked += popcnt(i64x2.extract_lane(fresh, 0)) + popcnt(i64x2.extract_lane(fresh, 1));
    v128.store(at, v128.or(before, drawn));
    open = i64x2.splat(-1);
  }
  v128.store(state, s0, 0);
  v128.store(state, s1, 16);
  v128.store(state, s2, 32);
  v128.store(state, s3, 48);
  return marked;
}

function drawWords(
  at: usize,
  last: usize,
  from: f64,
  to: f64,
  probability: u64,
  state: usize,
): u64 {
  const block = randomBlock();
  let marked: u64 = 0;
  let openLow = headLow(from);
  let openHigh = headHigh(from);
  for (const end = last + 16; at != end; at += 16) {
    if (at == last) {
      openLow &= tailLow(to);
      openHigh &= tailHigh(to);
    }
    let drawnLow: u64 = 0;
    let drawnHigh: u64 = 0;
    for (let digits = probability; digits != 0 && (openLow | openHigh) != 0; digits <<= 1) {
      randomFill(state, block, 4);
      const randomLow = load<u64>(block);
      const randomHigh = load<u64>(block, 8);
      const digit = <u64>(<i64>digits >> 63);
      drawnLow |= digit & openLow & ~randomLow;
      drawnHigh |= digit & openHigh & ~randomHigh;
      openLow &= ~(randomLow ^ digit);
      openHigh &= ~(randomHigh ^ digit);
    }
    const low = load<u64>(at);
    const high = load<u64>(at, 8);
    marked += popcnt(drawnLow & ~low) + popcnt(drawnHigh & ~high);
    store<u64>(at, low | drawnLow);
    store<u64>(at, high | drawnHigh, 8);
    openLow = ALL;
    openHigh = ALL;
  }
  return marked;
}

export function drawSparseDirtySet(
  bitmap: usize,
  from: f64,
  to: f64,
  scale: f64,
  state: usize,
): f64 {
  const block = randomBlock();
  let marked: u64 = 0;
  let page = from;
  while (page < to) {
    randomFill(state, block, 4);
    storeLogarithms(block);
    const near = page + Math.floor(load<f64>(block) * scale);
    const far = near + 1 + Math.floor(load<f64>(block, 8) * scale);
    if (near < to) marked += <u64>bitmapMark(bitmap, <u32>(<i64>near));
    if (far < to) marked += <u64>bitmapMark(bitmap, <u32>(<i64>far));
    page = far + 1;
  }
  return <f64>marked;
}
