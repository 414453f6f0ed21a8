import type { AutoConvergeSettings } from "../policy/auto-converge.js";
import type { Bytes, BytesPerSecond, Milliseconds } from "../units.js";
import type { ProfileName } from "./profile.js";

/** How a migration is set up: QEMU's parameters and capabilities. */
export interface PredictedSettings {
  readonly profile: ProfileName;
  /** `max-bandwidth`, bytes per second; Infinity: the link is the limit. */
  readonly maxBandwidth: BytesPerSecond;
  /** `downtime-limit`. */
  readonly downtimeLimitMs: Milliseconds;
  /** `xbzrle-cache-size`; null: no XBZRLE. */
  readonly xbzrleCacheBytes: Bytes | null;
  /** Null: no auto-converge. */
  readonly autoConverge: AutoConvergeSettings | null;
  /** When `migrate-start-postcopy` is sent, after `migrate`; null: never. */
  readonly postCopyAfterMs: Milliseconds | null;
  /** Whether the guest is stopped before `migrate`. */
  readonly stopFirst: boolean;
}

/** The two hosts and the link between them, as far as they decide. */
export interface PredictedHosts {
  /** What the link carries: the final burst and the pull of post-copy are not capped by `max-bandwidth`. */
  readonly linkBandwidth: BytesPerSecond;
  /** Round trip of the link. */
  readonly rttMs: Milliseconds;
  /** How the guest's CPUs are run: TCG waits for a throttled vCPU at every look at the dirty log. */
  readonly accelerator: "kvm" | "tcg";
  /**
   * What a throttled guest does. Null: as much less as it runs less. Otherwise its writes keep to the
   * clock, and after a pause it catches up with so much of it.
   */
  readonly catchUpMs: Milliseconds | null;
  /** What one thread of QEMU sends and takes at most of pages that the target has touched before. */
  readonly copyBandwidth: BytesPerSecond;
  /** Time until the target has a page that it never touched before: its host has to find memory for it. */
  readonly freshPageMs: Milliseconds;
  /** The same in post-copy, where each page is put into place by a call of its own (userfaultfd). */
  readonly placePageMs: Milliseconds;
  /** The same for a page of zeros. */
  readonly placeZeroMs: Milliseconds;
  /** In post-copy, time for telling the target to forget a stretch of pages that were sent and written again. */
  readonly discardMs: Milliseconds;
  /** The host's stalls per second, each of `stallMs` in the mean: other work on the same cores. */
  readonly stallsPerSecond: number;
  readonly stallMs: Milliseconds;
  /** How long a window lasts beyond its 100 ms, in the mean: timers are late. */
  readonly windowLatenessMs: Milliseconds;
}

/**
 * Hosts on a 10 Gbit/s network. A target of QEMU 7.2 placed a page in 9 us; a guest that wrote by the clock
 * caught up with 50 ms; hosts that shared their cores stalled for a third of a second now and then. What one
 * thread sends and what a first touch costs are of machines that are not virtual themselves.
 */
export const TYPICAL_HOSTS: PredictedHosts = {
  linkBandwidth: 1.25e9,
  rttMs: 0.2,
  accelerator: "kvm",
  catchUpMs: 50,
  copyBandwidth: 2e9,
  freshPageMs: 0.0025,
  placePageMs: 0.009,
  placeZeroMs: 0.0005,
  discardMs: 0.0004,
  stallsPerSecond: 0.02,
  stallMs: 300,
  windowLatenessMs: 0.3,
};
