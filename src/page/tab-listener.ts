import type { Demand } from "./abilities.js";
import type { WayIn } from "./worker-messages.js";

/** The tab as a host that takes machines in. */
export interface TabHost {
  readonly demand: Demand;
  /** Whether there is room for a machine. */
  isFree(): boolean;
  receive(wayIn: WayIn, from: string): void;
}

export function listenInTab(_address: string, _token: string, _host: TabHost): void {}
