import { MessageChannel } from "node:worker_threads";
import { createRingMemory } from "../../../src/transport/byte-ring.js";
import { nodePortChannel } from "../../../src/transport/node-port-channel.js";
import type { Port } from "../../../src/transport/port.js";
import { portChannel } from "../../../src/transport/port-channel.js";
import { ringFeeder } from "../../../src/transport/ring-feeder.js";
import { ringReader } from "../../../src/transport/ring-reader.js";
import { channelConformance, type Joined } from "./channel-conformance.js";

channelConformance("a message port", async () => {
  const { port1, port2 } = new MessageChannel();
  return { a: portChannel(port1 as unknown as Port), b: portChannel(port2 as unknown as Port) };
});

channelConformance("a message port of Node", async () => {
  const { port1, port2 } = new MessageChannel();
  return { a: nodePortChannel(port1), b: nodePortChannel(port2) };
});

function ringPair(bytes: number): Joined {
  const { port1, port2 } = new MessageChannel();
  const memory = createRingMemory(bytes);
  return {
    a: ringFeeder(memory, port1 as unknown as Port),
    b: ringReader(memory, port2 as unknown as Port),
  };
}

channelConformance("a shared ring", async () => ringPair(2 ** 20));
channelConformance("a shared ring that is tiny", async () => ringPair(4096));
