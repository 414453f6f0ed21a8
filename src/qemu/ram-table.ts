import { WireFormatError } from "../errors.js";
import { type Bytes, PAGE_SIZE } from "../units.js";
import { type MappedBlock, quoted, type RamBlock, RamBlocks } from "./ram-blocks.js";
import type { StreamReader } from "./stream-reader.js";
import { type PageSink, type StreamVisitor, sinkOf } from "./stream-visitor.js";

/** What the table holds besides names and lengths; the stream does not say so at the place itself. */
export interface TableFields {
  /** The configuration names `x-ignore-shared`: each block has its guest-physical address. */
  readonly hasAddresses: boolean;
  /** The configuration names `mapped-ram`: each block is followed by its bitmap and its pages. */
  readonly isMapped: boolean;
  /** The OR of the host's page sizes, from the advice of post-copy; null when there was none. */
  readonly hostPageSizes: number | null;
}

/** Bytes of a mapped block's own header. */
const MAPPED_HEADER = 28;
/** Most bytes of a mapped block's bitmap: of a block of 2 TiB. */
const MAX_BITMAP = 64 * 1024 * 1024;

/**
 * Reads the table of memory blocks, with the pages of a mapped-ram file, which lie between its rows. Such a
 * file is read from its first byte to its last; what the bitmap leaves out is skipped.
 */
export async function readRamTable(
  reader: StreamReader,
  blocks: RamBlocks,
  fields: TableFields,
  visitor: StreamVisitor,
): Promise<void> {
  await reader.fill(8, "the table of memory blocks");
  // The low twelve bits are the flag that led here.
  const total = reader.u64("the guest's memory") - 4;
  const table = new RamBlocks();
  for (let left = total; left > 0; ) {
    const rowAt = reader.offset;
    const name = await reader.shortText("the table of memory blocks");
    await reader.fill(8, "the table of memory blocks");
    const length = reader.u64("the length of a memory block");
    const hostPageSize = await readHostPageSize(reader, fields);
    const address = fields.hasAddresses ? await readAddress(reader) : null;
    const mapped = fields.isMapped ? await readMappedHeader(reader, length) : null;
    const block = table.add({ name, length, hostPageSize, address, mapped }, rowAt);
    left -= length;
    if (left < 0) {
      throw new WireFormatError(`the memory blocks have more than the total of ${total}`, rowAt);
    }
    if (mapped !== null) {
      blocks.become(table);
      await visitor.ramBlocks?.(blocks.list);
      await readMappedPages(reader, block, mapped, sinkOf(visitor));
    }
  }
  // Other channels find the new blocks at once when the visitor has heard of them, and not before.
  blocks.become(table);
  await visitor.ramBlocks?.(blocks.list);
}

async function readAddress(reader: StreamReader): Promise<number> {
  await reader.fill(8, "the table of memory blocks");
  return reader.u64("the address of a memory block");
}

/**
 * Only blocks whose host pages are not 4096 bytes have the word, and only if post-copy may follow. What
 * comes instead begins with a name's length, so a first byte of zero tells the two apart; the records
 * behind the last row are no size of a page.
 */
async function readHostPageSize(reader: StreamReader, fields: TableFields): Promise<Bytes | null> {
  const { hostPageSizes } = fields;
  if (hostPageSizes === null || hostPageSizes <= PAGE_SIZE) return null;
  await reader.fill(8, "the table of memory blocks");
  const { view, position } = reader;
  const size = view.getUint32(position) * 0x1_0000_0000 + view.getUint32(position + 4);
  const isSize = size > PAGE_SIZE && Number.isInteger(Math.log2(size));
  if (!isSize || Math.floor(hostPageSizes / size) % 2 === 0) return null;
  return reader.u64("the size of host pages");
}

async function readMappedHeader(reader: StreamReader, length: Bytes): Promise<MappedBlock> {
  await reader.fill(MAPPED_HEADER, "the head of a mapped block");
  const at = reader.offset;
  const version = reader.u32();
  const pageSize = reader.u64("the size of pages");
  const bitmapOffset = reader.u64("the place of a bitmap");
  const pagesOffset = reader.u64("the place of pages");
  if (version !== 1 || pageSize !== PAGE_SIZE) {
    throw new WireFormatError(`a mapped block of version ${version}, pages of ${pageSize}`, at);
  }
  const bitmapBytes = bitmapSize(length);
  if (bitmapBytes > MAX_BITMAP) {
    throw new WireFormatError(`a mapped block of ${length} bytes is too large`, at);
  }
  if (bitmapOffset < reader.offset || pagesOffset < bitmapOffset + bitmapBytes) {
    throw new WireFormatError("a mapped block that overlaps another part of the file", at);
  }
  return { bitmapOffset, pagesOffset };
}

async function readMappedPages(
  reader: StreamReader,
  block: RamBlock,
  mapped: MappedBlock,
  sink: PageSink,
): Promise<void> {
  const what = `the pages of ${quoted(block.name)}`;
  await reader.skip(mapped.bitmapOffset - reader.offset, what);
  const bitmapBytes = bitmapSize(block.length);
  await reader.fill(bitmapBytes, what);
  const bitmap = reader.take(bitmapBytes).slice();
  await reader.skip(mapped.pagesOffset - reader.offset, what);
  for (let offset = 0; offset < block.length; offset += PAGE_SIZE) {
    const page = offset / PAGE_SIZE;
    if (((bitmap[page >> 3] as number) >> (page & 7)) & 1) {
      if (reader.available < PAGE_SIZE) await reader.fill(PAGE_SIZE, what);
      sink.page(block, offset, "mapped", reader.take(PAGE_SIZE), PAGE_SIZE);
    } else {
      await reader.skip(PAGE_SIZE, what);
    }
  }
}

/** Whole 64-bit words. */
export function bitmapSize(blockLength: Bytes): Bytes {
  return Math.ceil(blockLength / PAGE_SIZE / 64) * 8;
}
