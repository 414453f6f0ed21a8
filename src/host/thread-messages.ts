import type { MessagePort } from "node:worker_threads";
import type { MigrationProgress } from "../migration/migration.js";
import type { RoundReport, StrategyName } from "../migration/report.js";
import type { MoveReport } from "../move/source.js";
import type { LostPages } from "../move/target.js";
import type { Bytes } from "../units.js";
import type { MachineToStart, MoveSettings, Refusal } from "./control-messages.js";
import type { Credentials } from "./credentials.js";

/** What a machine's thread is started for. */
export interface ThreadTask {
  readonly name: string;
  /** This run of the host. */
  readonly incarnation: string;
  readonly memoryBytes: Bytes;
  readonly origin: MachineOrigin;
}

/** Where a thread's machine comes from. */
export type MachineOrigin =
  | {
      readonly from: "start";
      readonly machine: MachineToStart;
      readonly files: readonly Uint8Array[];
    }
  /** The port leads to the source. */
  | {
      readonly from: "move";
      readonly kind: string;
      readonly port: MessagePort;
      /** Where {@link AtDoor} comes from, which a thread also hears that is blocked in a fault. */
      readonly door: MessagePort;
      readonly peer: string;
    };

/** News of a source whose connection was cut. */
export type AtDoor =
  /** It is back; the port leads to it. */
  | { readonly port: MessagePort; readonly peer: string }
  /** Its process has ended. */
  | { readonly dead: string };

/** A move that a thread is to make. */
export interface MoveOrder {
  readonly moveId: string;
  readonly to: string;
  /** Where the target could dial this host; null: nowhere. */
  readonly from: string | null;
  readonly credentials: Credentials;
  readonly strategy: StrategyName;
  readonly settings: MoveSettings;
}

/** From the host to a machine's thread. */
export type ToThread =
  | { readonly type: "console"; readonly bytes: Uint8Array }
  | { readonly type: "move"; readonly order: MoveOrder }
  | { readonly type: "cancel" }
  | { readonly type: "stop" };

/** From a machine's thread to the host. */
export type FromThread =
  /** The machine is built, or has come and is this host's. */
  | { readonly type: "running" }
  /** All of its pages are here. */
  | { readonly type: "arrived" }
  /** It stands, and cannot go on. */
  | { readonly type: "lost"; readonly reason: string }
  /** There is no machine: it could not be built, or did not come. The thread ends. */
  | { readonly type: "none"; readonly refusal: Refusal }
  /** So many of its pages will never come, the first runs of which are named: it stands when it needs one of them. */
  | ({ readonly type: "lost-pages" } & LostPages)
  | { readonly type: "output"; readonly bytes: Uint8Array }
  /** The target agreed, and the move begins. */
  | { readonly type: "begun" }
  | { readonly type: "round"; readonly round: RoundReport }
  | { readonly type: "progress"; readonly progress: MigrationProgress }
  | { readonly type: "note"; readonly text: string }
  | { readonly type: "doubt"; readonly isInDoubt: boolean }
  /** The move is over, one way or the other; a thread whose machine has gone ends. */
  | { readonly type: "moved"; readonly report: MoveReport }
  /** The move could not even begin. */
  | { readonly type: "not-moved"; readonly refusal: Refusal };
