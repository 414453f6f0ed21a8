import { WireFormatError } from "../errors.js";
import { PageDelta } from "../kernel/page-delta.js";
import type { MachineMemory } from "../machine/machine.js";
import { DELTA_RECORD_BYTES, RAW_RECORD_BYTES, ZERO_RECORD_BYTES } from "../memory/guest-memory.js";
import { PAGE_SIZE, type PageIndex } from "../units.js";

const ZERO = 0x22;
const RAW = 0x28;
const DELTA = 0x60;
const DELTA_MARK = 1;

/** Hears of each page before it is stored; may throw when it must not be. */
export type StoreListener = (page: PageIndex, isZero: boolean) => boolean;

/**
 * Stores the pages of a batch of records (as assembly/page-batch.ts writes them) in a machine's memory.
 *
 * @param stores - Whether a page is to be stored.
 * @throws WireFormatError when a record is damaged or of a page that there is not; those before it are stored.
 */
export function storeRecords(
  records: Uint8Array,
  memory: MachineMemory,
  stores: StoreListener,
): void {
  const view = new DataView(records.buffer, records.byteOffset, records.length);
  for (let at = 0; at < records.length; ) {
    const size = recordSize(view, at);
    // A big-endian u64: page number * 4096 | flags.
    const page = view.getUint32(at) * 2 ** 20 + (view.getUint32(at + 4) >>> 12);
    if (page >= memory.pageCount) {
      throw new WireFormatError(`a record of page ${page} of ${memory.pageCount}`, at);
    }
    const flags = view.getUint32(at + 4) & 0xfff;
    if (stores(page, flags === ZERO)) {
      if (flags === RAW) memory.write(page, records.subarray(at + 8, at + RAW_RECORD_BYTES));
      else if (flags === ZERO) memory.write(page, ZERO_PAGE);
      else applyDelta(memory, page, records.subarray(at + DELTA_RECORD_BYTES, at + size), at);
    }
    at += size;
  }
}

const ZERO_PAGE = new Uint8Array(PAGE_SIZE);

function applyDelta(memory: MachineMemory, page: PageIndex, delta: Uint8Array, at: number): void {
  const bytes = memory.read(page, page + 1).slice();
  try {
    PageDelta.apply(bytes, delta);
  } catch (cause) {
    throw new WireFormatError(`a damaged delta of page ${page}`, at, { cause });
  }
  memory.write(page, bytes);
}

/** Bytes of the record at `at`. */
function recordSize(view: DataView, at: number): number {
  const room = view.byteLength - at;
  if (room >= ZERO_RECORD_BYTES) {
    const flags = view.getUint32(at + 4) & 0xfff;
    const mark = view.getUint8(at + 8);
    if (flags === ZERO && mark === 0) return ZERO_RECORD_BYTES;
    if (flags === RAW && room >= RAW_RECORD_BYTES) return RAW_RECORD_BYTES;
    if (flags === DELTA && mark === DELTA_MARK && room > DELTA_RECORD_BYTES) {
      const length = view.getUint16(at + 9);
      const size = DELTA_RECORD_BYTES + length;
      if (length > 0 && length <= PAGE_SIZE && room >= size) return size;
    }
  }
  throw new WireFormatError("a damaged page record", at);
}
