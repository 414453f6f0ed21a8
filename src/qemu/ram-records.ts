import { WireFormatError } from "../errors.js";
import { PAGE_SIZE } from "../units.js";
import type { Inflate } from "./inflate.js";
import { quoted, type RamBlock, type RamBlocks } from "./ram-blocks.js";
import { latin1, type StreamReader } from "./stream-reader.js";
import type { PageSink } from "./stream-visitor.js";
import { RamFlag } from "./wire.js";

const NO_BYTES = new Uint8Array(0);
const WORD = 8;
/** Most a compressed page may take: zlib's own bound for 4096 bytes, as QEMU's target has it. */
const MAX_COMPRESSED = PAGE_SIZE + (PAGE_SIZE >> 12) + (PAGE_SIZE >> 14) + (PAGE_SIZE >> 25) + 13;

/** What stopped the loop over the records, besides a number of bytes that the next one needs. */
const END = 0;
const FLUSH = -1;
const BLOCKS = -2;
const COMPRESSED = -3;

/** Why records are no longer read: the section ends, channels are to be awaited, or the table comes again. */
export type RecordsEnd = "end" | "flush" | "blocks";

/**
 * The page records of one channel: of the RAM's sections on the main channel, or, bare, of the second
 * channel of a post-copy. "The same block as before" is remembered from section to section.
 */
export class RamRecords {
  readonly #blocks: RamBlocks;
  readonly #sink: PageSink;
  #block: RamBlock | null = null;
  #inflate: Inflate | null = null;

  constructor(blocks: RamBlocks, sink: PageSink) {
    this.#blocks = blocks;
    this.#sink = sink;
  }

  /** Forgets the last block, since a new table or a new connection begins. */
  forget(): void {
    this.#block = null;
  }

  /** Reads records up to one that is no page. With `"blocks"`, the word of the table is still unread. */
  async read(reader: StreamReader): Promise<RecordsEnd> {
    for (;;) {
      const stop = this.#decode(reader);
      if (stop > 0) await reader.fill(stop, "a page record");
      else if (stop === END) return "end";
      else if (stop === FLUSH) return "flush";
      else if (stop === BLOCKS) return "blocks";
      else this.#inflate = (await import("./inflate.js")).inflatePage;
    }
  }

  /** Hands on what is buffered. Answers why it stopped, or how many bytes the next record needs. */
  #decode(reader: StreamReader): number {
    const sink = this.#sink;
    for (;;) {
      const at = reader.position;
      const have = reader.bytes.length - at;
      if (have < WORD) return WORD;
      const low = reader.view.getUint32(at + 4);
      const flags = low & 0xfff;
      const kind = flags & ~RamFlag.sameBlock;
      if (kind === RamFlag.endOfSection || kind === RamFlag.multifdFlush) {
        reader.position = at + WORD;
        return kind === RamFlag.endOfSection ? END : FLUSH;
      }
      if (kind === RamFlag.blocks) return BLOCKS;

      let head = WORD;
      let block = this.#block;
      if ((flags & RamFlag.sameBlock) === 0) {
        if (have < WORD + 1) return WORD + 1;
        head = WORD + 1 + (reader.bytes[at + WORD] as number);
        if (have < head) return head;
        const name = latin1(reader.bytes.subarray(at + WORD + 1, at + head));
        block = this.#blocks.find(name, reader.offset + WORD);
      }
      if (block === null) {
        throw new WireFormatError("a page of the same block, but there was none", reader.offset);
      }
      const high = reader.view.getUint32(at);
      const offset = high * 0x1_0000_0000 + (low - flags);
      if (offset >= block.length) throw beyond(block, reader.offset);

      if (kind === RamFlag.page) {
        const end = head + PAGE_SIZE;
        if (have < end) return end;
        reader.position = at + end;
        sink.page(block, offset, "raw", reader.bytes.subarray(at + head, at + end), end);
      } else if (kind === RamFlag.zero) {
        if (have <= head) return head + 1;
        if (reader.bytes[at + head] !== 0) {
          throw new WireFormatError("a page of one byte that is not zero", reader.offset);
        }
        reader.position = at + head + 1;
        sink.page(block, offset, "zero", NO_BYTES, head + 1);
      } else {
        const stop = this.#decodeSmaller(reader, kind, block, offset, head);
        if (stop !== 0) return stop;
      }
      this.#block = block;
    }
  }

  /** A record that is less than a page. Answers 0 when it was read, or else as {@link RamRecords.#decode}. */
  #decodeSmaller(
    reader: StreamReader,
    kind: number,
    block: RamBlock,
    offset: number,
    head: number,
  ): number {
    const at = reader.position;
    const have = reader.bytes.length - at;
    if (kind === RamFlag.xbzrle) {
      if (have < head + 3) return head + 3;
      const length = reader.view.getUint16(at + head + 1);
      if (reader.bytes[at + head] !== 1 || length > PAGE_SIZE) {
        throw new WireFormatError("a page delta with a damaged head", reader.offset);
      }
      const end = head + 3 + length;
      if (have < end) return end;
      const delta = reader.bytes.subarray(at + head + 3, at + end);
      reader.position = at + end;
      applyDelta(this.#sink, block, offset, delta, end, reader.offset - end);
      return 0;
    }
    if (kind !== RamFlag.compressed) {
      const flags = kind.toString(16);
      throw new WireFormatError(`a record of an unknown kind, 0x${flags}`, reader.offset);
    }
    if (have < head + 4) return head + 4;
    const length = reader.view.getUint32(at + head);
    if (length > MAX_COMPRESSED) {
      throw new WireFormatError(`a compressed page of ${length} bytes`, reader.offset);
    }
    const end = head + 4 + length;
    if (have < end) return end;
    if (this.#inflate === null) return COMPRESSED;
    const page = this.#inflate(reader.bytes.subarray(at + head + 4, at + end), reader.offset);
    reader.position = at + end;
    this.#sink.page(block, offset, "compressed", page, end);
    return 0;
  }
}

function beyond(block: RamBlock, at: number): WireFormatError {
  return new WireFormatError(`a page beyond the block ${quoted(block.name)}`, at);
}

/** A damaged delta is found out by whoever applies it, who does not know where it came from. */
function applyDelta(
  sink: PageSink,
  block: RamBlock,
  offset: number,
  delta: Uint8Array,
  wireBytes: number,
  at: number,
): void {
  try {
    sink.page(block, offset, "xbzrle", delta, wireBytes);
  } catch (error) {
    if (!(error instanceof WireFormatError) || error.offset >= 0) throw error;
    throw new WireFormatError(error.message, at, { cause: error });
  }
}
