import { MessageChannel } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isGodwitError } from "../../../src/errors.js";
import { createRingMemory } from "../../../src/transport/byte-ring.js";
import type { Channel } from "../../../src/transport/channel.js";
import { nodePortChannel } from "../../../src/transport/node-port-channel.js";
import type { Port } from "../../../src/transport/port.js";
import { ringFeeder } from "../../../src/transport/ring-feeder.js";
import { ringReader } from "../../../src/transport/ring-reader.js";
import { WindowChannel } from "../../../src/transport/window-channel.js";

/** A channel over a line that goes nowhere; and what was done to the line. */
function onLine() {
  const done: string[] = [];
  const line = {
    write: (bytes: Uint8Array) => done.push(`write ${bytes.length}`),
    acknowledge: (bytes: number) => done.push(`acknowledge ${bytes}`),
    end: (isFailure: boolean) => done.push(`end ${isFailure}`),
  };
  return { channel: new WindowChannel("somebody", line, 2 ** 20), done };
}

function frameOf(length: number): Uint8Array {
  const bytes = new Uint8Array(4 + length);
  new DataView(bytes.buffer).setUint32(0, length, true);
  return bytes;
}

describe("a channel with a window", () => {
  test("cuts a peer that sends more than may be under way", () => {
    const { channel, done } = onLine();
    for (let count = 0; count < 50 && channel.failure === undefined; count++) {
      channel.takeBytes(frameOf(2 ** 20));
    }
    expect(channel.failure?.message).toMatch(/more was sent than may be under way/);
    expect(done).toEqual(["end true"]);
  });

  test("cuts a stranger that sends many frames", () => {
    const { channel } = onLine();
    channel.frameLimit = 4096;
    for (let count = 0; count < 20; count++) channel.takeBytes(frameOf(4000));
    expect(channel.failure?.message).toMatch(/more was sent than may be under way/);
    const { channel: other } = onLine();
    other.frameLimit = 4096;
    other.takeBytes(new Uint8Array(64 * 1024));
    expect(other.failure?.message).toMatch(/more was sent than may be under way/);
  });

  test.each([0, -1, 1.5, Number.NaN, 5000])("cuts a peer that acknowledges %d bytes", (bytes) => {
    const { channel, done } = onLine();
    channel.send([new Uint8Array(4000)]);
    channel.takeAcknowledgement(bytes);
    expect(channel.failure?.message).toMatch(/were acknowledged, not sent/);
    expect(done).toEqual(["write 4004", "end true"]);
  });

  test("sends no more than its window, and the rest when it may", () => {
    const { channel, done } = onLine();
    for (let count = 0; count < 3; count++) channel.send([new Uint8Array(6 * 2 ** 20)]);
    channel.close();
    const written = (): number =>
      done.reduce((sum, what) => sum + Number(/^write (\d+)/.exec(what)?.[1] ?? 0), 0);
    expect(written()).toBeLessThanOrEqual(12 * 2 ** 20);
    expect(done).not.toContain("end false");
    while (written() < 3 * (6 * 2 ** 20 + 4)) channel.takeAcknowledgement(2 ** 20);
    expect(done.at(-1)).toBe("end false");
  });

  test("fails where the line ends within a frame", async () => {
    const { channel } = onLine();
    channel.takeBytes(frameOf(10).subarray(0, 12));
    channel.takeEnd(null);
    expect(await channel.receive()).toBe(null);
    expect(channel.failure?.message).toBe("somebody: it closed the connection within a frame");
  });
});

describe("a port", () => {
  const messages = fc.oneof(
    fc.string(),
    fc.constant(null),
    fc.constant(undefined),
    fc.double(),
    fc.array(fc.nat(), { maxLength: 3 }),
    fc.record({ end: fc.oneof(fc.string(), fc.nat()) }),
    fc.record({ signal: fc.nat() }),
    fc.uint8Array(),
  );
  const ends: [string, (port: Port) => Channel][] = [
    ["of a channel", (port) => nodePortChannel(port as never)],
    ["of a feeder", (port) => ringFeeder(createRingMemory(4096), port)],
    ["of a reader", (port) => ringReader(createRingMemory(4096), port)],
  ];

  test.each(ends)("%s survives whatever comes", async (_, open) => {
    await fc.assert(
      fc.asyncProperty(fc.array(messages, { maxLength: 5 }), async (all) => {
        const { port1, port2 } = new MessageChannel();
        const channel = open(port1 as unknown as Port);
        for (const message of all) port2.postMessage(message);
        port2.postMessage({ end: null });
        await channel.closed;
        const { failure } = channel;
        expect(failure === undefined || isGodwitError(failure)).toBe(true);
        channel.close();
        port2.close();
      }),
      { numRuns: 40 },
    );
  });
});
