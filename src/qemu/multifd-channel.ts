import { WireFormatError } from "../errors.js";
import { type Bytes, PAGE_SIZE } from "../units.js";
import { quoted, type RamBlock, type RamBlocks } from "./ram-blocks.js";
import type { StreamReader } from "./stream-reader.js";
import type { PageSink } from "./stream-visitor.js";
import {
  MULTIFD_HEADER_BYTES,
  MULTIFD_INIT_BYTES,
  MULTIFD_MAGIC,
  MULTIFD_VERSION,
  MultifdFlag,
} from "./wire.js";

/** Pages a packet may have; QEMU's have 128. */
const MAX_PACKET_PAGES = 1024;
const NO_BYTES = new Uint8Array(0);

/** The first packet of a multifd channel. */
export interface MultifdInit {
  /** Of the guest, 16 bytes. */
  readonly uuid: Uint8Array;
  /** From 0; channels may come in any order. */
  readonly channel: number;
}

/** What a packet says before its pages. */
interface PacketHead {
  readonly flags: number;
  readonly normal: number;
  readonly zero: number;
  readonly payloadBytes: Bytes;
}

/** Decompresses what one packet carries; it remembers the packets before. */
interface Decompressor {
  decompress(packet: Uint8Array, length: Bytes, at: number): Uint8Array;
}

/** What a channel's reader needs besides its bytes. */
export interface MultifdSurroundings {
  /** The table that the main channel reads; packets follow it, since the first of them is a SYNC. */
  readonly blocks: RamBlocks;
  readonly sink: PageSink;
  /** A SYNC has come: what follows must wait for the main channel to get as far. */
  sync(): void | Promise<void>;
  /** State of a device came in packets of its own, which are read over. */
  deviceState?(name: string): void;
}

/** Reads a channel's init packet. @throws WireFormatError for anything else. */
export async function readMultifdInit(reader: StreamReader): Promise<MultifdInit> {
  const at = reader.offset;
  await reader.fill(MULTIFD_INIT_BYTES, "the first packet of a channel");
  checkMagic(reader.u32(), reader.u32(), at);
  const uuid = reader.take(16).slice();
  const channel = reader.u8();
  reader.take(MULTIFD_INIT_BYTES - 25);
  return { uuid, channel };
}

/**
 * A multifd channel behind its init packet: packets of up to 128 pages, plain or compressed with zlib or
 * zstd as one stream for the whole migration. It holds one packet at a time, and the window of the
 * compression: 32 KiB, or up to 8 MiB for zstd.
 */
export class MultifdChannel {
  readonly #around: MultifdSurroundings;
  #compression = -1;
  #decompressor: Decompressor | null = null;

  constructor(around: MultifdSurroundings) {
    this.#around = around;
  }

  /** Reads packets until the channel is closed between two of them. */
  async read(reader: StreamReader): Promise<void> {
    while (await reader.hasMore()) {
      const at = reader.offset;
      await reader.fill(12, "a packet");
      checkMagic(reader.u32(), reader.u32(), at);
      const flags = reader.u32();
      if (flags & MultifdFlag.deviceState)
        this.#around.deviceState?.(await skipDeviceState(reader));
      else await this.#readPacket(reader, flags, at);
      if (flags & MultifdFlag.sync) await this.#around.sync();
    }
  }

