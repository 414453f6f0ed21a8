import { WireFormatError } from "../errors.js";
import { PageDelta } from "../kernel/page-delta.js";
import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";
import { BlockPages } from "./block-pages.js";
import type { StreamCommand } from "./commands.js";
import type { RamBlock } from "./ram-blocks.js";
import type { Configuration, DeviceSection, PageKind, StreamVisitor } from "./stream-visitor.js";
import type { VmDescription } from "./vm-description.js";

/** Default of {@link VmImageOptions.memoryLimit}: 16 GiB. */
export const IMAGE_MEMORY_LIMIT: Bytes = 16 * 1024 ** 3;

export interface VmImageOptions {
  /** Most memory a stream may declare. An image takes what its pages that are not zero take. Default 16 GiB. */
  readonly memoryLimit?: Bytes;
}

/**
 * A guest as a stream leaves it: its memory and the state of its devices. A visitor that applies what a
 * decoder tells; reading the next part of a stream goes on where the last one ended.
 */
export class VmImage implements StreamVisitor {
  /** Null before the stream's head was read. */
  machine: Configuration | null = null;
  /** States of the devices, in the stream's order. */
  readonly devices: DeviceSection[] = [];
  /** What they mean, where the stream says so. */
  meaning: VmDescription | null = null;
  /** The JSON it was read from, to be sent again as it came. */
  meaningText: Uint8Array | null = null;
  readonly #memoryLimit: Bytes;
  #pages: BlockPages[] = [];

  constructor(options: VmImageOptions = {}) {
    this.#memoryLimit = options.memoryLimit ?? IMAGE_MEMORY_LIMIT;
  }

  /** The memory, block by block, in the order of the stream's table. */
  get memory(): readonly BlockPages[] {
    return this.#pages;
  }

  /** Pages of all blocks. */
  get pageCount(): PageCount {
    return this.#pages.reduce((sum, { block }) => sum + block.length / PAGE_SIZE, 0);
  }

  /** Pages of a block. */
  pagesOf(block: RamBlock): BlockPages | undefined {
    return this.#pages[block.index];
  }

  configuration(configuration: Configuration): void {
    this.machine = configuration;
  }

  /** @throws WireFormatError for more memory than the limit, before any of it is taken. */
  ramBlocks(blocks: readonly RamBlock[]): void {
    const total = blocks.reduce((sum, { length }) => sum + length, 0);
    if (total > this.#memoryLimit) {
      throw new WireFormatError(
        `the guest has ${total} bytes of memory, more than the limit of ${this.#memoryLimit}`,
        -1,
      );
    }
    const before = new Map(this.#pages.map((pages) => [pages.block.name, pages]));
    this.#pages = blocks.map((block) => {
      const known = before.get(block.name);
      return known?.block.length === block.length ? known : new BlockPages(block);
    });
  }

  page(block: RamBlock, offset: number, kind: PageKind, bytes: Uint8Array): void {
    const pages = this.#pages[block.index];
    // On another channel, a packet may have begun before a new table came.
    if (pages === undefined || offset >= pages.block.length) {
      throw new WireFormatError("a page of a memory block that is gone", -1);
    }
    if (bytes.length === 0 && kind !== "xbzrle") pages.clear(offset);
    else if (kind === "xbzrle") PageDelta.apply(pages.writable(offset), bytes);
    else pages.writable(offset).set(bytes);
  }

  /** Pages that a post-copy discards are missing until they come again. */
  command(command: StreamCommand): void {
    if (command.kind !== "ram-discard") return;
    const pages = this.pagesOf(command.block);
    for (const { start, length } of command.ranges) pages?.discard(start, length);
  }

  device(section: DeviceSection): void {
    if (section.kind === "full") this.devices.push(section);
  }

  description(description: VmDescription, text: Uint8Array): void {
    this.meaning = description;
    this.meaningText = text;
  }
}
