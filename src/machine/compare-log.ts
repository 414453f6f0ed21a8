import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import { PageScan } from "../kernel/page-scan.js";
import type { PageCount, PageIndex } from "../units.js";
import type { MachineMemory } from "./machine.js";

/** Pages that are looked at in one go. */
const STRETCH: PageCount = 4096;

/**
 * A dirty log for machines that cannot keep one: it has the digest of every page, and what has another by
 * the next harvest was written. A page that was written with what it held is not found, and need not be. A
 * harvest reads all of memory: some 100 ms a GiB.
 */
export class CompareLog {
  readonly #memory: MachineMemory;
  #digests: BigUint64Array | null = null;

  constructor(memory: MachineMemory) {
    this.#memory = memory;
  }

  /** Takes what is there for what is known. */
  start(): void {
    this.#digests = new BigUint64Array(this.#memory.pageCount);
    this.#look(() => {});
  }

  stop(): void {
    this.#digests = null;
  }

  /** Marks in `into` every page that has changed since the last harvest. */
  harvest(into: DirtyBitmap): void {
    this.#look((page) => into.mark(page));
  }

  #look(changed: (page: PageIndex) => void): void {
    const known = this.#digests;
    if (known === null) return;
    const { pageCount } = this.#memory;
    for (let from = 0; from < pageCount; ) {
      const bytes = this.#memory.read(from, Math.min(from + STRETCH, pageCount));
      for (const digest of PageScan.digests(bytes)) {
        if (known[from] !== digest) {
          known[from] = digest;
          changed(from);
        }
        from++;
      }
    }
  }
}
