import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { AbsentPages } from "../memory/absent-pages.js";
import { type Nanoseconds, type PageCount, type PageIndex, SECOND } from "../units.js";

/** What a workload writes to. */
export interface WriteTarget {
  /** Dirty log: a bit is set for every page written. */
  readonly log: DirtyBitmap;
  /** Changes the bytes of the listed pages; absent where the guest has none. */
  readonly storeWrites?: (pages: Uint32Array) => void;
  /** Replaces a page's bytes. */
  readonly storePage?: (page: PageIndex, bytes: Uint8Array) => void;
}

/** A write that finds its page absent. */
export interface Touch {
  readonly page: PageIndex;
  /** Guest time. */
  readonly at: Nanoseconds;
}

/**
 * One component of a workload, in guest time (which stands still while the guest does). Intervals
 * (from, to] follow one another without gaps.
 */
export interface Writer {
  /** Performs the writes of (from, to]. */
  advance(target: WriteTarget, from: Nanoseconds, to: Nanoseconds): void;
  /** The first write of (from, to] to an absent page; nothing is written. */
  firstTouch(absent: AbsentPages, from: Nanoseconds, to: Nanoseconds): Touch | null;
  /** Mean number of distinct pages written within a length of time from now: the curve D(t). */
  expectedDirtyPages(length: Nanoseconds): PageCount;
  /** Mean number of writes within a length of time. */
  expectedWrites(length: Nanoseconds): number;
  /** Pages at which the rate of access changes. */
  readonly cuts: readonly PageIndex[];
}

/** Writes number n and before are done by guest time n / rate: how many are done by `time`. */
export function writesUntil(rate: number, time: Nanoseconds): number {
  return Math.floor((rate * time) / SECOND);
}

/** When write number `n` (from 1) of a paced stream happens. */
export function timeOfWrite(rate: number, n: number): Nanoseconds {
  return Math.ceil((n / rate) * SECOND);
}
