import type { TestProject } from "vitest/node";
import type { Channel } from "../../src/transport/channel.js";
import { listenWebSocket } from "../../src/transport/web-socket-server.js";

declare module "vitest" {
  interface ProvidedContext {
    /** Of a host in Node that sends every frame back. */
    webSocketAddress: string;
    /** What pages must know to be let in by it. */
    webSocketToken: string;
  }
}

/** Runs a host in Node for as long as the tests of pages run. */
export default async function host({ provide }: TestProject): Promise<() => Promise<void>> {
  const accept = async (channel: Channel) => {
    for (let frame = await channel.receive(); frame !== null; frame = await channel.receive()) {
      channel.send([frame]);
    }
    channel.close();
  };
  const token = "a token that pages of the tests know";
  const listener = await listenWebSocket("ws://127.0.0.1:0", accept, { token });
  provide("webSocketAddress", listener.address);
  provide("webSocketToken", token);
  return () => listener.close();
}
