// Batches of page records, as in a RAM section of QEMU's stream with CONTINUE always set. A record is a
// big-endian u64, page number * 4096 | flags, and then
//   zero   u8 0                                  9 bytes
//   raw    4096 bytes                         4104 bytes
//   delta  u8 1, u16 big-endian n, n bytes  11 + n bytes

import { PAGE } from "./memory";
import { holdsPage, mayTake, takeSlot } from "./page-cache";
import { deltaDecode, deltaEncode } from "./page-delta";
import { pageIsZero } from "./page-scan";

const ZERO: u64 = 0x22;
const RAW: u64 = 0x28;
const DELTA: u64 = 0x60;
const FLAGS: u64 = 0xfff;

const ZERO_BYTES: usize = 9;
const RAW_BYTES: usize = 8 + PAGE;
const DELTA_HEADER: usize = 11;
const DELTA_MARK: u8 = 1;
const CACHE_HEADER: usize = 16;

export function batchEncode(
  guest: usize,
  firstPage: u32,
  list: usize,
  count: u32,
  out: usize,
  limit: u32,
  cache: usize,
  slots: u32,
  generation: u32,
  frozen: u32,
  result: usize,
): void {
  const start = out;
  let consumed: u32 = 0;
  let zero: u32 = 0;
  let raw: u32 = 0;
  let delta: u32 = 0;
  let unchanged: u32 = 0;
  for (; consumed != count && out - start <= <usize>limit; consumed++) {
    const page = load<u32>(list + <usize>consumed * 4);
    const bytes = guest + <usize>(page - firstPage) * PAGE;
    const index = <usize>(page & (slots - 1));
    const slot = cache + index * CACHE_HEADER;
    const copy = cache + <usize>slots * CACHE_HEADER + index * PAGE;
    const isCached = cache != 0 && holdsPage(slot, page);
    if (pageIsZero(bytes)) {
      if (cache != 0 && !frozen && (isCached || mayTake(slot, generation))) {
        refresh(slot, copy, page, generation, bytes);
      }
      out = putZero(out, page);
      zero++;
      continue;
    }
    let size: i32 = -1;
    if (isCached) {
      size = deltaEncode(copy, bytes, out + DELTA_HEADER, <u32>PAGE);
      if (!frozen) refresh(slot, copy, page, generation, size == 0 ? 0 : bytes);
    } else if (cache != 0 && !frozen && mayTake(slot, generation)) {
      refresh(slot, copy, page, generation, bytes);
    }
    if (size == 0) {
      unchanged++;
    } else if (size > 0) {
      out = putDelta(out, page, size);
      delta++;
    } else {
      out = putRaw(out, page, bytes);
      raw++;
    }
  }
  store<f64>(result, <f64>consumed);
  store<f64>(result, <f64>zero, 8);
  store<f64>(result, <f64>raw, 16);
  store<f64>(result, <f64>delta, 24);
  store<f64>(result, <f64>unchanged, 32);
  store<f64>(result, <f64>(out - start), 40);
}

/** Makes a slot hold what the target will hold; with no `bytes` its copy is right already. */
function refresh(slot: usize, copy: usize, page: u32, generation: u32, bytes: usize): void {
  takeSlot(slot, page, generation);
  if (bytes != 0) memory.copy(copy, bytes, PAGE);
}

function putHeader(out: usize, page: u32, flags: u64): void {
  store<u64>(out, bswap<u64>(((<u64>page) << 12) | flags));
}

function putZero(out: usize, page: u32): usize {
  putHeader(out, page, ZERO);
  store<u8>(out, 0, 8);
  return out + ZERO_BYTES;
}

function putRaw(out: usize, page: u32, bytes: usize): usize {
  putHeader(out, page, RAW);
  memory.copy(out + 8, bytes, PAGE);
  return out + RAW_BYTES;
}

/** The delta itself lies behind the header already. */
function putDelta(out: usize, page: u32, size: u32): usize {
  putHeader(out, page, DELTA);
  store<u8>(out, DELTA_MARK, 8);
  store<u16>(out, bswap<u16>(<u16>size), 9);
  return out + DELTA_HEADER + size;
}

export function batchApply(
  batch: usize,
  length: u32,
  guest: usize,
  firstPage: u32,
  pages: u32,
  result: usize,
): void {
  const end = batch + length;
  let at = batch;
  let zero: u32 = 0;
  let raw: u32 = 0;
  let delta: u32 = 0;
  while (at != end) {
    if (end - at < ZERO_BYTES) break;
    const header = bswap<u64>(load<u64>(at));
    const index = (header >> 12) - <u64>firstPage;
    if (index >= <u64>pages) break;
    const page = guest + <usize>index * PAGE;
    const flags = header & FLAGS;
    const size = recordSize(at, end, flags);
    if (size == 0) break;
    if (flags == ZERO) {
      // A page that nobody has touched stays so, as in QEMU's ram_handle_zero: it takes no memory.
      if (!pageIsZero(page)) memory.fill(page, 0, PAGE);
      zero++;
    } else if (flags == RAW) {
      memory.copy(page, at + 8, PAGE);
      raw++;
    } else {
      if (deltaDecode(at + DELTA_HEADER, <u32>(size - DELTA_HEADER), page) < 0) break;
      delta++;
    }
    at += size;
  }
  store<f64>(result, <f64>(zero + raw + delta));
  store<f64>(result, <f64>zero, 8);
  store<f64>(result, <f64>raw, 16);
  store<f64>(result, <f64>delta, 24);
  store<f64>(result, at == end ? -1 : <f64>(at - batch), 32);
}

/** Bytes of the record at `at`, of which at least nine are there; 0 when it is none or passes `end`. */
function recordSize(at: usize, end: usize, flags: u64): usize {
  const room = end - at;
  if (flags == ZERO) return load<u8>(at, 8) == 0 ? ZERO_BYTES : 0;
  if (flags == RAW) return room >= RAW_BYTES ? RAW_BYTES : 0;
  if (flags != DELTA || room < DELTA_HEADER || load<u8>(at, 8) != DELTA_MARK) return 0;
  const size = <usize>bswap<u16>(load<u16>(at, 9));
  if (size == 0 || size > PAGE || room < DELTA_HEADER + size) return 0;
  return DELTA_HEADER + size;
}
