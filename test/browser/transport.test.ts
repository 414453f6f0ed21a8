import { describe, expect, test } from "vitest";
import { dialBroadcast, listenBroadcast } from "../../src/transport/broadcast-channel.js";
import { createRingMemory } from "../../src/transport/byte-ring.js";
import type { Channel } from "../../src/transport/channel.js";
import { memoryChannels } from "../../src/transport/memory-channel.js";
import { portChannel } from "../../src/transport/port-channel.js";
import { ringFeeder } from "../../src/transport/ring-feeder.js";
import { ringReader } from "../../src/transport/ring-reader.js";
import { channelConformance } from "../unit/transport/channel-conformance.js";

let names = 0;

async function overBroadcast(dial: (address: string) => Promise<Channel | undefined>) {
  let accept!: (channel: Channel) => void;
  const accepted = new Promise<Channel>((resolve) => {
    accept = resolve;
  });
  const address = `broadcast:test-${names++}`;
  const listener = await listenBroadcast(address, accept);
  const dialled = await dial(address);
  return { a: dialled as Channel, b: await accepted, end: () => listener.close(), address };
}

function newWorker(): Worker {
  return new Worker(new URL("./transport-peer.ts", import.meta.url), { type: "module" });
}

channelConformance("in a page, a channel in memory", async () => memoryChannels());

channelConformance("in a page, a message port", async () => {
  const { port1, port2 } = new MessageChannel();
  return { a: portChannel(port1), b: portChannel(port2) };
});

channelConformance("in a page, a shared ring", async () => {
  const { port1, port2 } = new MessageChannel();
  const memory = createRingMemory(2 ** 20);
  return { a: ringFeeder(memory, port1), b: ringReader(memory, port2) };
});

channelConformance("in a page, a BroadcastChannel", () => overBroadcast(dialBroadcast));

test("a worker of a page blocks for frames that come through a ring", async () => {
  const { port1, port2 } = new MessageChannel();
  const memory = createRingMemory(65_536);
  const worker = newWorker();
  worker.postMessage({ memory, port: port2 }, [port2]);
  const channel = ringFeeder(memory, port1);
  for (const size of [0, 1, 65_536, 300_000, 2 ** 20, 5]) {
    channel.send([new Uint8Array(size).fill(size % 251)]);
    const answer = (await channel.receive()) as Uint8Array;
    const expected = [size, size > 0 ? size % 251 : 0];
    expect([...new Uint32Array(answer.slice().buffer)]).toEqual(expected);
  }
  channel.close();
  worker.terminate();
});

describe("tabs", () => {
  test("of one name are one", async () => {
    const { end, address, a } = await overBroadcast(dialBroadcast);
    await expect(listenBroadcast(address, () => {})).rejects.toThrow(/no other tab listens/);
    a.close();
    await end();
    const again = await listenBroadcast(address, () => {});
    await again.close();
  });

  test("that vanish are missed", async () => {
    const worker = newWorker();
    const { b, end } = await overBroadcast(async (address) => {
      worker.postMessage({ dial: address });
      return undefined;
    });
    expect([...((await b.receive()) as Uint8Array)]).toEqual([1, 2, 3]);
    const next = b.receive();
    worker.terminate();
    expect(await next).toBe(null);
    expect(b.failure?.message).toMatch(/its tab is gone/);
    await end();
  });
});
