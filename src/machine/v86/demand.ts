import { assert, MigrationBlockedError } from "../../errors.js";
import type { DirtyBitmap } from "../../kernel/dirty-bitmap.js";
import type { Bytes, PageCount, PageIndex } from "../../units.js";
import type { PageSource } from "../machine.js";
import type { V86Exports } from "./emulator.js";
import { ADDRESS } from "./layout.js";

const PRESENT = 1;
const LARGE = 0x80;
const PAGING = 0x8000_0000;
const LARGE_PAGES_ALLOWED = 0x10;
const PHYSICAL_ADDRESS_EXTENSION = 0x20;

/** Pages of the screen's memory, which is a device and in the state. */
const SCREEN_FROM: PageIndex = 0xa0;
const SCREEN_TO: PageIndex = 0xc0;

/** The pages that a guest still lacks, and which of them an access needs. */
export class Demand {
  readonly #absent: DirtyBitmap;
  readonly #source: PageSource;
  readonly #exports: V86Exports;
  /** Where guest memory begins in v86's. */
  readonly #memoryAt: number;
  readonly #pageCount: PageCount;

  constructor(absent: DirtyBitmap, source: PageSource, exports: V86Exports, memoryAt: number) {
    this.#absent = absent;
    this.#source = source;
    this.#exports = exports;
    this.#memoryAt = memoryAt;
    this.#pageCount = absent.pageCount;
    const { buffer } = exports.memory;
    const [cr4 = 0] = new Uint32Array(buffer, ADDRESS.cr4, 1);
    // With it the processor reads a table by its physical address when the guest changes tables, which
    // nobody hears of.
    if ((cr4 & PHYSICAL_ADDRESS_EXTENSION) !== 0) {
      throw new MigrationBlockedError(
        "processor",
        "the guest uses page tables of three levels (PAE), so it cannot run before all pages are there",
      );
    }
  }

  /** Brings what an access to a linear page needs, while the thread waits. */
  fetchForNow(linearPage: number): void {
    for (let page = this.#lacking(linearPage); page >= 0; page = this.#lacking(linearPage)) {
      this.#fetchNow(page);
    }
  }

  /** The same while the guest is suspended; undefined when nothing is lacking. */
  fetchFor(linearPage: number): Promise<void> | undefined {
    const page = this.#lacking(linearPage);
    return page < 0 ? undefined : this.#fetchAll(linearPage, page);
  }

  /** Brings a stretch of physical memory that a device is about to use. */
  fetchRangeNow(address: number, length: Bytes): void {
    if (length <= 0) return;
    const last = Math.min((address + length - 1) >>> 12, this.#pageCount - 1);
    for (let page = address >>> 12; page <= last; page++) {
      if (this.#isLacking(page)) this.#fetchNow(page);
    }
  }

  /**
   * A device is about to use a stretch of memory, and cannot be suspended.
   *
   * @throws MigrationBlockedError when a page of it is absent.
   */
  needsNow(address: number, length: Bytes): void {
    if (length <= 0) return;
    for (let page = address >>> 12; page <= (address + length - 1) >>> 12; page++) {
      if (this.#isLacking(page)) {
        throw new MigrationBlockedError("device", `it used page ${page} before it was there`);
      }
    }
  }

  async #fetchAll(linearPage: number, first: PageIndex): Promise<void> {
    for (let page = first; page >= 0; page = this.#lacking(linearPage)) {
      await this.#source.fetch(page);
      assert(!this.#absent.has(page), "a page that was fetched is there");
    }
  }

  #fetchNow(page: PageIndex): void {
    this.#source.fetchNow(page);
    assert(!this.#absent.has(page), "a page that was fetched is there");
  }

  #isLacking(page: PageIndex): boolean {
    if (page >= this.#pageCount || (page >= SCREEN_FROM && page < SCREEN_TO)) return false;
    return this.#absent.has(page);
  }

  /** The first absent page on the way to a linear page: its directory, its table, itself; -1 when none is. */
  #lacking(linearPage: number): PageIndex {
    const { buffer } = this.#exports.memory;
    const registers = new Uint32Array(buffer, 0, 256);
    const register = (address: number): number => registers[address >>> 2] as number;
    if ((register(ADDRESS.cr0) & PAGING) === 0) return this.#ifLacking(linearPage);
    const directory = register(ADDRESS.cr3) >>> 12;
    if (this.#isLacking(directory)) return directory;
    const entry = this.#entry(buffer, directory, linearPage >>> 10);
    if ((entry & PRESENT) === 0) return -1;
    if ((entry & LARGE) !== 0 && (register(ADDRESS.cr4) & LARGE_PAGES_ALLOWED) !== 0) {
      return this.#ifLacking(((entry >>> 22) << 10) | (linearPage & 1023));
    }
    const table = entry >>> 12;
    if (this.#isLacking(table)) return table;
    const tableEntry = this.#entry(buffer, table, linearPage & 1023);
    return (tableEntry & PRESENT) === 0 ? -1 : this.#ifLacking(tableEntry >>> 12);
  }

  #ifLacking(page: PageIndex): PageIndex {
    return this.#isLacking(page) ? page : -1;
  }

  /** An entry of a table; none beyond the guest's memory, where the processor finds nothing either. */
  #entry(buffer: ArrayBuffer, table: PageIndex, index: number): number {
    if (table >= this.#pageCount) return 0;
    return new Uint32Array(buffer, this.#memoryAt + table * 4096, 1024)[index] as number;
  }
}
