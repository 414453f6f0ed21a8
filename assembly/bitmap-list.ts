// The marked pages of a bitmap as a list. No one way to list is fast at every density: where a word in a
// hundred has a mark, looking for words costs most, where most pages have one, it is the writing. So the
// density of the stretch before says which way the next one goes, and a sample which way the first does.

import {
  ALL,
  bitPlaces,
  firstPageOf,
  headMask,
  isClear64,
  scratch,
  tailMask,
  wordOffset,
} from "./memory";
import { BLOCK_BYTES, skipClean } from "./summary";

/** Bytes of bitmap that are listed in one way: eight blocks of the summary. */
const STRETCH: usize = 4096;
/** Bytes that are looked at together. */
const LINE: usize = 64;
/** Of a list that has room. */
const NO_END: usize = 0;
/** Before the first stretch. */
const UNKNOWN: f32 = -1;
/** Entries that may be scribbled behind a list before the next ones overwrite them. */
const SLACK: usize = 16;

export function bitmapList(
  bitmap: usize,
  summary: usize,
  from: f64,
  to: f64,
  out: usize,
  max: u32,
): u32 {
  if (!(from < to) || max == 0) return 0;
  const start = out;
  const full = out + <usize>max * 4;
  const last = wordOffset(to);
  let offset = wordOffset(from);
  const head = headMask(from) & (offset == last ? tailMask(to) : ALL);
  if (head != ALL) {
    out = listWord(load<u64>(bitmap + offset) & head, <u32>firstPageOf(offset), out, full);
    offset += 8;
  }
  let density = UNKNOWN;
  while (offset < last && out != full) {
    offset = skipClean(summary, offset, last);
    if (offset == last) break;
    const size = stretchSize(<usize>(full - out) >> 2);
    const end = min<usize>((offset | (size - 1)) + 1, last);
    const page = <u32>firstPageOf(offset);
    const before = out;
    if (size < LINE) {
      out = listWord(load<u64>(bitmap + offset), page, out, full);
    } else {
      const blocks = markedBlocks(summary, offset);
      out = listStretch(bitmap + offset, bitmap + end, page, blocks, density, out);
      density = <f32>((out - before) >> 2) / <f32>((end - offset) << 3);
    }
    offset = end;
  }
  if (offset == last && (<i64>to & 63) != 0 && out != full) {
    out = listWord(load<u64>(bitmap + last) & tailMask(to), <u32>firstPageOf(last), out, full);
  }
  return <u32>((out - start) >> 2);
}

/** How much is listed next in one way: as much as surely fits. */
function stretchSize(room: usize): usize {
  if (room < (LINE << 3) + SLACK) return 8;
  if (room < (BLOCK_BYTES << 3) + SLACK) return LINE;
  return room < (STRETCH << 3) + SLACK ? BLOCK_BYTES : STRETCH;
}

