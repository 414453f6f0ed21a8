import type { StrategyName } from "../../migration/report.js";
import type { Bytes, BytesPerSecond, Nanoseconds } from "../../units.js";

/** Where the guest is during a step. */
export type GuestPlace = "source" | "stopped" | "target";

/** What a migration does next. A step takes time; when it is over, the migration says what follows. */
export type MoveStep =
  | { readonly kind: "wait"; readonly ns: Nanoseconds; readonly guest: GuestPlace }
  | {
      readonly kind: "transfer";
      readonly bytes: Bytes;
      readonly cap: BytesPerSecond;
      readonly guest: GuestPlace;
    }
  | {
      readonly kind: "done";
      readonly outcome: "completed" | "not-converged" | "failed";
      readonly converged: boolean | null;
      readonly reason: string;
      readonly guest: "source" | "target";
    };

/** How the last step went. */
export interface StepEnd {
  readonly now: Nanoseconds;
  readonly elapsedNs: Nanoseconds;
  /** Guest time of it: clock time at the pace that the host let the guest have. */
  readonly guestNs: Nanoseconds;
}

/** One migration, whoever simulates it: as a fluid, or to the page. */
export interface Mover {
  readonly strategy: StrategyName;
  /** Rounds of push so far. */
  readonly rounds: number;
  /** Downtime so far, as the migration counts it: until its network is found at the target. */
  readonly downtimeNs: Nanoseconds;
  /** Guest time lost to what the migration itself does to the guest: throttle, faults. */
  readonly lostNs: Nanoseconds;
  /** The first call has a step of no length. */
  next(end: StepEnd): MoveStep | Promise<MoveStep>;
}
