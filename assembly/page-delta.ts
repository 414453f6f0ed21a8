// XBZRLE, the delta format of QEMU: page = (zrun nzrun)*. A zrun counts bytes that stay, an nzrun counts
// bytes that change and is followed by their new values. Both counts are ULEB128 of one or two bytes.

import { copy16, copyExact } from "./copy";
import { PAGE, scratch } from "./memory";
import { changedCount, edgeCount, findEdges, listEdges } from "./page-runs";

/** Behind the words of edges, in scratch memory: the positions of the edges. */
const LIST: usize = 512;
/** The longest a delta can be beyond its changed bytes and a byte for each length: 32 lengths may take two. */
const LONG_LENGTHS: u32 = 32;

export function deltaEncode(old: usize, page: usize, out: usize, limit: u32): i32 {
  findEdges(old, page);
  // What the delta takes at least: the verdict mostly falls before a byte is written.
  const least = changedCount + edgeCount;
  if (least == 0) return limit < 2 ? -1 : 0;
  if (least > limit) return -1;
  const list = scratch() + LIST;
  listEdges(list);
  const listEnd = list + ((<usize>edgeCount) << 1);
  if (least + LONG_LENGTHS + 2 > limit || isNearEnd(page)) {
    return putRunsWithin(list, listEnd, page, out, limit);
  }
  return <i32>(putRuns(list, listEnd, page, out) - out);
}

/** Whether the memory ends so soon behind the page that a step of 16 bytes could pass its end. */
function isNearEnd(page: usize): bool {
  return ((<usize>memory.size()) << 16) - (page + PAGE) < 16;
}

/** Writes all runs, in steps of 16 bytes that may read past the page; answers where they end. */
function putRuns(list: usize, listEnd: usize, page: usize, out: usize): usize {
  let kept: usize = 0;
  do {
    const pair = load<u32>(list);
    const start = <usize>(pair & 0xffff);
    const end = <usize>(pair >> 16);
    const count = end - start;
    out = putLengths(out, start - kept, count);
    copy16(out, page + start);
    if (count > 16) copyRun(out, page + start, count);
    out += count;
    kept = end;
    list += 4;
  } while (list != listEnd);
  return out;
}

/** Not inlined: where it is called, runs are seldom. */
function copyRun(to: usize, from: usize, count: usize): void {
  copyExact(to, from, count);
}

/**
 * Writes the runs if they fit. QEMU wants room for a pair of lengths also where only equal bytes follow
 * (xbzrle_encode_buffer), so that a delta of the limit's length may be refused.
 */
function putRunsWithin(list: usize, listEnd: usize, page: usize, out: usize, limit: u32): i32 {
  const first = out;
  const room = out + limit;
  let kept: usize = 0;
  for (; list != listEnd; list += 4) {
    const start = <usize>load<u16>(list);
    const end = <usize>load<u16>(list, 2);
    const count = end - start;
    if (lengthBytes(start - kept) + lengthBytes(count) + count > room - out) return -1;
    out = putLengths(out, start - kept, count);
    copyRun(out, page + start, count);
    out += count;
    kept = end;
  }
  if (kept != PAGE && room - out < 2) return -1;
  return <i32>(out - first);
}

/** @inline */
function putLengths(out: usize, kept: usize, count: usize): usize {
  if ((kept | count) < 128) {
    store<u16>(out, <u16>(kept | (count << 8)));
    return out + 2;
  }
  return putLength(putLength(out, kept), count);
}

function putLength(out: usize, length: usize): usize {
  if (length < 128) {
    store<u8>(out, length);
    return out + 1;
  }
  store<u16>(out, (length & 127) | 128 | ((length >> 7) << 8));
  return out + 2;
}

/** How many bytes a length takes. */
function lengthBytes(length: usize): usize {
  return length < 128 ? 1 : 2;
}

/** After so many runs a delta is taken for scattered if they took no more than so many bytes of it. */
const TRIAL_RUNS: u32 = 8;
const TRIAL_BYTES: usize = 160;
/** Most bytes that stay in a short pair of runs; most that change are 15. */
const SHORT_KEPT: usize = 127;
/** Bits that longer lengths have in a pair of bytes, and that a length of 0 has after 1 was taken from it. */
const NOT_SHORT: u32 = 0xf080;

/** Refuses what QEMU refuses (xbzrle_decode_buffer). */
export function deltaDecode(delta: usize, length: u32, page: usize): i32 {
  const end = delta + length;
  const trialEnd = delta + TRIAL_BYTES;
  let position: usize = 0;
  for (let runs: u32 = 0; delta != end; runs++) {
    if (runs == TRIAL_RUNS && delta <= trialEnd) return rebuild(delta, end, page, position);
    if (end - delta < 2) return -1;
    let kept = <usize>load<u8>(delta++);
    if (kept > 127) {
      const high = <usize>load<u8>(delta++);
      if (high > 127) return -1;
      kept = (kept & 127) | (high << 7);
    }
    if (kept == 0 && position != 0) return -1;
    if (<isize>(end - delta) < 2) return -1;
    let count = <usize>load<u8>(delta++);
    if (count > 127) {
      const high = <usize>load<u8>(delta++);
      if (high > 127) return -1;
      count = (count & 127) | (high << 7);
    }
    if (count == 0) return -1;
    const target = position + kept;
    position = target + count;
    if (position > PAGE || count > end - delta) return -1;
    copyExact(page + target, delta, count);
    delta += count;
  }
  return <i32>position;
}

/**
 * Decodes the rest of a scattered delta from left to right in steps of 16 bytes, whatever the lengths of
 * the runs: each step writes too much, which the next one overwrites with what belongs there. The old
 * page is put aside for that, since reading back what was just written is slow. Near the ends of page
 * and delta, and for long runs, it goes run by run.
 */
function rebuild(delta: usize, end: usize, page: usize, position: usize): i32 {
  const old = scratch();
  copyRun(old + position, page + position, PAGE - position);
  while (delta != end) {
    while (position <= PAGE - SHORT_KEPT - 16 && end - delta >= 2 + 16) {
      const lengths = <u32>load<u16>(delta);
      if (((lengths | (lengths - 0x0101)) & NOT_SHORT) != 0) break;
      // Where the next pair lies hangs on this count alone: it is loaded by itself, to be there early.
      const count = <usize>load<u8>(delta, 1);
      copy16(page + position, old + position);
      position += <usize>load<u8>(delta);
      copy16(page + position, delta + 2);
      position += count;
      delta += 2 + count;
    }
    if (delta == end) break;
    restore(page, old, position);
    const kept = lengthAt(delta, end);
    if (kept <= 0) return -1;
    delta += lengthBytesAt(delta);
    const count = lengthAt(delta, end);
    if (count <= 0) return -1;
    delta += lengthBytesAt(delta);
    const target = position + <usize>kept;
    position = target + <usize>count;
    if (position > PAGE || <usize>count > end - delta) return -1;
    copyRun(page + target, delta, <usize>count);
    delta += <usize>count;
  }
  restore(page, old, position);
  return <i32>position;
}

/** Puts back what a step of 16 bytes that ended before `position` may have overwritten from there on. */
function restore(page: usize, old: usize, position: usize): void {
  if (position != PAGE) copyRun(page + position, old + position, min<usize>(16, PAGE - position));
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

/** How many bytes a valid number at `at` takes; it need not be the shortest form. */
function lengthBytesAt(at: usize): usize {
  return load<u8>(at) < 128 ? 1 : 2;
}
