import { InvalidOptionError } from "../../errors.js";
import { type Bytes, PAGE_SIZE, type PageIndex } from "../../units.js";
import type { PageMap } from "./page-map.js";

/**
 * A module's memory as functions outside of it use it: those that it imports, and whoever looks at the
 * machine. Addresses are the module's. `memory` is the number of the memory, 0 for most.
 */
export class ModuleMemory {
  readonly #pages: PageMap;
  readonly #bring: (page: PageIndex) => void;

  /** @internal */
  constructor(pages: PageMap, bring: (page: PageIndex) => void) {
    this.#pages = pages;
    this.#bring = bring;
  }

  /**
   * Bytes of the module's memory, in place; only to be read. Those of them that have not arrived yet are waited for.
   *
   * @throws InvalidOptionError when they lie outside of memory, or have not arrived and cannot be waited for here.
   */
  read(address: number, length: Bytes, memory = 0): Uint8Array {
    return this.#range(address, length, memory);
  }

  /** Writes bytes, as the module itself would. @throws InvalidOptionError as {@link ModuleMemory.read}. */
  write(address: number, bytes: Uint8Array, memory = 0): void {
    const range = this.#range(address, bytes.length, memory);
    range.set(bytes);
    for (const page of this.#pagesOf(address, bytes.length, memory)) this.#pages.markDirty(page);
  }

  #range(address: number, length: Bytes, memory: number): Uint8Array {
    const bytes = this.#pages.bytesOf(memory);
    const isInside =
      Number.isInteger(address) && address >= 0 && length >= 0 && address + length <= bytes.length;
    if (!isInside) {
      throw new InvalidOptionError("address", address, `${length} bytes within ${bytes.length}`);
    }
    for (const page of this.#pagesOf(address, length, memory)) {
      if (this.#pages.isAbsent(page)) this.#bring(page);
    }
    return bytes.subarray(address, address + length);
  }

  *#pagesOf(address: number, length: Bytes, memory: number): Generator<PageIndex> {
    if (length === 0) return;
    const first = this.#pages.firstOf(memory);
    const last = Math.floor((address + length - 1) / PAGE_SIZE);
    for (let page = Math.floor(address / PAGE_SIZE); page <= last; page++) yield first + page;
  }
}
