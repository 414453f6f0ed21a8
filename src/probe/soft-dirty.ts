import { writeFileSync } from "node:fs";
import process from "node:process";
import { ChangeCounts } from "../observe/change-counts.js";
import type { DeltaSample } from "../observe/delta-sample.js";
import { type Milliseconds, PAGE_SIZE, type PageIndex } from "../units.js";
import type { Watch } from "./page-watch.js";
import { ProcessMemory, SOFT_DIRTY } from "./process-memory.js";

/** What clears the soft-dirty bits of a process, written to its clear_refs. */
const CLEAR_SOFT_DIRTY = "4";

/**
 * Whether this kernel keeps soft-dirty bits (CONFIG_MEM_SOFT_DIRTY). One without takes the request to clear
 * them all the same, so it is tried out on this process: after that, some of its pages must have
 * been written, and others not.
 */
export function hasSoftDirtyBits(): boolean {
  try {
    const memory = ProcessMemory.open(process.pid);
    try {
      writeFileSync(`/proc/${process.pid}/clear_refs`, CLEAR_SOFT_DIRTY);
      let [written, untouched] = [0, 0];
      memory.eachPresent((_, high) => {
        if ((high & SOFT_DIRTY) !== 0) written++;
        else untouched++;
      });
      return written > 0 && untouched > 0;
    } finally {
      memory.close();
    }
  } catch {
    return false;
  }
}

/**
 * All pages of a process, by the kernel's soft-dirty bits: a page counts when it was written, whatever
 * with. After each look, the first write to every page takes a fault, and a huge page counts as a whole.
 * Writes between reading the bits and clearing them are missed.
 */
export class SoftDirtyWatch implements Watch {
  readonly level = 0;
  readonly period = 1;
  readonly phase = 0;
  readonly counts: ChangeCounts;
  readonly #pages: Uint32Array;
  readonly #clearRefs: string;
  #pausedMs: Milliseconds = 0;
  #isFirst = true;

  constructor(memory: ProcessMemory, pages: Uint32Array, horizonsMs: readonly Milliseconds[]) {
    this.#pages = pages;
    this.#clearRefs = memory.pathOf("clear_refs");
    this.counts = new ChangeCounts(pages.length, horizonsMs);
  }

  /** How long the bits were being cleared, during which the process waits wherever it faults, ms. */
  get pausedMs(): Milliseconds {
    return this.#pausedMs;
  }

  look(memory: ProcessMemory, now: () => Milliseconds, deltas: DeltaSample | null): void {
    const changed: PageIndex[] = [];
    if (!this.#isFirst) this.#readBits(memory, changed);
    const atMs = now();
    this.#clear(memory);
    const bytes = new Uint8Array(PAGE_SIZE);
    for (const place of changed) {
      const page = this.#pages[place] ?? 0;
      if (deltas === null || !deltas.wants(page)) continue;
      memory.read(page, 1, bytes);
      deltas.changed(page, bytes);
    }
    this.counts.snapshot(atMs, changed);
    this.#isFirst = false;
  }

  #readBits(memory: ProcessMemory, changed: PageIndex[]): void {
    let place = 0;
    memory.eachPresent((page, high) => {
      if ((high & SOFT_DIRTY) === 0) return;
      while ((this.#pages[place] ?? page) < page) place++;
      // A page that came into being since the beginning is counted apart.
      if (this.#pages[place] === page) changed.push(place);
    });
  }

  #clear(memory: ProcessMemory): void {
    const before = performance.now();
    try {
      writeFileSync(this.#clearRefs, CLEAR_SOFT_DIRTY);
      this.#pausedMs += performance.now() - before;
    } catch (cause) {
      throw memory.lost(cause);
    }
  }
}

/** How long reading the bits of all pages takes, ms. */
export function softDirtyCost(memory: ProcessMemory): Milliseconds {
  const before = performance.now();
  memory.eachPresent(() => {});
  // Clearing walks the same tables once more.
  return 2 * (performance.now() - before);
}
