import type { Bytes, Milliseconds, PageCount, Share } from "../units.js";
import type { PredictedPull } from "./post-copy.js";

/** One way in which the migration may go. */
export interface PredictedRun {
  /** Whether it came to its end before patience did. */
  readonly completed: boolean;
  readonly totalMs: Milliseconds;
  /** How long the guest stands still at the switchover; 0 when it never came to one. */
  readonly downtimeMs: Milliseconds;
  /** QEMU's `ram.transferred`: pages, without device state. */
  readonly bytes: Bytes;
  /** QEMU's `dirty-sync-count`. */
  readonly passes: number;
  /** The strongest throttle. */
  readonly throttle: Share;
  /** Pages that waited when the log was looked at last, and how many would have been few enough. */
  readonly remainingPages: PageCount;
  readonly thresholdPages: PageCount;
  /** `downtime-limit` at the end. */
  readonly downtimeLimitMs: Milliseconds;
  /** What the guest met after a post-copy switchover; null: there was none. */
  readonly pull: PredictedPull | null;
  /** Since when the guest was stopped while passes went on; null: it was not. */
  readonly pausedAtMs: Milliseconds | null;
  /** Why it was given up; null: it was not. */
  readonly abortedBecause: string | null;
}
