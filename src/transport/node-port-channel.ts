import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Channel } from "./channel.js";
import type { Port } from "./port.js";
import { portChannel } from "./port-channel.js";

/** A channel over a port of `worker_threads`, whose thread can block for the next frame; see {@link portChannel}. */
export function nodePortChannel(port: MessagePort, peer?: string): Channel {
  return portChannel(port as unknown as Port, peer, {
    next: (from) => receiveMessageOnPort(from as unknown as MessagePort),
  });
}
