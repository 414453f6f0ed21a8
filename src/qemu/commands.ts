import { WireFormatError } from "../errors.js";
import { type Bytes, PAGE_SIZE } from "../units.js";
import { quoted, type RamBlock, type RamBlocks } from "./ram-blocks.js";
import type { StreamReader } from "./stream-reader.js";
import { CommandId, MAX_DISCARD_RANGES } from "./wire.js";

/** A stretch of a memory block, in bytes. */
export interface ByteRange {
  readonly start: number;
  readonly length: Bytes;
}

/** What a source tells its target to do. */
export type StreamCommand =
  | { readonly kind: "open-return-path" }
  /** To be answered with a pong of the same value. */
  | { readonly kind: "ping"; readonly value: number }
  /** Post-copy may follow. `pageSizes` is the OR of the sizes of host pages; null if RAM is not concerned. */
  | { readonly kind: "postcopy-advise"; readonly pageSizes: number | null }
  | { readonly kind: "postcopy-listen" }
  | { readonly kind: "postcopy-run" }
  /** These pages are outdated at the target: they will come again. */
  | {
      readonly kind: "ram-discard";
      readonly block: RamBlock;
      readonly ranges: readonly ByteRange[];
    }
  /** So many bytes of sections follow which must be received whole before they are looked into. */
  | { readonly kind: "packaged"; readonly length: Bytes }
  | { readonly kind: "enable-colo" }
  | { readonly kind: "postcopy-resume" }
  /** After a broken link: the target is to send which pages of the block it has. */
  | { readonly kind: "recv-bitmap"; readonly block: RamBlock }
  | { readonly kind: "switchover-start" };

/** Length of the payload of each command that has one length only. */
const FIXED_LENGTH: Record<number, number> = {
  [CommandId.openReturnPath]: 0,
  [CommandId.ping]: 4,
  [CommandId.postcopyListen]: 0,
  [CommandId.postcopyRun]: 0,
  [CommandId.packaged]: 4,
  [CommandId.enableColo]: 0,
  [CommandId.postcopyResume]: 0,
  [CommandId.switchoverStart]: 0,
};

/** Whether a source could send such a command; for the search of a section's end. */
export function isPlausibleCommand(id: number, length: number): boolean {
  if (id < CommandId.openReturnPath || id > CommandId.switchoverStart) return false;
  return length === (FIXED_LENGTH[id] ?? length);
}

/** Reads a command behind the byte that announces it. */
export async function readCommand(reader: StreamReader, blocks: RamBlocks): Promise<StreamCommand> {
  const at = reader.offset;
  await reader.fill(4, "a command");
  const id = reader.u16();
  const length = reader.u16();
  if (!isPlausibleCommand(id, length)) {
    throw new WireFormatError(`no command ${id} with ${length} bytes is known`, at);
  }
  await reader.fill(length, "a command");
  const end = reader.offset + length;
  const command = parseCommand(reader, id, length, blocks);
  if (reader.offset !== end) {
    throw new WireFormatError(`the command ${command.kind} has the wrong length ${length}`, at);
  }
  return command;
}

function parseCommand(
  reader: StreamReader,
  id: number,
  length: number,
  blocks: RamBlocks,
): StreamCommand {
  switch (id) {
    case CommandId.openReturnPath:
      return { kind: "open-return-path" };
    case CommandId.ping:
      return { kind: "ping", value: reader.u32() };
    case CommandId.postcopyAdvise:
      return { kind: "postcopy-advise", pageSizes: parseAdvise(reader, length) };
    case CommandId.postcopyListen:
      return { kind: "postcopy-listen" };
    case CommandId.postcopyRun:
      return { kind: "postcopy-run" };
    case CommandId.ramDiscard:
      return parseDiscard(reader, length, blocks);
    case CommandId.packaged:
      return { kind: "packaged", length: reader.u32() };
    case CommandId.enableColo:
      return { kind: "enable-colo" };
    case CommandId.postcopyResume:
      return { kind: "postcopy-resume" };
    case CommandId.recvBitmap:
      return { kind: "recv-bitmap", block: parseBlock(reader, length, blocks) };
    default:
      return { kind: "switchover-start" };
  }
}

function parseAdvise(reader: StreamReader, length: number): number | null {
  if (length === 0) return null;
  const at = reader.offset;
  if (length !== 16) throw new WireFormatError(`advice of ${length} bytes, not 16`, at);
  const pageSizes = reader.u64("the size of host pages");
  const targetPage = reader.u64("the size of target pages");
  if (targetPage !== PAGE_SIZE) {
    throw new WireFormatError(`pages of ${targetPage} bytes, only ${PAGE_SIZE} are read`, at + 8);
  }
  return pageSizes;
}

function parseBlock(reader: StreamReader, length: number, blocks: RamBlocks): RamBlock {
  const at = reader.offset;
  const nameLength = length > 0 ? reader.u8() : 0;
  if (nameLength === 0 || nameLength > length - 1) {
    throw new WireFormatError("a command that names no memory block", at);
  }
  return blocks.find(reader.text(nameLength), at);
}

/** u8 version 0, name, u8 0, then pairs of u64: first byte and length. */
function parseDiscard(reader: StreamReader, length: number, blocks: RamBlocks): StreamCommand {
  const at = reader.offset;
  if (length < 3 || reader.u8() !== 0) {
    throw new WireFormatError("a discard of an unknown version", at);
  }
  const block = parseBlock(reader, length - 1, blocks);
  const listBytes = length - (reader.offset - at) - 1;
  const count = listBytes / 16;
  if (listBytes < 16 || count % 1 !== 0 || count > MAX_DISCARD_RANGES || reader.u8() !== 0) {
    throw new WireFormatError("a discard without a whole list of ranges", at);
  }
  const ranges = Array.from({ length: count }, () => {
    const rangeAt = reader.offset;
    const start = reader.u64("a discarded range");
    const range = { start, length: reader.u64("a discarded range") };
    if (!isInside(range, block)) {
      throw new WireFormatError(`a discard beyond the block ${quoted(block.name)}`, rangeAt);
    }
    return range;
  });
  return { kind: "ram-discard", block, ranges };
}

/** Whether a range is whole pages of a block. */
export function isInside(range: ByteRange, block: RamBlock): boolean {
  const { start, length } = range;
  return (
    start % PAGE_SIZE === 0 &&
    length % PAGE_SIZE === 0 &&
    start <= block.length &&
    length <= block.length - start
  );
}
