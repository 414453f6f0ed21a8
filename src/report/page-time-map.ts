import type { Milliseconds, PageCount } from "../units.js";

/** What happened to a band of pages in a slice of time. */
export type MapEvent = "push" | "stop-and-copy" | "pull" | "fault" | "dirty";

/** One rectangle of the page x time map. */
export interface MapCell {
  readonly event: MapEvent;
  /** Round the pages were sent in; for `dirty`, the round that found them dirty. */
  readonly round: number;
  /** First page and page past the end of the band. */
  readonly fromPage: PageCount;
  readonly toPage: PageCount;
  readonly startMs: Milliseconds;
  readonly endMs: Milliseconds;
  /** Pages of the band that were sent, faulted or found dirty; above 0. */
  readonly pages: PageCount;
}

/** A migration as a picture: which pages crossed the link when. A few thousand cells whatever the guest's size. */
export interface PageTimeMap {
  readonly pageCount: PageCount;
  /** When the guest was stopped and could be reached again, ms since the request; null when it never stopped. */
  readonly downtime: { readonly startMs: Milliseconds; readonly endMs: Milliseconds } | null;
  readonly totalMs: Milliseconds;
  readonly cells: readonly MapCell[];
}
