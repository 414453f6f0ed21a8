// A round: which of the pending pages go next within a budget, in ascending order, at what cost.
// Words of 64 pages are taken whole while the budget lasts, and the last one is cut to the page.

import { listWord } from "./bitmap-list";
import { ALL, firstPageOf, headMask, optionalWord, tailMask, wordOffset } from "./memory";
import { holdsPage, mayTake, takeSlot } from "./page-cache";
import { crossOff, skipClean } from "./summary";

/** Bytes of eight words. */
const BLOCK: usize = 64;

export function roundTake(
  pending: usize,
  summary: usize,
  exclude: usize,
  skip: usize,
  zero: usize,
  from: f64,
  to: f64,
  limit: f64,
  zeroCost: f64,
  rawCost: f64,
  result: usize,
): void {
  const zeroBytes = <u64>zeroCost;
  const rawBytes = <u64>rawCost;
  let budget = <u64>limit;
  let zeroCount: u64 = 0;
  let rawCount: u64 = 0;
  let skipCount: u64 = 0;
  let next = to;
  let mask = headMask(from);
  const isPlain = (exclude | skip | zero) == 0;
  const end = from < to ? wordOffset(to - 1) + 8 : 0;
  for (let offset = from < to ? wordOffset(from) : 0; next == to; offset += 8) {
    if (mask == ALL) offset = skipClean(summary, offset, end);
    if (offset == end) break;
    // With nothing to tell pages apart, eight words go at a time while the budget lasts.
    if (isPlain && mask == ALL && offset + BLOCK < end) {
      const pages = countBlock(pending + offset);
      if (pages * rawBytes <= budget) {
        if (pages != 0) memory.fill(pending + offset, 0, BLOCK);
        budget -= pages * rawBytes;
        rawCount += pages;
        offset += BLOCK - 8;
        continue;
      }
    }
    if (offset + 8 == end) mask &= tailMask(to);
    let word = load<u64>(pending + offset) & mask & ~optionalWord(exclude, offset);
    mask = ALL;
    if (word == 0) continue;
    const skipped = optionalWord(skip, offset);
    const zeros = optionalWord(zero, offset) & ~skipped;
    let cost = popcnt(word & zeros) * zeroBytes + popcnt(word & ~zeros & ~skipped) * rawBytes;
    if (cost > budget) {
      const last = lastWithin(word & ~skipped, zeros, budget, zeroBytes, rawBytes);
      next = <f64>(firstPageOf(offset) + <i64>last + 1);
      word &= ALL >> (63 - last);
      // The budget is passed; what is left of it does not matter any more.
      cost = 0;
    }
    budget -= cost;
    zeroCount += popcnt(word & zeros);
    rawCount += popcnt(word & ~zeros & ~skipped);
    skipCount += popcnt(word & skipped);
    store<u64>(pending + offset, load<u64>(pending + offset) & ~word);
    if (zero) store<u64>(zero + offset, load<u64>(zero + offset) & ~(word & zeros));
  }
  if (exclude == 0) crossOff(summary, from, next);
  store<f64>(result, next);
  store<f64>(result, <f64>zeroCount, 8);
  store<f64>(result, <f64>rawCount, 16);
  store<f64>(result, <f64>skipCount, 24);
  store<f64>(result, <f64>(zeroCount * zeroBytes + rawCount * rawBytes), 32);
}

/** Set bits in eight words. */
function countBlock(words: usize): u64 {
  return (
    popcnt(load<u64>(words)) +
    popcnt(load<u64>(words, 8)) +
    popcnt(load<u64>(words, 16)) +
    popcnt(load<u64>(words, 24)) +
    popcnt(load<u64>(words, 32)) +
    popcnt(load<u64>(words, 40)) +
    popcnt(load<u64>(words, 48)) +
    popcnt(load<u64>(words, 56))
  );
}

/** Position of the page that passes the budget, in a word whose pages pass it together. */
function lastWithin(word: u64, zeros: u64, budget: u64, zeroBytes: u64, rawBytes: u64): u64 {
  let last = ctz(word);
  let spent = (zeros >> last) & 1 ? zeroBytes : rawBytes;
  while (spent <= budget) {
    word &= word - 1;
    last = ctz(word);
    spent += (zeros >> last) & 1 ? zeroBytes : rawBytes;
  }
  return last;
}

