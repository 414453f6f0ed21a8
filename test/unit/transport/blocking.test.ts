import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import { createRingMemory } from "../../../src/transport/byte-ring.js";
import type { Channel } from "../../../src/transport/channel.js";
import { nodePortChannel } from "../../../src/transport/node-port-channel.js";
import type { Port } from "../../../src/transport/port.js";
import { ringFeeder } from "../../../src/transport/ring-feeder.js";

const dist = new URL("../../../dist/transport/", import.meta.url).href;

/** A thread that answers each frame, for which it blocks, by the frame's length and first byte. */
const ANSWERING = `
  const { workerData } = require("node:worker_threads");
  import(workerData.module).then((module) => {
    const channel = workerData.memory
      ? module.ringReader(workerData.memory, workerData.port)
      : module.nodePortChannel(workerData.port);
    for (let empty = 0; ; ) {
      const frame = channel.receiveNow(20);
      if (frame === null) break;
      if (frame === undefined) empty++;
      else channel.send([new Uint8Array(Uint32Array.of(frame.length, frame[0] ?? 0, empty).buffer)]);
    }
    channel.close();
  });
`;

const workers: Worker[] = [];
afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.terminate())));

function answering(module: string, port: MessagePort, memory?: SharedArrayBuffer): Worker {
  const workerData = { module: dist + module, port, memory };
  const worker = new Worker(ANSWERING, { eval: true, workerData, transferList: [port] });
  workers.push(worker);
  return worker;
}

const KINDS: [string, () => { channel: Channel; worker: Worker }][] = [
  [
    "a port",
    () => {
      const { port1, port2 } = new MessageChannel();
      return { worker: answering("node-port-channel.js", port2), channel: nodePortChannel(port1) };
    },
  ],
  [
    "a shared ring",
    () => {
      const { port1, port2 } = new MessageChannel();
      const memory = createRingMemory(65_536);
      return {
        worker: answering("ring-reader.js", port2, memory),
        channel: ringFeeder(memory, port1 as unknown as Port),
      };
    },
  ],
];

describe.each(KINDS)("a thread that blocks on %s", (_, start) => {
  test("gets every frame, longer ones than fit at once too", async () => {
    const { channel } = start();
    for (const size of [0, 1, 100, 65_536, 300_000, 2 ** 20, 5]) {
      channel.send([new Uint8Array(size).fill(size % 251)]);
      const answer = (await channel.receive()) as Uint8Array;
      const [length, first] = new Uint32Array(answer.slice().buffer);
      expect([length, first]).toEqual([size, size > 0 ? size % 251 : 0]);
    }
    channel.close();
  });

  test("returns when its time is over, and notices the end", async () => {
    const { channel, worker } = start();
    await new Promise((resolve) => setTimeout(resolve, 400));
    channel.send([new Uint8Array(3)]);
    const answer = (await channel.receive()) as Uint8Array;
    expect(new Uint32Array(answer.slice().buffer)[2]).toBeGreaterThan(0);
    const exited = new Promise((resolve) => worker.once("exit", resolve));
    channel.close();
    expect(await exited).toBe(0);
  });

  test("is missed when it dies", async () => {
    const { channel, worker } = start();
    channel.send([new Uint8Array(3)]);
    await channel.receive();
    await worker.terminate();
    expect(await channel.receive()).toBe(null);
    expect(channel.failure?.message).toMatch(/it is gone/);
  });
});
