import type { AbsentPages } from "../memory/absent-pages.js";
import type { RecordedTrace } from "../memory/recorded-trace.js";
import { type Nanoseconds, PAGE_SIZE, type PageCount, type PageIndex } from "../units.js";
import type { Random } from "../world/random.js";
import type { Touch, Writer, WriteTarget } from "./writer.js";

/** One recorded change of a page. */
interface Change {
  /** Since the start of the trace. */
  readonly at: Nanoseconds;
  readonly page: PageIndex;
  readonly bytes: Uint8Array;
}

/**
 * Replays a recorded trace: each page changes to its recorded bytes somewhere in the interval in which
 * it changed, in an order drawn once. The recording tells neither when nor how often; a page rewritten
 * with the same bytes does not show. After its end the trace starts over.
 */
export class TraceWriter implements Writer {
  readonly cuts: readonly PageIndex[] = [];
  readonly #changes: readonly Change[];
  readonly #length: Nanoseconds;

  constructor(trace: RecordedTrace, random: Random) {
    const changes: Change[] = [];
    let start = 0;
    for (const { ranNs, pages, bytes } of trace.snapshots) {
      const order = shuffled(pages.length, random);
      order.forEach((which, turn) => {
        const at = start + Math.ceil((ranNs * (turn + 1)) / (pages.length + 1));
        const offset = which * PAGE_SIZE;
        const page = pages[which] as PageIndex;
        changes.push({ at, page, bytes: bytes.subarray(offset, offset + PAGE_SIZE) });
      });
      start += ranNs;
    }
    this.#changes = changes;
    this.#length = start;
  }

  advance({ log, storePage }: WriteTarget, from: Nanoseconds, to: Nanoseconds): void {
    for (const { page, bytes } of this.#between(from, to)) {
      storePage?.(page, bytes);
      log.mark(page);
    }
  }

  firstTouch({ bitmap }: AbsentPages, from: Nanoseconds, to: Nanoseconds): Touch | null {
    for (const { page, at } of this.#between(from, to)) {
      if (bitmap.has(page)) return { page, at };
    }
    return null;
  }

  /** Distinct pages of the trace's first `length`; the whole trace's beyond its end. */
  expectedDirtyPages(length: Nanoseconds): PageCount {
    const pages = new Set<PageIndex>();
    for (const { page, at } of this.#changes) if (at <= length) pages.add(page);
    return pages.size;
  }

  expectedWrites(length: Nanoseconds): number {
    return this.#length > 0 ? (this.#changes.length * length) / this.#length : 0;
  }

  /** Changes of (from, to], with their times in that interval. */
  *#between(from: Nanoseconds, to: Nanoseconds): Generator<Change> {
    if (this.#length === 0 || this.#changes.length === 0) return;
    // Whole turns leave what the last of them leaves, so no more than one is replayed before the end's.
    const latest = Math.floor(to / this.#length) - 1;
    const first = Math.max(Math.floor(from / this.#length), latest);
    for (let turn = first; turn * this.#length < to; turn++) {
      const start = turn * this.#length;
      for (let index = this.#firstAfter(from - start); index < this.#changes.length; index++) {
        const change = this.#changes[index] as Change;
        if (start + change.at > to) return;
        yield { ...change, at: start + change.at };
      }
    }
  }

  #firstAfter(time: Nanoseconds): number {
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#changes[middle] as Change).at > time) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** The numbers 0 .. count - 1 in random order (Fisher and Yates). */
function shuffled(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index--) {
    const other = random.nextBelow(index + 1);
    [order[index], order[other]] = [order[other] as number, order[index] as number];
  }
  return order;
}
