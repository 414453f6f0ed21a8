import type { Bytes, BytesPerSecond, Nanoseconds, PageCount } from "../units.js";

/** What a policy sees after a round of push, by value. */
export interface RoundStatistics {
  /** Round that just ended; 0 is the full copy. */
  readonly round: number;
  /** Since the migration was requested. */
  readonly elapsedNs: Nanoseconds;
  readonly roundNs: Nanoseconds;
  readonly pagesSent: PageCount;
  readonly bytesSent: Bytes;
  /** Page bytes of all rounds. */
  readonly totalBytesSent: Bytes;
  /** Pages of the whole guest. */
  readonly guestPages: PageCount;
  /** Pages that are dirty now: written during the round, or left over from it. */
  readonly dirtyPages: PageCount;
  /** The same after the round before; `guestPages` for round 0. */
  readonly dirtyPagesBefore: PageCount;
  /** Rate over this round. */
  readonly roundRate: BytesPerSecond;
  /** Rate over the policy's last full window (the round's rate where it has no windows); 0 before the first. */
  readonly windowRate: BytesPerSecond;
  readonly limits: ConvergenceLimits;
}

/** The stop conditions that the caller set. */
export interface ConvergenceLimits {
  readonly downtimeLimitNs: Nanoseconds;
  readonly maxRounds: number;
  readonly maxBytes: Bytes;
  readonly dirtyThreshold: PageCount;
}

/** What a policy sees while a round is under way, at the start of each window. */
export interface WindowStatistics {
  readonly remainingPages: PageCount;
  readonly windowRate: BytesPerSecond;
  readonly downtimeLimitNs: Nanoseconds;
}

/** A policy's answer after a round. `abort` gives up; the engine's option may turn that into a stop or a switch. */
export interface Verdict {
  readonly action: "continue" | "stop-and-copy" | "post-copy" | "abort";
  /** Whether the dirty set met its condition (as against a limit on effort). */
  readonly converged: boolean;
  /** In words, for the report. */
  readonly reason: string;
}

/** What a policy assumes where the caller does not say; a field left out means no such limit. */
export interface PolicyDefaults {
  readonly downtimeLimitNs?: Nanoseconds;
  readonly maxRounds?: number;
  /** Most bytes of pages, as a multiple of the guest's memory. */
  readonly maxMemoryMultiple?: number;
  readonly dirtyThreshold?: PageCount;
  readonly maxBandwidth?: BytesPerSecond;
  /** The cap does not hold for the push of post-copy. */
  readonly pullIsUncapped?: boolean;
  /** Order of the active push in post-copy. */
  readonly prepaging?: "bubble" | "forward" | "none";
  readonly giveUpAfterRounds?: number;
  readonly giveUpAfterNs?: Nanoseconds;
}

/** When to stop pushing: mechanism (the engine) and policy are apart, as in Xen's xg_sr_save.c. Pure functions over by-value statistics. */
export interface ConvergencePolicy {
  readonly name: string;
  /** Where the rule comes from. */
  readonly source: string;
  /** Length of the rate-limit window; null: the rate is held evenly. QEMU's BUFFER_DELAY is 100 ms. */
  readonly windowNs: Nanoseconds | null;
  readonly defaults: PolicyDefaults;
  /** Whether the round ends here although pages remain. */
  endsRound(statistics: WindowStatistics): boolean;
  /** What to do after a round. */
  decide(statistics: RoundStatistics): Verdict;
}
