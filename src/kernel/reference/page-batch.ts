import { PAGE_SIZE } from "../../units.js";
import type { PageBatchExports, PageDeltaExports, Pointer } from "../exports.js";
import { holdsPage, mayTake, takeSlot } from "./page-cache.js";
import { createPageDeltaExports } from "./page-delta.js";
import { isZero } from "./page-scan.js";

const ZERO = 0x22;
const RAW = 0x28;
const DELTA = 0x60;
const ZERO_BYTES = 9;
const RAW_BYTES = 8 + PAGE_SIZE;
const DELTA_HEADER = 11;
const DELTA_MARK = 1;
const CACHE_HEADER = 16;

/** Batches of page records. */
export function createPageBatchExports(buffer: ArrayBuffer): PageBatchExports {
  const memory: Memory = {
    words: new Uint32Array(buffer),
    bytes: new Uint8Array(buffer),
    view: new DataView(buffer),
    doubles: new Float64Array(buffer),
    ...createPageDeltaExports(buffer),
  };
  return {
    batchEncode: (...call) => encodeBatch(memory, call),
    batchApply: (...call) => applyBatch(memory, call),
  };
}

interface Memory extends PageDeltaExports {
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly doubles: Float64Array;
}

function encodeBatch(
  memory: Memory,
  [guest, firstPage, list, count, out, limit, cache, slots, generation, frozen, result]: Parameters<
    PageBatchExports["batchEncode"]
  >,
): void {
  const { words, bytes, doubles } = memory;
  let at = out;
  const counts = { consumed: 0, zero: 0, raw: 0, delta: 0, unchanged: 0 };
  while (counts.consumed < count && at - out <= limit) {
    const page = words[list / 4 + counts.consumed++] as number;
    const content = guest + (page - firstPage) * PAGE_SIZE;
    const index = cache === 0 ? 0 : page % slots;
    const slot = cache + index * CACHE_HEADER;
    const copy = cache + slots * CACHE_HEADER + index * PAGE_SIZE;
    const isCached = cache !== 0 && holdsPage(words, slot, page);
    const mayChange = cache !== 0 && frozen === 0;

    const takes = mayChange && (isCached || mayTake(words, slot, generation));

    if (isZero(words, content)) {
      if (takes) {
        takeSlot(words, slot, page, generation);
        copyPage(memory, copy, content);
      }
      at += putHeader(memory, at, page, ZERO);
      bytes[at++] = 0;
      counts.zero++;
      continue;
    }
    const size = isCached ? memory.deltaEncode(copy, content, at + DELTA_HEADER, PAGE_SIZE) : -1;
    if (takes) {
      takeSlot(words, slot, page, generation);
      copyPage(memory, copy, content);
    }
    if (size === 0) {
      counts.unchanged++;
    } else if (size > 0) {
      at += putHeader(memory, at, page, DELTA);
      bytes.set([DELTA_MARK, size >> 8, size & 255], at);
      at += 3 + size;
      counts.delta++;
    } else {
      at += putHeader(memory, at, page, RAW);
      copyPage(memory, at, content);
      at += PAGE_SIZE;
      counts.raw++;
    }
  }
  const { consumed, zero, raw, delta, unchanged } = counts;
  doubles.set([consumed, zero, raw, delta, unchanged, at - out], result / 8);
}

/** The u64 is written as two halves: a page number takes 32 bits, its address 44. Answers its length. */
function putHeader({ view }: Memory, at: Pointer, page: number, flags: number): number {
  view.setUint32(at, Math.floor(page / 2 ** 20));
  view.setUint32(at + 4, ((page << 12) | flags) >>> 0);
  return 8;
}

function copyPage({ bytes }: Memory, to: Pointer, from: Pointer): void {
  bytes.copyWithin(to, from, from + PAGE_SIZE);
}

function applyBatch(
  memory: Memory,
  [batch, length, guest, firstPage, pages, result]: Parameters<PageBatchExports["batchApply"]>,
): void {
  const { bytes, view, doubles } = memory;
  const end = batch + length;
  let at = batch;
  const counts = { zero: 0, raw: 0, delta: 0 };
  while (at < end) {
    const size = recordSize(memory, at, end);
    if (size === 0) break;
    const flags = view.getUint32(at + 4) & 0xfff;
    const page = view.getUint32(at) * 2 ** 20 + (view.getUint32(at + 4) >>> 12);
    if (page < firstPage || page >= firstPage + pages) break;
    const content = guest + (page - firstPage) * PAGE_SIZE;
    if (flags === ZERO) {
      bytes.fill(0, content, content + PAGE_SIZE);
      counts.zero++;
    } else if (flags === RAW) {
      copyPage(memory, content, at + 8);
      counts.raw++;
    } else {
      if (memory.deltaDecode(at + DELTA_HEADER, size - DELTA_HEADER, content) < 0) break;
      counts.delta++;
    }
    at += size;
  }
  const { zero, raw, delta } = counts;
  const damage = at === end ? -1 : at - batch;
  doubles.set([zero + raw + delta, zero, raw, delta, damage], result / 8);
}

/** Bytes of the record at `at`; 0 when it is none or passes `end`. */
function recordSize({ bytes, view }: Memory, at: Pointer, end: Pointer): number {
  const room = end - at;
  if (room < ZERO_BYTES) return 0;
  const flags = view.getUint32(at + 4) & 0xfff;
  if (flags === ZERO) return bytes[at + 8] === 0 ? ZERO_BYTES : 0;
  if (flags === RAW) return room >= RAW_BYTES ? RAW_BYTES : 0;
  if (flags !== DELTA || room < DELTA_HEADER || bytes[at + 8] !== DELTA_MARK) return 0;
  const size = view.getUint16(at + 9);
  const fits = size >= 1 && size <= PAGE_SIZE && DELTA_HEADER + size <= room;
  return fits ? DELTA_HEADER + size : 0;
}
