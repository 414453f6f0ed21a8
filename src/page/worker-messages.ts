import type { MigrationReport, RoundReport, StrategyName } from "../migration/report.js";
import type { Bytes, Milliseconds } from "../units.js";
import type { Demand } from "./abilities.js";
import type { MapPicture } from "./page-map.js";
import type { WayIn } from "./way-in.js";

/** Which guest a new machine boots. */
export type GuestChoice = "test" | "linux";

/** How a machine is to be moved. */
export interface MoveOrder {
  /** Address that the machine's thread dials. */
  readonly to: string;
  readonly token: string;
  /** Of godwit, for the other side's people. */
  readonly version: string;
  readonly strategy: Exclude<StrategyName, "stop-and-copy">;
  /** Whether the target's memory is compared with the source's by digests. */
  readonly verify: boolean;
}

/** What the page says to the thread that a machine lives in. */
export type ToMachine =
  | {
      readonly order: "start";
      readonly name: string;
      readonly guest: GuestChoice;
      readonly memoryBytes: Bytes;
      /** Paths of Linux's files on the page's server. */
      readonly linux: Readonly<Record<string, string>> | null;
    }
  | { readonly order: "receive"; readonly wayIn: WayIn; readonly demand: Demand }
  | ({ readonly order: "move" } & MoveOrder)
  | { readonly order: "type"; readonly text: string }
  | { readonly order: "abort" };

/** What the thread tells the page. */
export type FromMachine =
  /** It runs here: started, arrived, or given back after a move that failed. */
  | { readonly tells: "running"; readonly name: string; readonly memoryBytes: Bytes }
  /** It is being received; its name is known. */
  | { readonly tells: "arriving"; readonly name: string; readonly memoryBytes: Bytes }
  | { readonly tells: "serial"; readonly text: string }
  /** Lines of the text screen; null: it shows graphics, or nothing. */
  | { readonly tells: "screen"; readonly lines: readonly string[] | null }
  | { readonly tells: "map"; readonly picture: MapPicture }
  /** Millions of instructions a second, of late. */
  | { readonly tells: "speed"; readonly mips: number }
  | { readonly tells: "round"; readonly round: RoundReport }
  /** The guest stands while its last pages cross. */
  | { readonly tells: "stopped" }
  /** A move is over, whatever became of it; the report says where the machine runs. */
  | { readonly tells: "moved"; readonly report: MigrationReport }
  /** A move could not begin; it runs on here. */
  | { readonly tells: "stays"; readonly words: string }
  /** It cannot go on, or never began; the thread is of no more use. */
  | { readonly tells: "failed"; readonly words: string };

/** Time of something on the clock that all tabs of a computer share. */
export function sharedNow(): Milliseconds {
  return performance.timeOrigin + performance.now();
}
