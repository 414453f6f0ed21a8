/**
 * What was seen of a running guest from outside: how many distinct pages it dirties within t, and what is
 * in its pages. It is what a prediction starts from, and the JSON that `godwit observe` writes.
 */
export interface Observation {
  readonly kind: "godwit-observation";
  readonly version: 1;
  /** Where it comes from: a process's memory, QMP, a recorded trace, the passes of a migration. */
  readonly source: "process" | "qmp" | "trace" | "migration";
  /** What was observed, in words, such as "process 4711". */
  readonly subject: string;
  /** How long the guest was watched, ms; in a trace, ms of guest time. */
  readonly observedMs: number;
  readonly contents: PageContents;
  /** D(t): points in order of their horizons, at least one. */
  readonly curve: readonly CurvePoint[];
  /** What watching cost the guest's host; null where nothing was watched live. */
  readonly cost: ObservationCost | null;
}

/** What pages hold. Pages have 4096 bytes. */
export interface PageContents {
  /** Pages of the guest's memory, zero or not. */
  readonly totalPages: number;
  /** Pages that hold anything but zeros. */
  readonly nonzeroPages: number;
  /** Standard error of `nonzeroPages` where it was estimated from a sample; 0 where it was counted. */
  readonly nonzeroPagesError: number;
  /** Nonzero pages equal to another one, beyond the first of each kind; null: not looked at. */
  readonly repeatedPages: number | null;
  /** Mean size of a nonzero page after LZ4, as a share of the page, 0 to 1; null: not looked at. */
  readonly compressedShare: number | null;
  /**
   * Where the nonzero pages are: how many in each of equal parts of the memory (part i of n ends before page
   * floor((i + 1) N / n)), lowest addresses first. Absent: not looked at.
   */
  readonly nonzeroByPart?: readonly number[];
}

/** One point of D(t). */
export interface CurvePoint {
  /** t, ms. */
  readonly horizonMs: number;
  /** Mean number of distinct pages dirtied within t. */
  readonly pages: number;
  /** Standard deviation of that number from one window of length t to the next, pages; 0 where unknown. */
  readonly deviation: number;
  /** How many windows were measured; 1 says nothing of the deviation. */
  readonly windows: number;
  /** Mean bytes of an XBZRLE delta of a page dirtied within t, overflows left out; null: not looked at. */
  readonly deltaBytes: number | null;
  /** Share of the pages dirtied within t whose delta is no smaller than the page, 0 to 1; null: not looked at. */
  readonly overflowShare: number | null;
  /** Standard error of `pages` from watching a sample of pages only; absent where every page was watched. */
  readonly pagesError?: number;
  /**
   * Write locality: share of the pages dirtied within t whose neighbour in the pair of pages 2k, 2k + 1 was
   * dirtied too, 0 to 1. Writes without locality give the share of all pages that is dirtied; a sweep
   * through memory gives 1. Absent: not looked at.
   */
  readonly neighbourShare?: number;
}

/** What watching costs. */
export interface ObservationCost {
  /** CPU time of the observer, ms. */
  readonly cpuMs: number;
  /** Bytes read from the guest's memory. */
  readonly bytesRead: number;
  /** How long the guest itself was held up, ms; 0 where it ran on throughout. */
  readonly guestPausedMs: number;
}
