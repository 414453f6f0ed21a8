// LZ4's block format, the compressing half: block = (token literals offset match)* token literals.
// A token holds the number of literals (upper half) and the length of the match less 4 (lower half). A half
// of 15 goes on in bytes that are added to it, up to and including the first below 255; those of the literals
// come before the literals, those of the match after its offset, which is a little-endian u16.

import { scratch } from "./memory";

/** Slots of the hash table: the position where bytes that hash to a slot were last seen, 0 for never. */
const TABLE_BITS: u32 = 13;
const TABLE_BYTES: usize = 2 << TABLE_BITS;

/** The shortest match that the format can say. */
const MIN_MATCH: usize = 4;

/** The format's end rule: so many last bytes are always literals. */
const LAST_LITERALS: usize = 5;

/**
 * No match begins within so many bytes of the end. The format asks for 12; with 16, literals before a
 * match can be copied in steps of 16 bytes and nothing past the end is read.
 */
const MATCHLESS_END: usize = 16;

/** Probes without a match after which the search takes longer steps, as a power of two. */
const PATIENCE_BITS: u32 = 6;

/**
 * Takes the first match that the table offers. What the table holds from before is cleared away: that costs
 * less than telling old positions from new ones at each probe. An empty slot then stands for the block's
 * first byte, which is a candidate like any other.
 */
export function lz4Compress(
  source: usize,
  length: u32,
  out: usize,
  limit: u32,
  acceleration: u32,
): i32 {
  const end = source + length;
  const room = out + limit;
  let to = out;
  let kept = source; // what lies before is in the block
  if (<usize>length > MATCHLESS_END) {
    const table = scratch();
    memory.fill(table, 0, TABLE_BYTES);
    const last = end - MATCHLESS_END;
    const span = last - source;
    let at = source + 1;
    while (at <= last) {
      let from = source;
      let value: u32 = 0;
      let following = load<u32>(at);
      let next = at;
      let step: usize = 1;
      let tries = acceleration << PATIENCE_BITS;
      do {
        at = next;
        next += step;
        // A position and no address: behind the last byte of a 4 GiB memory addresses begin anew.
        if (next - source > span) {
          at = end;
          break;
        }
        step = tries++ >> PATIENCE_BITS;
        value = following;
        following = load<u32>(next);
        const slot = table + slotOf(value);
        from = source + <usize>load<u16>(slot);
        store<u16>(slot, at - source);
      } while (load<u32>(from) != value);
      if (at == end) break;
      while (at != kept && from != source && load<u8>(at - 1) == load<u8>(from - 1)) {
        at--;
        from--;
      }
      const literals = at - kept;
      if (isTooLong(to, room, literals + (literals >> 8))) return 0;
      let token = to;
      to = putLiterals(to, kept, literals);
      // Where a match ends another one often begins; it has no literals.
      while (true) {
        kept = matchEnd(at + MIN_MATCH, from + MIN_MATCH, last, end);
        const more = kept - at - MIN_MATCH;
        if (isTooLong(to, room, more >> 8)) return 0;
        to = putMatch(token, to, at - from, more);
        at = kept;
        if (at > last) break;
        store<u16>(table + slotOf(load<u32>(at - 2)), at - 2 - source);
        value = load<u32>(at);
        const slot = table + slotOf(value);
        from = source + <usize>load<u16>(slot);
        store<u16>(slot, at - source);
        if (load<u32>(from) != value) {
          at++;
          break;
        }
        token = to++;
        store<u8>(token, 0);
      }
    }
  }
  const literals = end - kept;
  const lengths: usize = literals < 15 ? 1 : 2 + (literals - 15) / 255;
  if (isTooLong(to, room, lengths + literals)) return 0;
  to = putLiteralLength(to, literals);
  memory.copy(to, kept, literals);
  return <i32>(to + literals - out);
}

/** Offset in the table of the slot for four bytes: the upper bits of their product with 2^32 / golden ratio. */
function slotOf(value: u32): usize {
  return (<usize>((value * 2654435761) >> (32 - TABLE_BITS))) << 1;
}

/** Whether a block that goes on with `count` bytes, or more, at `to` passes `room`. */
function isTooLong(to: usize, room: usize, count: usize): bool {
  return <i32>(room - to - count) < 0;
}

/** How far bytes stay the same from `at` and `from` on, within the format's end rule. */
function matchEnd(at: usize, from: usize, last: usize, end: usize): usize {
  while (at <= last) {
    const difference = load<u64>(at) ^ load<u64>(from);
    if (difference != 0) return at + <usize>(ctz(difference) >> 3);
    at += 8;
    from += 8;
  }
  for (const rest = end - LAST_LITERALS; at != rest; at++, from++) {
    if (load<u8>(at) != load<u8>(from)) break;
  }
  return at;
}

/** Writes a token and literals in steps of 16 bytes; answers where its offset goes. */
function putLiterals(to: usize, from: usize, literals: usize): usize {
  to = putLiteralLength(to, literals);
  copy16(to, from);
  for (let done: usize = 16; done < literals; done += 16) copy16(to + done, from + done);
  return to + literals;
}

/** Writes a token, its lower half still 0, and what the upper half cannot say. */
function putLiteralLength(to: usize, literals: usize): usize {
  if (literals < 15) {
    store<u8>(to, literals << 4);
    return to + 1;
  }
  store<u8>(to, 0xf0);
  return putMore(to + 1, literals - 15);
}

/** Writes an offset and the length of a match, of which the lower half of `token` says a part. */
function putMatch(token: usize, to: usize, offset: usize, more: usize): usize {
  store<u16>(to, offset);
  const half: usize = more < 15 ? more : 15;
  store<u8>(token, <usize>load<u8>(token) + half);
  return half < 15 ? to + 2 : putMore(to + 2, more - 15);
}

function putMore(to: usize, more: usize): usize {
  for (; more >= 255; more -= 255) store<u8>(to++, 255);
  store<u8>(to, more);
  return to + 1;
}

/** In the scalar build halves of 8 bytes in turn, so that `from` may lie 8 bytes below `to`. */
export function copy16(to: usize, from: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(to, v128.load(from));
  } else {
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
  }
}
