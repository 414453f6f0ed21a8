import {
  type Channel,
  createRingMemory,
  portChannel,
  ringFeeder,
  ringReader,
} from "../machine-browser.js";
import type { Demand } from "./abilities.js";

/** The way from the page's main thread, which speaks with other places, to a machine's thread. */
export interface WayIn {
  readonly port: MessagePort;
  /** Through which a thread that waits for a page hears; null where it cannot wait. */
  readonly ring: SharedArrayBuffer | null;
  /** Who speaks at the far end, for people. */
  readonly peer: string;
}

/** Opens a way; answers the end for the machine's thread and the channel at this end. */
export function openWay(demand: Demand, peer: string): { wayIn: WayIn; channel: Channel } {
  const { port1, port2 } = new MessageChannel();
  const ring = demand === "blocking" ? createRingMemory() : null;
  const channel = ring === null ? portChannel(port1, peer) : ringFeeder(ring, port1, peer);
  return { wayIn: { port: port2, ring, peer }, channel };
}

/** The channel at the machine's end. */
export function enter({ port, ring, peer }: WayIn): Channel {
  return ring === null ? portChannel(port, peer) : ringReader(ring, port, peer);
}
