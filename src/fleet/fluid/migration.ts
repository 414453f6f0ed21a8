import type { DowntimeParts } from "../../migration/report.js";
import type { Bytes, Nanoseconds, PageCount, Share } from "../../units.js";
import type { Mover, MoveStep, StepEnd } from "./mover.js";

/** What a migration is doing. */
export type MigrationPhase =
  | "setup"
  | "disk"
  | "push"
  | "stop-and-copy"
  | "handover"
  | "pull"
  | "settling";

/** What happens next in a migration, and what it does with it. */
export type Step =
  | (Exclude<MoveStep, { kind: "done" }> & { readonly phase: MigrationPhase })
  | Extract<MoveStep, { kind: "done" }>;

/** A round of push as it was. */
export interface FluidRound {
  readonly round: number;
  readonly durationNs: Nanoseconds;
  readonly bytes: Bytes;
  readonly dirtyPagesAtEnd: PageCount;
}

/** How far a migration is, by value. */
export interface FluidProgress {
  /** Memory and state on the wire. */
  readonly bytesSent: Bytes;
  /** A local disk's blocks, and writes mirrored. */
  readonly diskBytes: Bytes;
  readonly downtimeParts: { readonly [Part in keyof DowntimeParts]: Nanoseconds };
  /** Auto-converge's throttle. */
  readonly throttle: Share;
  /** Share of the guest's speed that the migration takes now: throttle and stand-in devices. */
  readonly slowdown: Share;
  /** Expected faults of post-copy that cross the network. */
  readonly networkFaults: number;
  /** Pages that the target lacks. */
  readonly remainingPages: PageCount;
}

/** A migration as a fluid: it says what happens next, and is told how long that took. */
export interface FluidMigration extends Mover {
  next(end: StepEnd): Step;
  /**
   * Ends it as failed, now, in the middle of a step: the guest stays at the source, or stops there for as long as
   * the step says. Where it runs at the target already it cannot go back, and the answer is null: nothing changes.
   */
  abort(now: Nanoseconds, reason: string): Step | null;
  readonly progress: FluidProgress;
}
