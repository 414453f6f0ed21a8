import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { Nanoseconds, PageCount, PageIndex } from "../units.js";
import type { RoundPhase } from "./report.js";

/** Pages that crossed the link together. */
export interface SentBand {
  readonly phase: RoundPhase;
  readonly round: number;
  readonly fromPage: PageIndex;
  readonly toPage: PageCount;
  readonly startNs: Nanoseconds;
  readonly endNs: Nanoseconds;
}

/** Watches a migration page by page, for a picture of it, and changes nothing. Times are the clock's. */
export interface MigrationObserver {
  /** A round begins, with these pages to send. */
  began(pending: DirtyBitmap): void;
  /** Pages of the band have left `pending`. */
  sent(band: SentBand, pending: DirtyBitmap): void;
  /** Called with the dirty log of the round that just ended, before it is harvested. */
  dirtied(round: number, log: DirtyBitmap, startNs: Nanoseconds, endNs: Nanoseconds): void;
  faulted(page: PageIndex, startNs: Nanoseconds, endNs: Nanoseconds): void;
}
