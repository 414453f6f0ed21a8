// LZ4's block format, the decompressing half; lz4-compress.ts says how a block is made. A block is hostile
// until it is checked. While there is room on both sides a sequence takes whole steps of 16 bytes; what
// does not fit that, be it the end of the block or damage, goes to a loop that checks and copies exactly.

import { copy16 } from "./lz4-compress";

/** So far from the end of the block, and of the output, a sequence may be done in whole steps. */
const BLOCK_ROOM: usize = 32;
const OUT_ROOM: usize = 48;

/** Longest run of any length; such sums never overflow. */
const LONGEST: usize = 0x3fff_ffff;

/** Row k: which bytes of a window of 16 repeat its first k bytes; row 16 is the window as it is. */
// biome-ignore format: a line for each row
const REPEATS = memory.data<u8>([
   0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
   0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
   0,  1,  0,  1,  0,  1,  0,  1,  0,  1,  0,  1,  0,  1,  0,  1,
   0,  1,  2,  0,  1,  2,  0,  1,  2,  0,  1,  2,  0,  1,  2,  0,
   0,  1,  2,  3,  0,  1,  2,  3,  0,  1,  2,  3,  0,  1,  2,  3,
   0,  1,  2,  3,  4,  0,  1,  2,  3,  4,  0,  1,  2,  3,  4,  0,
   0,  1,  2,  3,  4,  5,  0,  1,  2,  3,  4,  5,  0,  1,  2,  3,
   0,  1,  2,  3,  4,  5,  6,  0,  1,  2,  3,  4,  5,  6,  0,  1,
   0,  1,  2,  3,  4,  5,  6,  7,  0,  1,  2,  3,  4,  5,  6,  7,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  0,  1,  2,  3,  4,  5,  6,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  0,  1,  2,  3,  4,  5,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10,  0,  1,  2,  3,  4,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11,  0,  1,  2,  3,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12,  0,  1,  2,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13,  0,  1,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,  0,
   0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15,
]);

/** Entry k: the largest multiple of k up to 16, by which a window that repeats k bytes can go on. */
const STRIDES = memory.data<u8>([0, 16, 16, 15, 16, 15, 12, 14, 16, 9, 10, 11, 12, 13, 14, 15]);

export function lz4Decompress(block: usize, length: u32, out: usize, capacity: u32): i32 {
  let at = block;
  let to = out;
  const end = block + length;
  const room = out + capacity;
  if (<usize>length < BLOCK_ROOM || <usize>capacity < OUT_ROOM) {
    return decompressExactly(at, end, out, to, room, -1);
  }
  const blockSafe = end - BLOCK_ROOM;
  const outSafe = room - OUT_ROOM;
  while (areWithin(blockSafe - at, outSafe - to)) {
    const token = <usize>load<u8>(at);
    let count = token >> 4;
    copy16(to, at + 1);
    if (token < 0xf0) {
      at += count + 1;
      to += count;
    } else {
      let next = at + 1;
      let byte: usize = 0;
      do {
        byte = <usize>load<u8>(next++);
        count += byte;
      } while (byte == 255 && areWithin(blockSafe - next, LONGEST - count));
      if (!areWithin(blockSafe - next - count, outSafe - to - count)) break;
      at = next + count;
      to = copySteps(to, next, count);
    }
    const offset = <usize>load<u16>(at);
    // Also true of an offset of 0.
    if (offset - 1 >= to - out) return decompressExactly(at, end, out, to, room, <i32>token);
    count = token & 15;
    if (count <= 12) {
      copyRepeat16(to, to - offset, offset);
      at += 2;
      to += count + 4;
      continue;
    }
    let next = at + 2;
    if (count == 15) {
      let byte: usize = 0;
      do {
        byte = <usize>load<u8>(next++);
        count += byte;
      } while (byte == 255 && areWithin(blockSafe - next, LONGEST - count));
      if (!areWithin(blockSafe - next, outSafe - to - count)) {
        return decompressExactly(at, end, out, to, room, <i32>token);
      }
    }
    at = next;
    count += 4;
    to =
      offset < 16 ? copyRepeat(to, to - offset, offset, count) : copySteps(to, to - offset, count);
  }
  return decompressExactly(at, end, out, to, room, -1);
}

