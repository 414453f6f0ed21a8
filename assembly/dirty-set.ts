// The set of pages a guest dirties in an interval, drawn without drawing the writes: a page that is
// written at random times is dirty with one probability, independently of the others.

import { bitmapMark } from "./bitmap";
import { storeLogarithms } from "./logarithm";
import { ALL, headMask, randomBlock, tailMask } from "./memory";
import { randomFill } from "./random";
import { summarizeRange } from "./summary";

/** So many digits are drawn for every block at once; hardly any of its 128 pages is undecided then. */
const FIRST_DIGITS: u32 = 10;

/**
 * Compares 128 uniform binary fractions with the probability at once. A page is set when its fraction is
 * smaller: at the first digit that differs, the fraction's is 0. Of the first digits the last one is
 * drawn first: a page is set if it was and the digits are equal, or if the fraction's is smaller, which
 * takes one operation a digit. Starting once from "none set" and once from "all set" shows which pages
 * depend on further digits; those are decided digit by digit.
 */
export function drawDirtySet(
  bitmap: usize,
  summary: usize,
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
  if (summary != 0) summarizeRange(summary, from, to);
  if (ASC_FEATURE_SIMD) return <f64>drawVectors(first, last, from, to, probability, state);
  return <f64>drawWords(first, last, from, to, probability, state);
}

/** How many digits are drawn at once: no more than the probability has. */
function firstDigits(probability: u64): u32 {
  return min<u32>(FIRST_DIGITS, 64 - <u32>ctz(probability));
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
  const digits = firstDigits(probability);
  const firsts = <u32>(probability >> (64 - digits));
  const rest = probability << digits;
  let s0 = v128.load(state, 0);
  let s1 = v128.load(state, 16);
  let s2 = v128.load(state, 32);
  let s3 = v128.load(state, 48);
  let marked: u64 = 0;
  let inside = pair(headLow(from), headHigh(from));
  for (const end = last + 16; at != end; at += 16) {
    if (at == last) inside = v128.and(inside, pair(tailLow(to), tailHigh(to)));
    let drawn = i64x2.splat(0);
    let possible = i64x2.splat(-1);
    let left = firsts;
    for (let digit: u32 = 0; digit != digits; digit++, left >>= 1) {
      const sum = i32x4.add(s0, s3);
      const random = i32x4.add(v128.or(i32x4.shl(sum, 7), i32x4.shr_u(sum, 25)), s0);
      const shifted = i32x4.shl(s1, 9);
      s2 = v128.xor(s2, s0);
      s3 = v128.xor(s3, s1);
      s1 = v128.xor(s1, s2);
      s0 = v128.xor(s0, s3);
      s2 = v128.xor(s2, shifted);
      s3 = v128.or(i32x4.shl(s3, 11), i32x4.shr_u(s3, 21));
      if (left & 1) {
        drawn = v128.or(drawn, random);
        possible = v128.or(possible, random);
      } else {
        drawn = v128.and(drawn, random);
        possible = v128.and(possible, random);
      }
    }
    let open = v128.and(inside, v128.xor(drawn, possible));
    for (let digits = rest; digits != 0 && v128.any_true(open); digits <<= 1) {
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
      drawn = v128.or(drawn, v128.and(digit, v128.and(open, random)));
      open = v128.and(open, v128.xor(random, digit));
    }
    const before = v128.load(at);
    const fresh = v128.andnot(v128.and(drawn, inside), before);
    marked += popcnt(i64x2.extract_lane(fresh, 0)) + popcnt(i64x2.extract_lane(fresh, 1));
    v128.store(at, v128.or(before, fresh));
    inside = i64x2.splat(-1);
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
  const digits = firstDigits(probability);
  const firsts = <u32>(probability >> (64 - digits));
  const rest = probability << digits;
  const block = randomBlock();
  let marked: u64 = 0;
  let insideLow = headLow(from);
  let insideHigh = headHigh(from);
  for (const end = last + 16; at != end; at += 16) {
    if (at == last) {
      insideLow &= tailLow(to);
      insideHigh &= tailHigh(to);
    }
    let drawnLow: u64 = 0;
    let drawnHigh: u64 = 0;
    let possibleLow = ALL;
    let possibleHigh = ALL;
    randomFill(state, block, 4 * digits);
    for (let digit: u32 = 0; digit != digits; digit++) {
      const low = load<u64>(block + ((<usize>digit) << 4));
      const high = load<u64>(block + ((<usize>digit) << 4), 8);
      const isOne = ((firsts >> digit) & 1) != 0;
      drawnLow = isOne ? drawnLow | low : drawnLow & low;
      drawnHigh = isOne ? drawnHigh | high : drawnHigh & high;
      possibleLow = isOne ? possibleLow | low : possibleLow & low;
      possibleHigh = isOne ? possibleHigh | high : possibleHigh & high;
    }
    let openLow = insideLow & (drawnLow ^ possibleLow);
    let openHigh = insideHigh & (drawnHigh ^ possibleHigh);
    for (let digits = rest; digits != 0 && (openLow | openHigh) != 0; digits <<= 1) {
      randomFill(state, block, 4);
      const digit = <u64>(<i64>digits >> 63);
      const low = load<u64>(block);
      const high = load<u64>(block, 8);
      drawnLow |= digit & openLow & low;
      drawnHigh |= digit & openHigh & high;
      openLow &= low ^ digit;
      openHigh &= high ^ digit;
    }
    const freshLow = drawnLow & insideLow & ~load<u64>(at);
    const freshHigh = drawnHigh & insideHigh & ~load<u64>(at, 8);
    marked += popcnt(freshLow) + popcnt(freshHigh);
    store<u64>(at, load<u64>(at) | freshLow);
    store<u64>(at, load<u64>(at, 8) | freshHigh, 8);
    insideLow = ALL;
    insideHigh = ALL;
  }
  return marked;
}

export function drawSparseDirtySet(
  bitmap: usize,
  summary: usize,
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
    if (near < to) marked += <u64>bitmapMark(bitmap, summary, <u32>(<i64>near));
    if (far < to) marked += <u64>bitmapMark(bitmap, summary, <u32>(<i64>far));
    page = far + 1;
  }
  return <f64>marked;
}
