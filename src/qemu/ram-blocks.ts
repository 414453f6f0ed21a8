import { WireFormatError } from "../errors.js";
import { type Bytes, PAGE_SIZE } from "../units.js";

/** A stretch of the guest's memory that is migrated under one name: its RAM, a ROM, video memory. */
export interface RamBlock {
  /** Such as `pc.ram`. */
  readonly name: string;
  /** Bytes in use, a multiple of 4096. */
  readonly length: Bytes;
  /** Position in the table, from 0; the order in which QEMU scans. */
  readonly index: number;
  /** Number of the block's first page when all blocks are counted through in the table's order. */
  readonly firstPage: number;
  /** Size of the host's pages behind it, where the stream tells one that is not 4096: huge pages. */
  readonly hostPageSize: Bytes | null;
  /** Guest-physical address; told with `x-ignore-shared` only. */
  readonly address: number | null;
  /** Where its pages are in a mapped-ram file. */
  readonly mapped: MappedBlock | null;
}

/** Offsets in a mapped-ram file. */
export interface MappedBlock {
  /** Of the bitmap of pages that are not zero: page i is bit i % 8 of byte i / 8. */
  readonly bitmapOffset: number;
  /** Of the block's first page. */
  readonly pagesOffset: number;
}

/** Most blocks a stream may declare; QEMU's machines have some dozens. */
const MAX_BLOCKS = 4096;

/** The guest's memory as the stream declares it; shared by the channels of a migration. */
export class RamBlocks {
  #byName = new Map<string, RamBlock>();
  #list: RamBlock[] = [];

  get list(): readonly RamBlock[] {
    return this.#list;
  }

  /** Bytes of all blocks. */
  get totalBytes(): Bytes {
    return this.#list.reduce((sum, { length }) => sum + length, 0);
  }

  /** Takes over another table in place of its own, as a source that sets up again does. */
  become(table: RamBlocks): void {
    this.#byName = new Map(table.#byName);
    this.#list = [...table.#list];
  }

  /** @throws WireFormatError for a name that was there already or a length that is no number of pages. */
  add(block: Omit<RamBlock, "index" | "firstPage">, at: number): RamBlock {
    if (block.name === "" || this.#byName.has(block.name)) {
      throw new WireFormatError(`the memory block ${quoted(block.name)} is declared twice`, at);
    }
    if (block.length === 0 || block.length % PAGE_SIZE !== 0) {
      throw new WireFormatError(
        `the memory block ${quoted(block.name)} has ${block.length} bytes, not a number of pages`,
        at,
      );
    }
    if (this.#list.length === MAX_BLOCKS) {
      throw new WireFormatError(`more than ${MAX_BLOCKS} memory blocks`, at);
    }
    const last = this.#list.at(-1);
    const firstPage = last === undefined ? 0 : last.firstPage + last.length / PAGE_SIZE;
    const added = { ...block, index: this.#list.length, firstPage };
    this.#list.push(added);
    this.#byName.set(block.name, added);
    return added;
  }

  /** @throws WireFormatError for a name that was not declared. */
  find(name: string, at: number): RamBlock {
    const block = this.#byName.get(name);
    if (block === undefined) {
      throw new WireFormatError(`no memory block is named ${quoted(name)}`, at);
    }
    return block;
  }
}

/** A name from the wire, fit to be shown. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}...` : name);
}
