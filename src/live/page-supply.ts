import { assert } from "../errors.js";
import type { StreamWriter } from "../qemu/stream-writer.js";
import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";
import { PageBits } from "./page-bits.js";
import type { StoredPages, StoredVm } from "./stored-vm.js";

/** Pages of a stored VM, each handed out once. */
export class PageSupply {
  readonly #vm: StoredVm;
  readonly #waiting: readonly PageBits[];
  #blockIndex = 0;

  constructor(vm: StoredVm) {
    this.#vm = vm;
    this.#waiting = vm.blocks.map(({ block, pageCount }) => {
      const waiting = new PageBits(block.length);
      for (let page = 0; page < pageCount; page++) waiting.set(page);
      return waiting;
    });
  }

  /** Pages that were not yet handed out. */
  get left(): PageCount {
    return this.#waiting.reduce((sum, { count }) => sum + count, 0);
  }

  /** Writes the next pages in order, whole host pages, about `count`; answers how many, 0 at the end. */
  async writeNext(writer: StreamWriter, count: PageCount): Promise<PageCount> {
    for (; this.#blockIndex < this.#vm.blocks.length; this.#blockIndex++) {
      const first = this.#waiting[this.#blockIndex]?.next(0) ?? -1;
      if (first >= 0) {
        const pages = this.#vm.blocks[this.#blockIndex] as StoredPages;
        const host = hostPages(pages);
        const from = first - (first % host);
        const to = Math.min(from + Math.ceil(count / host) * host, pages.pageCount);
        return this.#write(writer, this.#blockIndex, from, to);
      }
    }
    return 0;
  }

  /** Writes those pages of a request that were not yet handed out; answers how many, or -1 for what is no memory. */
  async writeRequested(
    writer: StreamWriter,
    name: string,
    start: Bytes,
    length: Bytes,
  ): Promise<PageCount> {
    const index = this.#vm.blocks.findIndex(({ block }) => block.name === name);
    const pages = this.#vm.blocks[index];
    if (pages === undefined) return -1;
    const from = start / PAGE_SIZE;
    const to = (start + length) / PAGE_SIZE;
    if (!Number.isInteger(from) || !Number.isInteger(to) || to > pages.pageCount) return -1;
    return this.#write(writer, index, from, to);
  }

  async #write(writer: StreamWriter, index: number, from: number, to: number): Promise<PageCount> {
    const pages = this.#vm.blocks[index];
    const waiting = this.#waiting[index];
    assert(pages !== undefined && waiting !== undefined, "a block of the VM");
    const { name } = pages.block;
    let written = 0;
    for (let page = waiting.next(from); page >= 0 && page < to; page = waiting.next(page)) {
      if (pages.isZero(page)) {
        waiting.clear(page);
        writer.zeroPage(name, page * PAGE_SIZE);
        written++;
        continue;
      }
      const end = endOfRun(pages, waiting, page, to);
      const bytes = await pages.read(page, end - page);
      for (let one = page; one < end; one++) {
        // Another request may have got it while the disk was read.
        if (!waiting.has(one)) continue;
        waiting.clear(one);
        const at = (one - page) * PAGE_SIZE;
        writer.rawPage(name, one * PAGE_SIZE, bytes.subarray(at, at + PAGE_SIZE));
        written++;
      }
    }
    return written;
  }
}

/** How far pages that are not zero, and wait, go on from `page`. */
function endOfRun(pages: StoredPages, waiting: PageBits, page: number, limit: number): number {
  let end = page + 1;
  while (end < limit && waiting.has(end) && !pages.isZero(end)) end++;
  return end;
}

function hostPages({ block }: StoredPages): PageCount {
  return (block.hostPageSize ?? PAGE_SIZE) / PAGE_SIZE;
}
