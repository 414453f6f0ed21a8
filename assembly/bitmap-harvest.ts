// Harvest: a dirty log is copied into a bitmap and cleared, in one pass over both.

import { isClear64 } from "./memory";
import { BLOCK_BYTES, BLOCK_WORDS, skipClean } from "./summary";

/** Bytes that are tested at once; most of a log is clean and left untouched. */
const LINE: usize = 64;

export function bitmapHarvest(
  log: usize,
  logSummary: usize,
  into: usize,
  intoSummary: usize,
  words: u32,
): f64 {
  const end = (<usize>words) << 3;
  if (logSummary == 0) return <f64>harvestLines(log, log + end, into);
  let marked: u64 = 0;
  for (let offset: usize = 0; ; offset += BLOCK_BYTES) {
    offset = skipClean(logSummary, offset, end);
    if (offset >= end) break;
    const stop = min<usize>(offset + BLOCK_BYTES, end);
    marked += harvestLines(log + offset, log + stop, into + offset);
  }
  moveSummary(logSummary, intoSummary, words);
  return <f64>marked;
}

/** What the log's summary notes moves as the marks do. */
function moveSummary(from: usize, into: usize, words: u32): void {
  const blocks = (words + BLOCK_WORDS - 1) / BLOCK_WORDS;
  for (const end = from + ((<usize>((blocks + 63) >> 6)) << 3); from != end; from += 8) {
    if (into != 0) {
      store<u64>(into, load<u64>(into) | load<u64>(from));
      into += 8;
    }
    store<u64>(from, 0);
  }
}

function harvestLines(log: usize, end: usize, into: usize): u64 {
  let marked: u64 = 0;
  for (
    const linesEnd = log + ((end - log) & ~(LINE - 1));
    log != linesEnd;
    log += LINE, into += LINE
  ) {
    if (isClear64(log)) continue;
    marked += moveFour(log, into) + moveFour(log + 32, into + 32);
  }
  for (; log != end; log += 8, into += 8) marked += moveWord(log, into);
  return marked;
}

/** @inline */
function moveFour(from: usize, into: usize): u64 {
  const a = load<u64>(from, 0);
  const b = load<u64>(from, 8);
  const c = load<u64>(from, 16);
  const d = load<u64>(from, 24);
  const oldA = load<u64>(into, 0);
  const oldB = load<u64>(into, 8);
  const oldC = load<u64>(into, 16);
  const oldD = load<u64>(into, 24);
  store<u64>(into, oldA | a, 0);
  store<u64>(into, oldB | b, 8);
  store<u64>(into, oldC | c, 16);
  store<u64>(into, oldD | d, 24);
  clear32(from);
  return popcnt(a & ~oldA) + popcnt(b & ~oldB) + popcnt(c & ~oldC) + popcnt(d & ~oldD);
}

/** @inline */
function clear32(at: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(at, i64x2.splat(0), 0);
    v128.store(at, i64x2.splat(0), 16);
  } else {
    store<u64>(at, 0, 0);
    store<u64>(at, 0, 8);
    store<u64>(at, 0, 16);
    store<u64>(at, 0, 24);
  }
}

/** Moves the bits of one word into another; answers how many of them were new there. */
function moveWord(from: usize, into: usize): u64 {
  const bits = load<u64>(from);
  const old = load<u64>(into);
  store<u64>(from, 0);
  store<u64>(into, old | bits);
  return popcnt(bits & ~old);
}
