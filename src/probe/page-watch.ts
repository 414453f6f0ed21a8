import { PageScan } from "../kernel/page-scan.js";
import { ChangeCounts } from "../observe/change-counts.js";
import type { DeltaSample } from "../observe/delta-sample.js";
import { type Milliseconds, PAGE_SIZE, type PageIndex, pagesToBytes } from "../units.js";
import type { ProcessMemory } from "./process-memory.js";

/** Pages that are read before they are digested: a MiB. */
const BATCH_PAGES = 256;

/** Calls back with batches of whole pages, and the place in `pages` of the first one; runs of pages are read at once. */
export function readBatches(
  memory: ProcessMemory,
  pages: Uint32Array,
  callback: (bytes: Uint8Array, first: number) => void,
): void {
  const buffer = new Uint8Array(pagesToBytes(Math.min(BATCH_PAGES, pages.length)));
  for (let first = 0; first < pages.length; first += BATCH_PAGES) {
    const end = Math.min(pages.length, first + BATCH_PAGES);
    for (let from = first; from < end; ) {
      let to = from + 1;
      while (to < end && pages[to] === (pages[to - 1] ?? 0) + 1) to++;
      memory.read(pages[from] ?? 0, to - from, buffer.subarray(pagesToBytes(from - first)));
      from = to;
    }
    callback(buffer.subarray(0, pagesToBytes(end - first)), first);
  }
}

/** Pages that are looked at together, at the ticks `phase`, `phase + period`, ... */
export interface Watch {
  readonly level: number;
  readonly period: number;
  readonly phase: number;
  readonly counts: ChangeCounts;
  /** Looks which of them changed; those go to the deltas too. `now` is the time since the first look. */
  look(memory: ProcessMemory, now: () => Milliseconds, deltas: DeltaSample | null): void;
}

/** Which pages changed, by their digests. */
export class PageWatch implements Watch {
  readonly level: number;
  readonly period: number;
  readonly phase: number;
  readonly counts: ChangeCounts;
  readonly #pages: Uint32Array;
  /** A digest as two numbers. */
  readonly #digests: Uint32Array;
  #isFirst = true;

  constructor(
    place: { readonly level: number; readonly period: number; readonly phase: number },
    pages: Uint32Array,
    horizonsMs: readonly Milliseconds[],
  ) {
    this.level = place.level;
    this.period = place.period;
    this.phase = place.phase;
    this.#pages = pages;
    this.#digests = new Uint32Array(2 * pages.length);
    this.counts = new ChangeCounts(pages.length, horizonsMs, place.period + place.phase);
  }

  look(memory: ProcessMemory, now: () => Milliseconds, deltas: DeltaSample | null): void {
    const began = now();
    const changed: PageIndex[] = [];
    readBatches(memory, this.#pages, (bytes, first) => {
      const digests = new Uint32Array(PageScan.digests(bytes).buffer);
      for (let index = 0; index < digests.length / 2; index++) {
        const at = 2 * (first + index);
        const isSame =
          this.#digests[at] === digests[2 * index] &&
          this.#digests[at + 1] === digests[2 * index + 1];
        if (isSame) continue;
        this.#digests[at] = digests[2 * index] ?? 0;
        this.#digests[at + 1] = digests[2 * index + 1] ?? 0;
        if (this.#isFirst) continue;
        changed.push(first + index);
        const start = index * PAGE_SIZE;
        deltas?.changed(this.#pages[first + index] ?? 0, bytes.subarray(start, start + PAGE_SIZE));
      }
    });
    // On a busy host a look may be held up; pages are then read later than it began.
    this.counts.snapshot((began + now()) / 2, this.#isFirst ? [] : changed);
    this.#isFirst = false;
  }
}
