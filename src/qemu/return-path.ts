import { WireFormatError } from "../errors.js";
import type { Bytes } from "../units.js";
import { quoted, type RamBlock, type RamBlocks } from "./ram-blocks.js";
import { bitmapSize } from "./ram-table.js";
import type { StreamReader } from "./stream-reader.js";
import { BITMAP_END_HIGH, BITMAP_END_LOW, MAX_REPLY_BYTES, ReplyId } from "./wire.js";

/** What a target sends back. */
export type Reply =
  /** The target is done; `status` 0 is success. */
  | { readonly kind: "shut"; readonly status: number }
  | { readonly kind: "pong"; readonly value: number }
  /** The guest waits for these pages. `block` null: the one of the request before. */
  | {
      readonly kind: "request-pages";
      readonly block: string | null;
      readonly start: number;
      readonly length: Bytes;
    }
  /** Which pages of a block have come; the bitmap is QEMU's, page i is bit i % 8 of byte i / 8. */
  | { readonly kind: "received-bitmap"; readonly block: string; readonly bitmap: Uint8Array }
  | { readonly kind: "resume-ack"; readonly value: number }
  | { readonly kind: "switchover-ack" };

/** Payload lengths of the replies that have one only. */
const FIXED_LENGTH: Record<number, number> = {
  [ReplyId.shut]: 4,
  [ReplyId.pong]: 4,
  [ReplyId.requestPages]: 12,
  [ReplyId.resumeAck]: 4,
  [ReplyId.switchoverAck]: 0,
};
/** Largest bitmap where the block's length is not known: of 2 TiB. */
const MAX_BITMAP = 64 * 1024 * 1024;

/**
 * Reads one reply; null where the path ends instead.
 *
 * @param blocks - The guest's memory; with it, names and the sizes of bitmaps are checked. A recording may
 *   be read without.
 * @throws WireFormatError for bytes that break the format.
 */
export async function readReply(reader: StreamReader, blocks?: RamBlocks): Promise<Reply | null> {
  if (!(await reader.hasMore())) return null;
  const at = reader.offset;
  await reader.fill(4, "a reply");
  const id = reader.u16();
  const length = reader.u16();
  const fixed = FIXED_LENGTH[id] ?? length;
  if (id < ReplyId.shut || id > ReplyId.switchoverAck || length !== fixed) {
    throw new WireFormatError(`no reply ${id} with ${length} bytes is known`, at);
  }
  if (length > MAX_REPLY_BYTES) throw new WireFormatError(`a reply of ${length} bytes`, at);
  await reader.fill(length, "a reply");
  switch (id) {
    case ReplyId.shut:
      return { kind: "shut", status: reader.u32() };
    case ReplyId.pong:
      return { kind: "pong", value: reader.u32() };
    case ReplyId.requestPages:
      return { kind: "request-pages", block: null, ...readRange(reader) };
    case ReplyId.requestNamedPages:
      return readNamedRequest(reader, length, blocks);
    case ReplyId.receivedBitmap:
      return readBitmap(reader, length, blocks);
    case ReplyId.resumeAck:
      return { kind: "resume-ack", value: reader.u32() };
    default:
      return { kind: "switchover-ack" };
  }
}

function readRange(reader: StreamReader): { start: number; length: Bytes } {
  return { start: reader.u64("a requested page"), length: reader.u32() };
}

function readNamedRequest(reader: StreamReader, length: number, blocks?: RamBlocks): Reply {
  if (length < 14) throw new WireFormatError(`a request of ${length} bytes`, reader.offset);
  const range = readRange(reader);
  return { kind: "request-pages", block: readName(reader, length - 12, blocks).name, ...range };
}

/** The bitmap lies behind the message, whose length does not count it. */
async function readBitmap(
  reader: StreamReader,
  length: number,
  blocks?: RamBlocks,
): Promise<Reply> {
  const { name, block } = readName(reader, length, blocks);
  await reader.fill(8, "a bitmap");
  const at = reader.offset;
  const size = reader.u64("the size of a bitmap");
  const isRight = block === null ? size % 8 === 0 : size === bitmapSize(block.length);
  if (!isRight || size > MAX_BITMAP) {
    throw new WireFormatError(`a bitmap of ${size} bytes for ${quoted(name)}`, at);
  }
  await reader.fill(size, "a bitmap");
  const bitmap = reader.take(size).slice();
  await reader.fill(8, "a bitmap");
  if (reader.u32() !== BITMAP_END_HIGH || reader.u32() !== BITMAP_END_LOW) {
    throw new WireFormatError("a bitmap without its end mark", reader.offset - 8);
  }
  return { kind: "received-bitmap", block: name, bitmap };
}

/** A name that takes `length` bytes with its own length. */
function readName(
  reader: StreamReader,
  length: number,
  blocks?: RamBlocks,
): { readonly name: string; readonly block: RamBlock | null } {
  const at = reader.offset;
  if (length < 2 || reader.u8() !== length - 1) {
    throw new WireFormatError("a reply whose name has the wrong length", at);
  }
  const name = reader.text(length - 1);
  return { name, block: blocks?.find(name, at) ?? null };
}
