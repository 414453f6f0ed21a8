import type { DirtyBitmap } from "../../kernel/dirty-bitmap.js";
import { PAGE_SIZE, type PageCount, type PageIndex } from "../../units.js";
import { ABSENT, CLEAN, DIRTY } from "./barrier.js";
import { type MemoryLayout, WASM_PAGE } from "./layout.js";

/** One of a module's memories: its pages and the bytes behind it that say how each is. */
interface Part {
  readonly first: PageIndex;
  readonly pageCount: PageCount;
  readonly bytes: Uint8Array;
  readonly map: Uint8Array;
  /** The same map, four pages at a time. */
  readonly fours: Uint32Array;
}

/** The pages of all of a module's memories, one memory after another, with what barriers note of them. */
export class PageMap {
  readonly pageCount: PageCount;
  readonly #parts: readonly Part[];

  constructor(memories: readonly WebAssembly.Memory[], layouts: readonly MemoryLayout[]) {
    this.#parts = layouts.map((layout, index) => {
      const { buffer } = memories[index] as WebAssembly.Memory;
      const pageCount = (layout.limit * WASM_PAGE) / PAGE_SIZE;
      return {
        first: layout.firstPage,
        pageCount,
        bytes: new Uint8Array(buffer, 0, layout.map),
        map: new Uint8Array(buffer, layout.map, pageCount),
        fours: new Uint32Array(buffer, layout.map, pageCount / 4),
      };
    });
    this.pageCount = this.#parts.reduce((sum, part) => sum + part.pageCount, 0);
  }

  /** Pages from `from`, up to the end of their memory. */
  read(from: PageIndex, to: PageCount): Uint8Array {
    const { first, pageCount, bytes } = this.#partOf(from);
    const end = Math.min(to - first, pageCount);
    return bytes.subarray((from - first) * PAGE_SIZE, end * PAGE_SIZE);
  }

  /** Stores whole pages; those that were absent are there then. */
  write(from: PageIndex, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const page = from + at / PAGE_SIZE;
      const part = this.#partOf(page);
      const start = (page - part.first) * PAGE_SIZE;
      const now = bytes.subarray(at, at + part.bytes.length - start);
      part.bytes.set(now, start);
      const pages = now.length / PAGE_SIZE;
      for (let index = page; index < page + pages; index++) this.arrive(index);
      at += now.length;
    }
  }

  /** The bytes of one memory from an address of the module's. */
  bytesOf(memory: number): Uint8Array {
    return this.#part(memory).bytes;
  }

  /** Number of the first page of a memory. */
  firstOf(memory: number): PageIndex {
    return this.#part(memory).first;
  }

  isAbsent(page: PageIndex): boolean {
    const { map, first } = this.#partOf(page);
    return map[page - first] === ABSENT;
  }

  /** The page is there now; does nothing when it was. */
  arrive(page: PageIndex): void {
    const { map, first } = this.#partOf(page);
    if (map[page - first] === ABSENT) map[page - first] = CLEAN;
  }

  markDirty(page: PageIndex): void {
    const { map, first } = this.#partOf(page);
    map[page - first] = DIRTY;
  }

  /** From now on these pages are absent, and no others. */
  expect(absent: DirtyBitmap | null): void {
    for (const { first, pageCount, map } of this.#parts) {
      for (let at = map.indexOf(ABSENT); at >= 0; at = map.indexOf(ABSENT, at)) map[at] = CLEAN;
      if (!absent) continue;
      for (const { start, end } of absent.runs(first, first + pageCount)) {
        map.fill(ABSENT, start - first, end - first);
      }
    }
  }

  /** Forgets which pages are dirty, and marks them in `into` if it is given. */
  harvest(into: DirtyBitmap | null): void {
    for (const { first, map, fours } of this.#parts) {
      const dirty: PageIndex[] = [];
      for (let four = 0; four < fours.length; four++) {
        if (fours[four] === 0) continue;
        for (let page = 4 * four; page < 4 * four + 4; page++) {
          if (map[page] !== DIRTY) continue;
          map[page] = CLEAN;
          dirty.push(first + page);
        }
      }
      into?.markList(Uint32Array.from(dirty));
    }
  }

  #part(memory: number): Part {
    return this.#parts[memory] as Part;
  }

  #partOf(page: PageIndex): Part {
    let found = this.#part(0);
    for (const part of this.#parts) if (part.first <= page) found = part;
    return found;
  }
}
