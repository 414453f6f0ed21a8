import { WireFormatError } from "../errors.js";
import { Lz4Block } from "../kernel/lz4-block.js";
import type { Bytes } from "../units.js";

// A batch of page records, compressed: u32 bytes of the records; then of every 64 KiB of them (the last stretch may
// be shorter) u32 n and n bytes: an LZ4 block, or, when n is the length of the stretch, the stretch itself.

/** The bit of a frame's flags that says that its records are compressed. */
export const PACKED = 1;
/** Most bytes of records that a compressed frame holds. */
export const MAX_PACKED_RECORDS: Bytes = 2 ** 19;

const STRETCH_BYTES: Bytes = 65_536;
/** Records are compressed while the guest runs in the same thread: less is found, in less time. */
const ACCELERATION = 4;

/** Compresses a batch of records; null when that is no shorter, or the batch too long. */
export function packRecords(parts: readonly Uint8Array[]): Uint8Array | null {
  const records = joined(parts);
  if (records.length > MAX_PACKED_RECORDS) return null;
  const packed = new Uint8Array(records.length);
  const view = new DataView(packed.buffer);
  let at = 4;
  for (let from = 0; from < records.length; from += STRETCH_BYTES) {
    const stretch = records.subarray(from, from + STRETCH_BYTES);
    const block = Lz4Block.compress(stretch, { acceleration: ACCELERATION }) ?? stretch;
    const end = at + 4 + block.length;
    if (end >= records.length) return null;
    view.setUint32(at, block.length, true);
    packed.set(block, at + 4);
    at = end;
  }
  view.setUint32(0, records.length, true);
  return packed.subarray(0, at);
}

/** The records of a compressed batch. @throws WireFormatError when it is damaged or would hold too many. */
export function unpackRecords(packed: Uint8Array): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  const length = lengthAt(view, 0);
  if (length > MAX_PACKED_RECORDS) {
    throw new WireFormatError(`${length} bytes of compressed records are too many`, 0);
  }
  const records = new Uint8Array(length);
  let at = 4;
  for (let from = 0; from < length; from += STRETCH_BYTES) {
    const stretch = records.subarray(from, from + STRETCH_BYTES);
    const end = at + 4 + lengthAt(view, at);
    if (end > packed.length) throw new WireFormatError("a compressed batch is cut short", at);
    const block = packed.subarray(at + 4, end);
    const isPlain = block.length === stretch.length;
    stretch.set(isPlain ? block : Lz4Block.decompress(block, stretch.length));
    at = end;
  }
  if (at !== packed.length) throw new WireFormatError("a compressed batch is too long", at);
  return records;
}

function lengthAt(view: DataView, at: number): number {
  if (at + 4 > view.byteLength) throw new WireFormatError("a compressed batch is cut short", at);
  return view.getUint32(at, true);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
