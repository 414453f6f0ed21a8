import type { Bytes, Milliseconds, PageCount, Share } from "../units.js";

/** Where a migration is that is looked at while it runs: what `query-migrate` tells, and the clock. */
export interface SeenProgress {
  /** `total-time`. */
  readonly elapsedMs: Milliseconds;
  /** `ram.transferred`. */
  readonly sentBytes: Bytes;
  /** `ram.remaining`, in pages. */
  readonly remainingPages: PageCount;
  /** `dirty-sync-count`: the pass under way, from 1. */
  readonly pass: number;
  /** How long this pass has run. */
  readonly passMs: Milliseconds;
  /** How long the pass before it took; null in the first. */
  readonly passBeforeMs: Milliseconds | null;
  /** `cpu-throttle-percentage` as a share. */
  readonly throttle: Share;
}
