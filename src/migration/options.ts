import type { ConvergencePolicy } from "../policy/policy.js";
import type { Bytes, BytesPerSecond, Nanoseconds, PageCount, Share } from "../units.js";
import type { RoundReport } from "./report.js";

/** Auto-converge: slow the guest's CPU down until pre-copy converges. Defaults are QEMU's. */
export interface AutoConvergeOptions {
  /** First throttle; QEMU's cpu-throttle-initial, 20 %. */
  readonly initial: Share;
  /** Added at each further step; QEMU's cpu-throttle-increment, 10 %. */
  readonly increment: Share;
  /** Never more than this; QEMU's max-cpu-throttle, 99 %. */
  readonly max: Share;
  /** A period counts against convergence when its new dirty bytes exceed this share of the bytes sent; QEMU's throttle-trigger-threshold, 50 %. */
  readonly trigger: Share;
}

/** Switches of the strategies, all filled in; see the defaults beside {@link resolveMigrationOptions}. */
export interface MigrationOptions {
  readonly policy: ConvergencePolicy;
  /** Cap on the rate of page data while the guest runs; `Infinity` for none. Lifted for the final burst. */
  readonly maxBandwidth: BytesPerSecond;
  /** Downtime that the stop condition aims at. */
  readonly downtimeLimitNs: Nanoseconds;
  /** Stop pushing after so many rounds (round 0 counts); `Infinity` for never. */
  readonly maxRounds: number;
  /** Stop pushing after so many bytes of pages. */
  readonly maxBytes: Bytes;
  /** Stop pushing when at most so many pages are dirty; -1 for no such condition. */
  readonly dirtyThreshold: PageCount;
  /** What to do when no stop condition is met in time. */
  readonly onNotConverged: "abort" | "stop" | "post-copy";
  /** "In time": so long after the request; `Infinity` for never. */
  readonly giveUpAfterNs: Nanoseconds;
  /** "In time": so many rounds. */
  readonly giveUpAfterRounds: number;
  /** Delta compression of resent pages, with a cache of so many bytes; 0 switches it off. */
  readonly xbzrleCacheBytes: Bytes;
  readonly autoConverge: AutoConvergeOptions | null;
  /** Order of pages in a round: by address, or pages that were dirtied round after round last. */
  readonly order: "address" | "cold-first";
  /** Leave pages that were written again before their turn to the next round (Clark et al. 2005). */
  readonly skipDirty: boolean;
  /** Order of the active push in post-copy: outward from the last faults, onward from the last fault, or by address. */
  readonly prepaging: "bubble" | "forward" | "none";
  /** How many of the last faults keep a bubble growing. */
  readonly pivots: number;
  /** Rounds that hybrid pushes before it switches, `Infinity`: until it converges or stops making progress. */
  readonly pushRounds: number;
  /** Compare the target's memory with the source's before the guest is handed over. */
  readonly verify: boolean;
  /** Called after every round with a fresh immutable record. */
  readonly onRound: (round: RoundReport) => void;
  /** Ends the migration; the guest stays where it runs. */
  readonly signal: AbortSignal | null;
}
