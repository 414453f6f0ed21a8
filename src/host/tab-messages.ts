import * as v from "valibot";
import type { MigrationReport, RoundReport } from "../migration/report.js";

// What a tab and the server that it was loaded from say to each other, over a channel that both have proved
// that they may speak on.

/** From a tab: move a machine of the server's to me. */
export interface FromTab {
  readonly says: "bring";
  readonly name: string;
  readonly strategy: "cold" | "pre-copy" | "post-copy" | "hybrid";
  readonly verify: "sent" | "memory";
}

/** What a tab asks for. */
export const bringSchema: v.GenericSchema<unknown, FromTab> = v.strictObject({
  says: v.literal("bring"),
  name: v.pipe(v.string(), v.maxLength(128)),
  strategy: v.picklist(["cold", "pre-copy", "post-copy", "hybrid"]),
  verify: v.picklist(["sent", "memory"]),
});

/** A machine of the server. */
export interface ServerMachine {
  readonly name: string;
  /** Whether it can be asked to move now. */
  readonly isReady: boolean;
  /** What it is and does, for people. */
  readonly words: string;
}

/** What the server says. */
export type ToTab =
  | { readonly says: "machines"; readonly machines: readonly ServerMachine[] }
  /** Somebody calls you: open this path as a WebSocket to speak with them. */
  | { readonly says: "called"; readonly path: string }
  | { readonly says: "round"; readonly round: RoundReport }
  /** The end of a move that was asked for, and what the machine had printed at the server. */
  | { readonly says: "moved"; readonly report: MigrationReport; readonly console: string }
  | { readonly says: "refused"; readonly reason: string };
