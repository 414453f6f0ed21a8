import type { Side } from "../errors.js";
import type { Bytes, Milliseconds, PageCount, Share } from "../units.js";

/** The five ways to move a guest. */
export type StrategyName = "cold" | "stop-and-copy" | "pre-copy" | "post-copy" | "hybrid";

/**
 * How a migration ended. `completed`: the guest runs at the target. `not-converged`: given up, the guest
 * runs on at the source. `aborted`: the caller's signal ended it. `failed`: the link failed or the target could not prove its memory.
 */
export type Outcome = "completed" | "not-converged" | "aborted" | "failed";

/** Phase of a round: pages pushed while the guest runs, while it is stopped, or pushed and pulled after it resumed at the target. */
export type RoundPhase = "push" | "stop-and-copy" | "pull";

/** Pages by how they crossed the link. */
export interface PagesByKind {
  /** All-zero pages, sent as a mark of 9 bytes. */
  readonly zero: PageCount;
  /** Whole pages, 4104 bytes each. */
  readonly raw: PageCount;
  /** XBZRLE deltas, 11 bytes and the delta. */
  readonly delta: PageCount;
}

/** Bytes of page records by kind. */
export interface BytesByKind {
  readonly zero: Bytes;
  readonly raw: Bytes;
  readonly delta: Bytes;
}

/** One pass over the pages that were dirty at its start. Round 0 is the full copy. */
export interface RoundReport {
  readonly round: number;
  readonly phase: RoundPhase;
  /** Since the migration was requested. */
  readonly startMs: Milliseconds;
  readonly durationMs: Milliseconds;
  /** zero + raw + delta of this round. */
  readonly pagesSent: PageCount;
  readonly pagesByKind: PagesByKind;
  /** Record bytes of these pages. */
  readonly bytesByKind: BytesByKind;
  /** Pages found equal to what the target already has (XBZRLE), so not sent. */
  readonly unchangedPages: PageCount;
  /** Pages left for a later round because they were written again before their turn. */
  readonly skippedPages: PageCount;
  /** Page records, and in the stop-and-copy round also CPU and device state. */
  readonly bytesSent: Bytes;
  /** Pages the next round would have to send; in the pull phase, pages still absent. */
  readonly dirtyPagesAtEnd: PageCount;
  /** CPU throttle in force at the end of the round. */
  readonly throttle: Share;
}

/** The downtime by part; the parts sum to `downtimeMs`. */
export interface DowntimeParts {
  /** Stopping the guest. */
  readonly pause: Milliseconds;
  /** Sending the last dirty pages (cold: everything that moves while the guest is off). */
  readonly finalPages: Milliseconds;
  /** Sending CPU context and device state. */
  readonly state: Milliseconds;
  /** Loading the state, handing over, reconnecting storage, resuming. */
  readonly resume: Milliseconds;
  /** From the resume until the network finds the guest at its new place. */
  readonly network: Milliseconds;
}

/** Page faults of a guest that runs at the target before all its memory is there. */
export interface FaultReport {
  /** Accesses to absent pages: each stalled the guest. */
  readonly faults: number;
  /** Faults whose page had to be asked for across the link. The others waited for a page already on its way. */
  readonly networkFaults: number;
  /** Sum of all stalls. */
  readonly stallMs: Milliseconds;
  readonly meanStallMs: Milliseconds;
  /** Of a real machine's stalls. */
  readonly medianStallMs?: Milliseconds;
  readonly maxStallMs: Milliseconds;
}

/** One change of the CPU throttle. */
export interface ThrottleStep {
  readonly atMs: Milliseconds;
  /** Part of the CPU time taken from the guest, 0 .. 0.99. */
  readonly throttle: Share;
}

/** What the guest lost while it ran: throttling, stalls on faults, CPU taken by migration. Downtime is not part of it. */
export interface DegradationReport {
  /** Guest time lost: integral of 1 - speed over the time the guest ran during the migration. */
  readonly lostMs: Milliseconds;
  /** lostMs over the time the guest ran during the migration; 0 when it did not run. */
  readonly share: Share;
  /** CPU seconds that migration itself took at each host. */
  readonly sourceCpuSeconds: number;
  readonly targetCpuSeconds: number;
}

/** The move of a local disk: bulk copy, passes over dirty blocks, then every write mirrored until the switchover. */
export interface StorageReport {
  readonly durationMs: Milliseconds;
  readonly passes: number;
  /** Bytes of disk that crossed the link; not part of the migration's `bytesSent`. */
  readonly bytesSent: Bytes;
  /** Of these, writes mirrored while memory moved. */
  readonly mirroredBytes: Bytes;
}

/** The move of the guest's address on the network. */
export interface NetworkReport {
  readonly mode: "announce" | "tunnel" | "none";
  /** Announcements (gratuitous ARP/RARP) sent until the network had learned. */
  readonly announcements: number;
  /** Packets for the guest that found nobody: during the downtime and until the switch had learned. */
  readonly packetsLost: number;
  /** Latency that a tunnel or proxy adds to each packet after the move. */
  readonly extraLatencyMs: Milliseconds;
}

/** What a migration did. All times are simulated or real, as the clock was. Serialises to JSON as it is. */
export interface MigrationReport {
  readonly strategy: StrategyName;
  readonly outcome: Outcome;
  /** Where the guest runs now. */
  readonly runningOn: Side;
  /** Whether a stop condition on the dirty set (threshold, expected downtime) was met, rather than a limit on rounds, bytes or time. Null where the strategy has no such test. */
  readonly converged: boolean | null;
  /** Why the engine stopped pushing, or why it failed, in words. */
  readonly reason: string;
  /** From the request until the source may be freed. */
  readonly totalMigrationTimeMs: Milliseconds;
  /** From the pause until the guest can be reached again: `downtimeParts` summed. 0 when the guest never stopped. */
  readonly downtimeMs: Milliseconds;
  /** When the guest was paused, since the request; null when it never stopped. */
  readonly downtimeStartMs: Milliseconds | null;
  readonly downtimeParts: DowntimeParts;
  /** Memory, CPU and device state on the wire: the rounds' bytes summed. */
  readonly bytesSent: Bytes;
  /** Of these, CPU context, device state and the list of absent pages. */
  readonly stateBytes: Bytes;
  readonly pagesSent: PagesByKind;
  readonly networkFaults: number;
  readonly rounds: readonly RoundReport[];
  /** Every page at the target compared with what the source held at its stop; null when the guest has no contents or did not move. */
  readonly verified: boolean | null;
  readonly seed: number;
  readonly policy: string;
  readonly memoryBytes: Bytes;
  readonly faults: FaultReport;
  readonly throttleHistory: readonly ThrottleStep[];
  readonly degradation: DegradationReport;
  readonly storage: StorageReport | null;
  readonly network: NetworkReport;
  /** Price of this migration under the scenario's service level agreement; null without one. */
  readonly penalty: number | null;
}