export function roundTakeCached(
  pending: usize,
  summary: usize,
  exclude: usize,
  skip: usize,
  zero: usize,
  from: f64,
  to: f64,
  limit: f64,
  zeroCost: f64,
  rawCost: f64,
  deltaCost: f64,
  cache: usize,
  slots: u32,
  generation: u32,
  frozen: u32,
  result: usize,
): void {
  const zeroBytes = <u64>zeroCost;
  const rawBytes = <u64>rawCost;
  const deltaBytes = <u64>deltaCost;
  const budget = <u64>limit;
  let zeroCount: u64 = 0;
  let rawCount: u64 = 0;
  let skipCount: u64 = 0;
  let deltaCount: u64 = 0;
  let unchangedCount: u64 = 0;
  let bytes: u64 = 0;
  let next = to;
  let mask = headMask(from);
  const end = from < to ? wordOffset(to - 1) + 8 : 0;
  for (let offset = from < to ? wordOffset(from) : 0; next == to; offset += 8) {
    if (mask == ALL) offset = skipClean(summary, offset, end);
    if (offset == end) break;
    if (offset + 8 == end) mask &= tailMask(to);
    let word = load<u64>(pending + offset) & mask & ~optionalWord(exclude, offset);
    mask = ALL;
    if (word == 0) continue;
    const skipped = optionalWord(skip, offset);
    const zeros = optionalWord(zero, offset) & ~skipped;
    let taken: u64 = 0;
    while (word != 0 && bytes <= budget) {
      const bit = word & (0 - word);
      const page = firstPageOf(offset) + <i64>ctz(word);
      word ^= bit;
      taken |= bit;
      if (skipped & bit) {
        skipCount++;
      } else if (zeros & bit) {
        // A zero page goes to the cache as any other.
        lookUp(cache, slots, <u32>page, generation, frozen);
        zeroCount++;
        bytes += zeroBytes;
      } else if (!lookUp(cache, slots, <u32>page, generation, frozen) || deltaBytes > rawBytes) {
        rawCount++;
        bytes += rawBytes;
      } else if (deltaBytes == 0) {
        unchangedCount++;
      } else {
        deltaCount++;
        bytes += deltaBytes;
      }
      if (bytes > budget) next = <f64>(page + 1);
    }
    store<u64>(pending + offset, load<u64>(pending + offset) & ~taken);
    if (zero) store<u64>(zero + offset, load<u64>(zero + offset) & ~(taken & zeros));
  }
  if (exclude == 0) crossOff(summary, from, next);
  store<f64>(result, next);
  store<f64>(result, <f64>zeroCount, 8);
  store<f64>(result, <f64>rawCount, 16);
  store<f64>(result, <f64>skipCount, 24);
  store<f64>(result, <f64>bytes, 32);
  store<f64>(result, <f64>deltaCount, 40);
  store<f64>(result, <f64>unchangedCount, 48);
}

/** Whether the cache holds the page, which is then fresh; a page it does not hold takes the slot if it may. */
function lookUp(cache: usize, slots: u32, page: u32, generation: u32, frozen: u32): bool {
  const slot = cache + <usize>(page & (slots - 1)) * 8;
  const isHit = holdsPage(slot, page);
  if (!frozen && (isHit || mayTake(slot, generation))) takeSlot(slot, page, generation);
  return isHit;
}

export function roundList(
  pending: usize,
  summary: usize,
  exclude: usize,
  skip: usize,
  from: f64,
  to: f64,
  out: usize,
  max: u32,
  result: usize,
): void {
  const start = out;
  const full = out + <usize>max * 4;
  let skipCount: u64 = 0;
  let next = to;
  let mask = headMask(from);
  const end = from < to ? wordOffset(to - 1) + 8 : 0;
  if (max == 0) next = from;
  for (let offset = from < to ? wordOffset(from) : 0; next == to; offset += 8) {
    if (mask == ALL) offset = skipClean(summary, offset, end);
    if (offset == end) break;
    if (offset + 8 == end) mask &= tailMask(to);
    let word = load<u64>(pending + offset) & mask & ~optionalWord(exclude, offset);
    mask = ALL;
    if (word == 0) continue;
    const skipped = optionalWord(skip, offset);
    out = listWord(word & ~skipped, <u32>firstPageOf(offset), out, full);
    if (out == full) {
      const last = load<u32>(out - 4);
      next = <f64>last + 1;
      word &= ALL >> (63 - (<u64>last & 63));
    }
    skipCount += popcnt(word & skipped);
    store<u64>(pending + offset, load<u64>(pending + offset) & ~word);
  }
  if (exclude == 0) crossOff(summary, from, next);
  store<f64>(result, next);
  store<f64>(result, <f64>((out - start) >> 2), 8);
  store<f64>(result, <f64>skipCount, 16);
}
