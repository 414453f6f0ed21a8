// XBZRLE, the delta format of QEMU: page = (zrun nzrun)*. A zrun counts bytes that stay, an nzrun counts
// bytes that change and is followed by their new values. Both counts are ULEB128 of one or two bytes.

import { PAGE } from "./memory";
import { isSame128 } from "./page-scan";

/** From this length on a bulk copy beats the loop of 16 bytes. */
const BULK: usize = 384;

/**
 * Compares 64 bytes at a time into a mask of changed bytes, whose edges (bits that differ from the bit
 * below) are where runs of changed bytes begin and end, in turn.
 */
export function deltaEncode(old: usize, page: usize, out: usize, limit: u32): i32 {
  let at = out;
  const room = out + limit;
  let kept: usize = 0; // end of the last run of changed bytes
  let start: usize = 0; // where the open run of changed bytes began
  let carry: u64 = 0; // 1 while a run is open
  for (let block: usize = 0; block != PAGE; block += 64) {
    if (carry == 0 && (block & 127) == 0) {
      while (block != PAGE && isSame128(old + block, page + block)) block += 128;
      if (block == PAGE) break;
    }
    const changed = changedBytes(old + block, page + block);
    let edges = changed ^ ((changed << 1) | carry);
    while (edges != 0) {
      const position = block + <usize>ctz(edges);
      if (carry == 0) {
        start = position;
      } else {
        at = putRun(at, room, kept, start, position, page);
        if (at == 0) return -1;
        kept = position;
      }
      carry ^= 1;
      edges &= edges - 1;
    }
  }
  if (carry != 0) {
    at = putRun(at, room, kept, start, PAGE, page);
    if (at == 0) return -1;
  }
  return <i32>(at - out);
}

/** Bit k: whether byte k of 64 differs. */
function changedBytes(old: usize, page: usize): u64 {
  if (ASC_FEATURE_SIMD) {
    const low = same16(old, page, 0) | (same16(old, page, 16) << 16);
    const high = same16(old, page, 32) | (same16(old, page, 48) << 16);
    return ~(<u64>low | ((<u64>high) << 32));
  }
  let bits: u64 = 0;
  for (let word: usize = 0; word != 64; word += 8) {
    bits |= changedOf8(load<u64>(old + word) ^ load<u64>(page + word)) << word;
  }
  return bits;
}

function same16(old: usize, page: usize, offset: usize): u32 {
  return <u32>i8x16.bitmask(i8x16.eq(v128.load(old + offset), v128.load(page + offset)));
}

/** Bit k: whether byte k of `difference` is not zero. The product gathers the top bits of the bytes. */
function changedOf8(difference: u64): u64 {
  const low: u64 = 0x7f7f_7f7f_7f7f_7f7f;
  const tops = (((difference & low) + low) | difference) & ~low;
  return ((tops >> 7) * 0x0102_0408_1020_4080) >> 56;
}

/**
 * Writes one pair of runs, bytes [kept, start) that stay and [start, end) of `page` that change; answers
 * where the next pair goes, or 0 when this one would pass `room`.
 */
function putRun(
  out: usize,
  room: usize,
  kept: usize,
  start: usize,
  end: usize,
  page: usize,
): usize {
  const count = end - start;
  const lengths: usize = (start - kept > 127 ? 2 : 1) + (count > 127 ? 2 : 1);
  if (lengths + count > room - out) return 0;
  out = putLength(putLength(out, start - kept), count);
  // Steps of 16 bytes must not read past the page: it may be the last one of the memory.
  if (count >= BULK || end > PAGE - 16) memory.copy(out, page + start, count);
  else copyWild(out, page + start, count);
  return out + count;
}

function putLength(out: usize, length: usize): usize {
  if (length < 128) {
    store<u8>(out, length);
    return out + 1;
  }
  store<u16>(out, (length & 127) | 128 | ((length >> 7) << 8));
  return out + 2;
}

/** Copies in steps of 16 bytes; may read and write up to 15 bytes more than `count`. */
function copyWild(out: usize, from: usize, count: usize): void {
  for (let done: usize = 0; done < count; done += 16) {
    if (ASC_FEATURE_SIMD) {
      v128.store(out + done, v128.load(from + done));
    } else {
      store<u64>(out + done, load<u64>(from + done));
      store<u64>(out + done, load<u64>(from + done, 8), 8);
    }
  }
}

export function deltaDecode(delta: usize, length: u32, page: usize): i32 {
  const end = delta + length;
  let position: usize = 0;
  for (let first = true; delta != end; first = false) {
    const kept = lengthAt(delta, end);
    if (kept < 0 || (kept == 0 && !first)) return -1;
    delta += lengthBytes(delta);
    const count = lengthAt(delta, end);
    if (count <= 0) return -1;
    delta += lengthBytes(delta);
    const target = position + <usize>kept;
    position = target + <usize>count;
    if (position > PAGE || <usize>count > end - delta) return -1;
    copyExact(page + target, delta, <usize>count);
    delta += <usize>count;
  }
  return <i32>position;
}

/** The ULEB128 number at `at`, or -1 when it does not end within two bytes or before `end`. */
function lengthAt(at: usize, end: usize): i32 {
  if (at == end) return -1;
  const low = <i32>load<u8>(at);
  if (low < 128) return low;
  if (at + 1 == end) return -1;
  const high = <i32>load<u8>(at, 1);
  return high < 128 ? (low & 127) | (high << 7) : -1;
}

/** How many bytes a valid number at `at` takes. */
function lengthBytes(at: usize): usize {
  return load<u8>(at) < 128 ? 1 : 2;
}

/** Touches nothing but the `count` bytes. Most runs are short, and a bulk copy is a call into the engine. */
function copyExact(out: usize, from: usize, count: usize): void {
  if (count >= 16) memory.copy(out, from, count);
  else for (const end = out + count; out != end; out++, from++) store<u8>(out, load<u8>(from));
}
