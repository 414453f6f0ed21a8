import type { MigrationReport, RoundReport } from "../migration/report.js";
import type { MachineAtPlace } from "./tabs.js";
import type { MoveOrder } from "./worker-messages.js";

/** The server as a place where machines run. */
export class ServerLink {
  machines: readonly MachineAtPlace[] = [];
  /** Why it cannot be used now, in words; null: it can. */
  obstacle: string | null = "it takes no machines yet";
  onChange: () => void = () => undefined;

  constructor(_token: string, _name: string) {}

  receiveFor(_host: unknown): void {}

  async bring(
    _name: string,
    _settings: Pick<MoveOrder, "strategy" | "verify">,
    _onRound: (round: RoundReport) => void,
  ): Promise<MigrationReport> {
    throw new Error("not yet");
  }
}