/** Bit k: whether block k from that of `offset` on, within its stretch, may have marks. */
function markedBlocks(summary: usize, offset: usize): u32 {
  return summary == 0 ? 0xff : <u32>load<u8>(summary + (offset >> 12)) >> (<u32>(offset >> 9) & 7);
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

/**
 * Lists up to 512 words, to a list with room for all their pages and {@link SLACK}. Neighbours are alike:
 * the density is that of the stretch before.
 */
function listStretch(
  at: usize,
  end: usize,
  firstPage: u32,
  blocks: u32,
  density: f32,
  out: usize,
): usize {
  // Whole lines from here on.
  const lines = at + ((end - at) & (LINE - 1));
  if (lines != at) {
    out = listWords(at, lines, firstPage, out);
    firstPage += (<u32>(lines - at)) << 3;
    if (lines == end) return out;
  }
  if (density == UNKNOWN) density = sampledDensity(lines, end);
  if (density > 0.25) return listBytes(lines, end, firstPage, out);
  if (density > 0.04) return listEights(lines, end, firstPage, out);
  if (density > 0.004) return listByWord(lines, end, firstPage, out);
  // Where a stretch begins amid a block, its lines and blocks are not in step.
  return listByLine(lines, end, firstPage, lines == at ? blocks : 0xff, out);
}

function listWords(at: usize, end: usize, firstPage: u32, out: usize): usize {
  for (; at != end; at += 8, firstPage += 64) {
    out = listWord(load<u64>(at), firstPage, out, NO_END);
  }
  return out;
}

/** How many of the pages are marked, as far as eight places tell. */
function sampledDensity(at: usize, end: usize): f32 {
  const step = max<usize>(((end - at) >> 9) << 6, LINE);
  let marks: u64 = 0;
  let words: u32 = 0;
  for (; at < end; at += step, words += 2) {
    marks += popcnt(load<u64>(at)) + popcnt(load<u64>(at, 8));
  }
  return <f32>marks / <f32>(words << 6);
}

/**
 * For few marks: first the lines of 64 bytes that have any, noted without a branch, then their words.
 */
function listByLine(at: usize, end: usize, firstPage: u32, blocks: u32, out: usize): usize {
  const noted = scratch();
  let note = noted;
  for (let block = at; block < end; block += BLOCK_BYTES, blocks >>= 1) {
    if ((blocks & 1) == 0) continue;
    for (let line = block; line != min<usize>(block + BLOCK_BYTES, end); line += LINE) {
      store<u16>(note, <u16>(line - at));
      note += (<usize>!isClear64(line)) << 1;
    }
  }
  for (let one = noted; one != note; one += 2) {
    const offset = <usize>load<u16>(one);
    const line = at + offset;
    let filled = filledWords(line);
    do {
      const word = ctz(filled) << 3;
      filled &= filled - 1;
      const bits = load<u64>(line + <usize>word);
      out = listFours(bits, firstPage + <u32>(firstPageOf(offset) + ((<i64>word) << 3)), out);
    } while (filled != 0);
  }
  return out;
}

/** Bit k: whether word k of the eight at `line` has a mark. */
function filledWords(line: usize): u32 {
  if (ASC_FEATURE_SIMD) {
    const none = i64x2.splat(0);
    const low = <u32>i64x2.bitmask(i64x2.ne(v128.load(line, 0), none));
    const next = <u32>i64x2.bitmask(i64x2.ne(v128.load(line, 16), none));
    const third = <u32>i64x2.bitmask(i64x2.ne(v128.load(line, 32), none));
    const high = <u32>i64x2.bitmask(i64x2.ne(v128.load(line, 48), none));
    return low | (next << 2) | (third << 4) | (high << 6);
  }
  let filled: u32 = 0;
  for (let word: u32 = 0; word != 8; word++) {
    filled |= (<u32>(load<u64>(line + ((<usize>word) << 3)) != 0)) << word;
  }
  return filled;
}

/** For some marks: first the words that have any, noted without a branch. */
function listByWord(at: usize, end: usize, firstPage: u32, out: usize): usize {
  const noted = scratch();
  let note = noted;
  for (let word = at; word != end; word += 32) {
    const offset = <u16>(word - at);
    store<u16>(note, offset);
    note += (<usize>(load<u64>(word, 0) != 0)) << 1;
    store<u16>(note, offset + 8);
    note += (<usize>(load<u64>(word, 8) != 0)) << 1;
    store<u16>(note, offset + 16);
    note += (<usize>(load<u64>(word, 16) != 0)) << 1;
    store<u16>(note, offset + 24);
    note += (<usize>(load<u64>(word, 24) != 0)) << 1;
  }
  for (let one = noted; one != note; one += 2) {
    const offset = <usize>load<u16>(one);
    out = listFours(load<u64>(at + offset), firstPage + <u32>firstPageOf(offset), out);
  }
  return out;
}

/** For a mark in ten or twenty: eight of a word are always written, which is mostly enough. */
function listEights(at: usize, end: usize, firstPage: u32, out: usize): usize {
  for (; at != end; at += 8, firstPage += 64) {
    const word = load<u64>(at);
    const next = out + ((<usize>popcnt(word)) << 2);
    let bits = putFour(word, firstPage, out);
    bits = putFour(bits, firstPage, out + 16);
    for (let place = out + 32; bits != 0; place += 16) bits = putFour(bits, firstPage, place);
    out = next;
  }
  return out;
}

/** The pages of a word with marks, by fours. @inline */
function listFours(bits: u64, firstPage: u32, out: usize): usize {
  const next = out + ((<usize>popcnt(bits)) << 2);
  do {
    bits = putFour(bits, firstPage, out);
    out += 16;
  } while (bits != 0);
  return next;
}

/** Writes the four lowest marks; where there are fewer, what follows them means nothing. @inline */
function putFour(bits: u64, firstPage: u32, out: usize): u64 {
  store<u32>(out, firstPage + <u32>ctz(bits), 0);
  bits &= bits - 1;
  store<u32>(out, firstPage + <u32>ctz(bits), 4);
  bits &= bits - 1;
  store<u32>(out, firstPage + <u32>ctz(bits), 8);
  bits &= bits - 1;
  store<u32>(out, firstPage + <u32>ctz(bits), 12);
  return bits & (bits - 1);
}

for (let byte: u32 = 0; byte != 256; byte++) {
  let place = bitPlaces() + ((<usize>byte) << 3);
  for (let bit: u32 = 0; bit != 8; bit++) {
    if ((byte >> bit) & 1) store<u8>(place++, bit);
  }
}

/** For many marks: a byte of the bitmap at a time, its pages from a table. */
function listBytes(at: usize, end: usize, firstPage: u32, out: usize): usize {
  const table = bitPlaces();
  for (; at != end; at += 8) {
    let word = load<u64>(at);
    for (const nextPage = firstPage + 64; firstPage != nextPage; firstPage += 8) {
      const byte = <u32>word & 0xff;
      word >>= 8;
      putPlaces(table + ((<usize>byte) << 3), firstPage, out);
      out += (<usize>popcnt(byte)) << 2;
    }
  }
  return out;
}

/** @inline */
function putPlaces(places: usize, firstPage: u32, out: usize): void {
  if (ASC_FEATURE_SIMD) {
    const bits = v128.load_ext<u8>(places);
    const base = i32x4.splat(firstPage);
    v128.store(out, i32x4.add(base, i32x4.extend_low_i16x8_u(bits)), 0);
    v128.store(out, i32x4.add(base, i32x4.extend_high_i16x8_u(bits)), 16);
  } else {
    for (let entry: usize = 0; entry != 8; entry++) {
      store<u32>(out + (entry << 2), firstPage + <u32>load<u8>(places + entry));
    }
  }
}