  async #readPacket(reader: StreamReader, flags: number, at: number): Promise<void> {
    await reader.fill(4, "a packet");
    const room = reader.u32();
    if (room > MAX_PACKET_PAGES) throw new WireFormatError(`a packet of ${room} pages`, at);
    await reader.fill(MULTIFD_HEADER_BYTES - 16 + 8 * room, "a packet");
    const normal = reader.u32();
    const payloadBytes = reader.u32();
    reader.take(8);
    const zero = reader.u32();
    reader.take(28);
    const name = reader.take(256);
    const nameEnd = name.indexOf(0);
    const head: PacketHead = { flags, normal, zero, payloadBytes };
    if (normal + zero > room) throw new WireFormatError("a packet with too many pages", at);
    if (normal + zero > 0) {
      const text = String.fromCharCode(...name.subarray(0, nameEnd < 0 ? 256 : nameEnd));
      await this.#readPages(reader, this.#around.blocks.find(text, at), head, room, at);
    } else {
      reader.take(8 * room);
    }
  }

  async #readPages(
    reader: StreamReader,
    block: RamBlock,
    head: PacketHead,
    room: number,
    at: number,
  ): Promise<void> {
    const { normal, zero, payloadBytes } = head;
    const offsets = Array.from({ length: normal + zero }, () => readPageOffset(reader, block));
    reader.take(8 * (room - offsets.length));
    // Without pages there is no payload, though up to QEMU 8 its size still names that of an earlier packet.
    if (normal > 0) {
      const pages = await this.#readPayload(reader, head, at);
      const wireBytes = 8 + payloadBytes / normal;
      for (let i = 0; i < normal; i++) {
        const bytes = pages.subarray(i * PAGE_SIZE, (i + 1) * PAGE_SIZE);
        this.#around.sink.page(block, offsets[i] as number, "multifd", bytes, wireBytes);
      }
    }
    for (const offset of offsets.slice(normal)) {
      this.#around.sink.page(block, offset, "multifd-zero", NO_BYTES, 8);
    }
  }

  async #readPayload(reader: StreamReader, head: PacketHead, at: number): Promise<Uint8Array> {
    const { flags, normal, payloadBytes } = head;
    const length = normal * PAGE_SIZE;
    const compression = flags & MultifdFlag.compressionMask;
    if (this.#compression < 0) await this.#prepare(compression, at);
    if (compression !== this.#compression) {
      throw new WireFormatError("a packet compressed in another way than those before", at);
    }
    const isPlain = this.#decompressor === null;
    // Incompressible data grows by less than a hundredth; 64 KiB are for the blocks' heads.
    const most = isPlain ? length : Math.ceil(length * 1.02) + 65536;
    if (payloadBytes > most || (isPlain && payloadBytes < length)) {
      throw new WireFormatError(`a packet of ${normal} pages in ${payloadBytes} bytes`, at);
    }
    await reader.fill(payloadBytes, "a packet");
    const payloadAt = reader.offset;
    const payload = reader.take(payloadBytes);
    return this.#decompressor?.decompress(payload, length, payloadAt) ?? payload;
  }

  async #prepare(compression: number, at: number): Promise<void> {
    if (compression === MultifdFlag.zlib) {
      this.#decompressor = new (await import("./inflate.js")).ZlibChannel();
    } else if (compression === MultifdFlag.zstd) {
      this.#decompressor = new (await import("./zstd-channel.js")).ZstdChannel();
    } else if (compression !== 0) {
      throw new WireFormatError(`packets compressed in an unknown way, ${compression >> 1}`, at);
    }
    this.#compression = compression;
  }
}

function readPageOffset(reader: StreamReader, block: RamBlock): number {
  const at = reader.offset;
  const offset = reader.u64("a page's offset");
  if (offset % PAGE_SIZE !== 0 || offset >= block.length) {
    throw new WireFormatError(`a page beyond the block ${quoted(block.name)}`, at);
  }
  return offset;
}

/** State of a device that is sent beside the pages (since 10.0): a name, an instance, a size. */
async function skipDeviceState(reader: StreamReader): Promise<string> {
  const what = "a packet of device state";
  await reader.fill(256 + 8, what);
  const name = reader.text(256).replace(/\0.*$/s, "");
  reader.take(4);
  await reader.skip(reader.u32(), what);
  return name;
}

function checkMagic(magic: number, version: number, at: number): void {
  if (magic !== MULTIFD_MAGIC) throw new WireFormatError("no packet of a multifd channel", at);
  if (version !== MULTIFD_VERSION) {
    throw new WireFormatError(`version ${version} of multifd is not known`, at + 4);
  }
}
