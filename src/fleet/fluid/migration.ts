import type { Side } from "../../errors.js";
import type { DowntimeParts, Outcome } from "../../migration/report.js";
import type { Bytes, BytesPerSecond, Nanoseconds, PageCount, Share } from "../../units.js";

/** What a migration is doing. */
export type MigrationPhase =
  | "setup"
  | "disk"
  | "push"
  | "stop-and-copy"
  | "handover"
  | "pull"
  | "settling";

/** Where the guest is meanwhile. */
export type GuestPlace = Side | "stopped";

/** What happens next in a migration; whoever has the clock and the network carries it out. */
export type Step =
  | {
      readonly kind: "wait";
      readonly ns: Nanoseconds;
      readonly phase: MigrationPhase;
      readonly guest: GuestPlace;
    }
  | {
      readonly kind: "transfer";
      /** May have a fraction. */
      readonly bytes: Bytes;
      /** The flow never gets more than this; `Infinity`: whatever there is. */
      readonly cap: BytesPerSecond;
      readonly phase: MigrationPhase;
      readonly guest: GuestPlace;
    }
  | {
      readonly kind: "done";
      readonly outcome: Outcome;
      /** In words. */
      readonly reason: string;
      /** As in a migration's report: null where the strategy has no such test. */
      readonly converged: boolean | null;
      readonly runningOn: Side;
    };

/** A step has been carried out. */
export interface StepDone {
  readonly now: Nanoseconds;
  /** How long the step took; 0 before the first. */
  readonly elapsedNs: Nanoseconds;
  /**
   * Time that the guest ran meanwhile: clock time x its pace (CPU it got / CPU it wanted). What the
   * migration itself takes from it (see `slowdown`) is not in it.
   */
  readonly guestNs: Nanoseconds;
}

/** A round of push as it was. */
export interface FluidRound {
  readonly round: number;
  readonly durationNs: Nanoseconds;
  readonly bytes: Bytes;
  readonly dirtyPagesAtEnd: PageCount;
}

/** How far a migration is, by value. */
export interface FluidProgress {
  /** Rounds of push that are over, the full copy included. */
  readonly rounds: number;
  /** Memory and state on the wire. */
  readonly bytesSent: Bytes;
  /** A local disk's blocks, and writes mirrored. */
  readonly diskBytes: Bytes;
  /** 0 until the guest can be reached again. */
  readonly downtimeNs: Nanoseconds;
  readonly downtimeParts: { readonly [Part in keyof DowntimeParts]: Nanoseconds };
  /** Auto-converge's throttle. */
  readonly throttle: Share;
  /** Share of the guest's speed that the migration takes now: throttle and stand-in devices. */
  readonly slowdown: Share;
  /** Guest time lost to that, and to stalls on absent pages. */
  readonly lostNs: Nanoseconds;
  /** Expected faults of post-copy that cross the network. */
  readonly networkFaults: number;
  /** Pages that the target lacks. */
  readonly remainingPages: PageCount;
}

/** A migration as a fluid: it says what happens next, and is told how long that took. */
export interface FluidMigration {
  /** The next step; the first call is told of a step of no length. */
  next(done: StepDone): Step;
  /**
   * Ends it, now, in the middle of a step: the guest stays at the source, or stops there for as long as
   * the step says. Where it runs at the target already it cannot go back, and the answer is null: nothing changes.
   */
  abort(now: Nanoseconds, outcome: "aborted" | "failed", reason: string): Step | null;
  readonly progress: FluidProgress;
}
