import type { MigrationProgress } from "../migration/migration.js";
import type { MigrateOptions } from "../migration/options.js";
import type { RoundReport, StrategyName } from "../migration/report.js";
import type { Bytes, Milliseconds } from "../units.js";

/**
 * What a client and a host say to each other. A connection is for one request; files that a request needs,
 * and documents too long for a message, follow as plain bytes.
 */

/** A PC to be started. */
export interface V86ToStart {
  readonly kind: "v86";
  readonly memoryBytes: Bytes;
  readonly network: "ne2k" | "virtio" | null;
  readonly guest: GuestToStart;
}

/** What it runs: the built-in test guest, a multiboot kernel (one file), or Linux (its `vmlinux` and its initial RAM disk). */
export interface GuestToStart {
  readonly type: "test" | "multiboot" | "linux";
  readonly commandLine?: string | undefined;
}

/** A machine to be started; a union that grows with the kinds. */
export type MachineToStart = V86ToStart;

/** How a machine is to be moved: the engine's options that are plain values. */
export type MoveSettings = Omit<
  MigrateOptions,
  | "verify"
  | ("onRound" | "onProgress" | "signal" | "policy" | "host")
  | ("serviceLevel" | "packetLoss" | "seed")
> & {
  readonly policy?: string | undefined;
  /** Time between two epochs of post-copy; see `MoveOptions`. */
  readonly epochMs?: Milliseconds | undefined;
  /** How the target's memory is proved; see `MoveOptions`. */
  readonly verify?: "sent" | "memory" | "none" | undefined;
  /** Whether batches of pages are compressed; see `MoveOptions`. */
  readonly compression?: "none" | "lz4" | "auto" | undefined;
};

/** What a client asks for. */
export type ControlRequest =
  | {
      readonly type: "start";
      readonly name: string;
      readonly machine: MachineToStart;
      /** Sizes of the files that follow. */
      readonly files: readonly Bytes[];
    }
  | { readonly type: "list" }
  /** Forced: also one that moves. */
  | { readonly type: "stop"; readonly name: string; readonly force: boolean }
  | { readonly type: "console"; readonly name: string }
  | {
      readonly type: "move";
      readonly name: string;
      /** Address of the target, as the source dials it. */
      readonly to: string;
      readonly strategy: StrategyName;
      readonly settings: MoveSettings;
    };

/**
 * `starting`: being built. `arriving`: another host sends it. `moving`: it is sent, and runs here or there.
 * `in-doubt`: it stands until the other host has said whether it took it over. `incomplete`: its source died while pages
 * were missing here; it stands when it needs one of them. `lost`: it ended by itself.
 */
export type MachineState =
  | ("starting" | "running" | "arriving" | "moving")
  | ("in-doubt" | "incomplete" | "lost");

/** A machine as its host sees it. */
export interface MachineStatus {
  readonly name: string;
  readonly kind: string;
  readonly memoryBytes: Bytes;
  readonly state: MachineState;
  /** Where it goes, or why it is lost. */
  readonly detail: string | null;
  /** The host that it came from; null: it was started here. */
  readonly cameFrom: string | null;
  /** Time since it was started or came here. */
  readonly uptimeMs: Milliseconds;
}

/** An error on its way to the client. */
export interface Refusal {
  readonly type: "refused";
  readonly tag: string;
  readonly message: string;
  /** Whose failure it is, when it is not the host's. */
  readonly peer?: string | undefined;
  readonly option?: string | undefined;
  readonly value?: string | undefined;
  readonly expected?: string | undefined;
}

/** What a host answers. */
export type ControlReply =
  | { readonly type: "done" }
  /** There is room: the files may come. */
  | { readonly type: "go-ahead" }
  /** JSON of so many bytes follows: machines, or a report. */
  | { readonly type: "document"; readonly bytes: Bytes }
  /** From now on what the machine prints follows, and what is sent is typed. */
  | { readonly type: "attached" }
  /** The console has ended; a machine that moved away goes on at `movedTo`. */
  | { readonly type: "ended"; readonly movedTo: string | null; readonly reason: string }
  /** A move has begun. */
  | { readonly type: "begun"; readonly memoryBytes: Bytes }
  | { readonly type: "round"; readonly round: RoundReport }
  | { readonly type: "progress"; readonly progress: MigrationProgress }
  /** Something to be told while a move goes on, such as a link that is lost. */
  | { readonly type: "note"; readonly text: string }
  | Refusal;