/** Whether neither distance is negative; one jump for both. */
function areWithin(one: usize, other: usize): bool {
  return <i32>(one | other) >= 0;
}

/**
 * Goes on from the sequence at `at`, or, when a `token` is given, from the offset of that token's match.
 * Answers as lz4Decompress does.
 */
function decompressExactly(
  at: usize,
  end: usize,
  out: usize,
  to: usize,
  room: usize,
  token: i32,
): i32 {
  while (true) {
    if (token < 0) {
      if (at == end) return -1;
      token = <i32>load<u8>(at++);
      const more: i32 = token < 0xf0 ? 0 : moreAt(at, end);
      if (more < 0) return -1;
      if (token >= 0xf0) at += <usize>more / 255 + 1;
      const literals = <usize>(token >> 4) + <usize>more;
      if (literals > end - at || literals > room - to) return -1;
      copyExact(to, at, literals);
      at += literals;
      to += literals;
      if (at == end) return <i32>(to - out);
    }
    if (end - at < 2) return -1;
    const offset = <usize>load<u16>(at);
    at += 2;
    const isLong = (token & 15) == 15;
    const more: i32 = isLong ? moreAt(at, end) : 0;
    if (more < 0) return -1;
    if (isLong) at += <usize>more / 255 + 1;
    const count = <usize>(token & 15) + 4 + <usize>more;
    if (offset - 1 >= to - out || count > room - to) return -1;
    copyMatch(to, offset, count);
    to += count;
    token = -1;
  }
}

/** The sum of the bytes that continue a length, or -1 when they do not end before `end`. */
function moreAt(at: usize, end: usize): i32 {
  let sum: usize = 0;
  for (; at != end && sum < LONGEST; at++) {
    const byte = <usize>load<u8>(at);
    sum += byte;
    if (byte != 255) return <i32>sum;
  }
  return -1;
}

function copyExact(to: usize, from: usize, count: usize): void {
  if (count >= 16) memory.copy(to, from, count);
  else for (const end = to + count; to != end; to++, from++) store<u8>(to, load<u8>(from));
}

/** A match longer than its offset repeats itself: each copy doubles what the next one can take. */
function copyMatch(to: usize, offset: usize, count: usize): void {
  const from = to - offset;
  if (count < 16) {
    for (let done: usize = 0; done != count; done++) store<u8>(to + done, load<u8>(from + done));
    return;
  }
  for (let reach = offset; count > reach; reach += reach) {
    memory.copy(to, from, reach);
    to += reach;
    count -= reach;
  }
  memory.copy(to, from, count);
}

/** Copies in steps of 32 bytes, `from` at least 16 below `to` or elsewhere; answers the end of `count` bytes. */
function copySteps(to: usize, from: usize, count: usize): usize {
  const end = to + count;
  do {
    copy16(to, from);
    copy16(to + 16, from + 16);
    to += 32;
    from += 32;
  } while (to < end);
  return end;
}

/** Repeats the `offset` bytes (1 .. 15) before `to`, with up to 15 bytes past the `count`; answers the end of `count` bytes. */
function copyRepeat(to: usize, from: usize, offset: usize, count: usize): usize {
  const end = to + count;
  if (ASC_FEATURE_SIMD) {
    const window = repeated(from, offset);
    const stride = <usize>load<u8>(STRIDES + offset);
    for (; to < end; to += stride) v128.store(to, window);
  } else {
    for (; to != end; to++, from++) store<u8>(to, load<u8>(from));
  }
  return end;
}

/** 16 bytes of a match. */
function copyRepeat16(to: usize, from: usize, offset: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(to, repeated(from, min<usize>(offset, 16)));
  } else if (offset < 8) {
    for (let done: usize = 0; done != 16; done++) store<u8>(to + done, load<u8>(from + done));
  } else {
    copy16(to, from);
  }
}

/** The `offset` bytes (1 .. 16) at `from`, over and over. */
function repeated(from: usize, offset: usize): v128 {
  return i8x16.swizzle(v128.load(from), v128.load(REPEATS + offset * 16));
}
