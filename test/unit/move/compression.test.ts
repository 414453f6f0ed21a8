import { describe, expect, test } from "vitest";
import { ChannelLink } from "../../../src/move/channel-link.js";
import {
  MAX_PACKED_RECORDS,
  PACKED,
  packRecords,
  unpackRecords,
} from "../../../src/move/packed-records.js";
import { type MovingParts, RemoteTarget } from "../../../src/move/remote-target.js";
import { type MoveOptions, moveMachine } from "../../../src/move/source.js";
import { receiveMachine } from "../../../src/move/target.js";
import type { Channel } from "../../../src/transport/channel.js";
import { memoryChannels } from "../../../src/transport/memory-channel.js";
import { FrameStream } from "../../../src/wire/frame.js";
import { HEADER_BYTES } from "../../../src/wire/frame-size.js";
import { MOVE_FRAMES } from "../../../src/wire/frame-types.js";
import { encodeMessage } from "../../../src/wire/move-messages.js";
import type { Clock } from "../../../src/world/clock.js";
import { CountingMachine, countingKind, SMALL } from "../../support/counting-machine.js";

const limits = { memoryBytes: 2 ** 30 };

/** Frames of a channel as they leave. */
function watched(channel: Channel, leaves: (frame: Uint8Array) => void): Channel {
  return new Proxy(channel, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (name !== "send") return typeof value === "function" ? value.bind(target) : value;
      return (parts: readonly Uint8Array[]) => {
        const frame = new Uint8Array(Buffer.concat(parts));
        leaves(frame);
        target.send([frame]);
      };
    },
  });
}

async function running(demand: "suspending" | null = null): Promise<CountingMachine> {
  const machine = new CountingMachine({ ...SMALL, demand });
  machine.runSlices(100);
  await machine.resume();
  return machine;
}

describe.each(["pre-copy", "cold", "stop-and-copy", "post-copy", "hybrid"] as const)(
  "%s",
  (strategy) => {
    async function move(compression: MoveOptions["compression"]) {
      const follows = strategy === "post-copy" || strategy === "hybrid";
      const machine = await running(follows ? "suspending" : null);
      const { a, b } = memoryChannels();
      const received = receiveMachine(new FrameStream(b), { kinds: [countingKind()], limits });
      const sent = { plain: 0, packed: 0, bytes: 0 };
      const channel = watched(a, (frame) => {
        if (frame[0] !== MOVE_FRAMES.pages) return;
        sent[frame[1] === PACKED ? "packed" : "plain"] += 1;
        sent.bytes += frame.length - HEADER_BYTES;
      });
      const report = await moveMachine(machine, new FrameStream(channel), {
        strategy,
        compression,
      });
      const { machine: there, arrived } = await received;
      await arrived;
      await there.pause();
      expect(report).toMatchObject({ outcome: "completed", runningOn: "target", verified: true });
      expect((there as CountingMachine).wrongPages()).toEqual([]);
      const records = report.rounds.reduce(
        (sum, { bytesByKind: { zero, raw, delta } }) => sum + zero + raw + delta,
        0,
      );
      return { report, sent, records };
    }

    test("with lz4 fewer bytes cross, and the report says how many", async () => {
      const { report, sent, records } = await move("lz4");
      expect(sent.packed).toBeGreaterThan(0);
      expect(sent.bytes).toBeLessThan(records / 2);
      expect(report.savedBytes).toBe(records - sent.bytes);
    });

    test("without it none is compressed", async () => {
      const { report, sent, records } = await move(undefined);
      expect(sent).toMatchObject({ packed: 0, bytes: records });
      expect(report.savedBytes).toBe(0);
    });
  },
);

test("a target that does not know of compression gets plain pages", async () => {
  const { a, b } = memoryChannels();
  const target = new FrameStream(b);
  const machine = await running();
  const moved = moveMachine(machine, new FrameStream(a), { compression: "lz4" });
  expect((await target.receive())?.type).toBe(MOVE_FRAMES.offer);
  target.send(MOVE_FRAMES.accept, [encodeMessage({ incarnation: "", followsPages: false })]);
  let frame = await target.receive();
  for (; frame?.type === MOVE_FRAMES.sync; frame = await target.receive()) {
    target.send(MOVE_FRAMES.sync);
  }
  expect(frame).toMatchObject({ type: MOVE_FRAMES.pages, flags: 0 });
  target.close();
  expect(await moved).toMatchObject({ outcome: "failed", runningOn: "source" });
  await machine.pause();
});

test("an unknown way is refused before anything is sent", async () => {
  const machine = await running();
  const options = { compression: "zip" as "lz4" };
  const moved = moveMachine(machine, new FrameStream(memoryChannels().a), options);
  await expect(moved).rejects.toMatchObject({ option: "compression", value: "zip" });
  expect(machine.isRunning).toBe(true);
  await machine.pause();
});

describe("auto", () => {
  /** What a link of some rate is given: whether a batch of zeros is compressed. */
  function batchOver(bytesPerSecond: number | null): { flags: number; link: ChannelLink } {
    let now = 0;
    const clock = { now: () => now } as Clock;
    const nextTurn = () => Promise.resolve();
    const link = new ChannelLink({
      ...{ clock, windowBytes: 2 ** 22, nextTurn },
      sharesThread: () => false,
    });
    if (bytesPerSecond !== null) {
      link.left(1_000_000);
      now = (1_000_000 / bytesPerSecond) * 1e9;
      link.taken(1_000_000);
    }
    let flags = -1;
    const frames = { send: (_type: number, _parts: unknown, given = 0) => (flags = given) };
    const parts = { conversation: { frames, link }, compression: "auto" };
    const { memory } = new RemoteTarget(parts as unknown as MovingParts);
    const records = [new Uint8Array(100_000)];
    memory.receive({ shard: 0, pages: new Uint32Array(0), parts: records });
    return { flags, link };
  }

  test.each([
    ["100 Mbit/s", 1.25e7, PACKED],
    ["a loaded Gigabit Ethernet", 1.1e8, PACKED],
    ["memory of the same computer", 4e8, 0],
    ["a link that was not measured yet", null, 0],
  ])("over %s", (_, rate, flags) => {
    expect(batchOver(rate).flags).toBe(flags);
  });

  test("the engine reckons with what gets across, not with what crosses", () => {
    const { link } = batchOver(1.25e7);
    expect(link.wireRate()).toBeCloseTo(1.25e7);
    const wireBytes = 1_100_000 - link.savedBytes;
    expect(link.savedBytes).toBeGreaterThan(90_000);
    expect(link.rate()).toBeCloseTo((1.25e7 * 1_100_000) / wireBytes);
    expect(link.underWay).toBe(100_000 - link.savedBytes);
  });
});

describe("a batch", () => {
  let draw = 1;
  const records = Uint8Array.from({ length: 200_000 }, (_, at) => {
    draw = (Math.imul(draw, 1_664_525) + 1_013_904_223) >>> 0;
    return at < 65_536 ? draw >>> 24 : at >> 9;
  });
  const packed = packRecords([records.subarray(0, 70_000), records.subarray(70_000)]) as Uint8Array;
  /** The batch, with a u32 of it changed. */
  const changed = (at: number, value: number): Uint8Array => {
    const copy = packed.slice();
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  };

  test("comes out as it went in, stretches that do not compress too", () => {
    expect(new DataView(packed.buffer).getUint32(4, true)).toBe(65_536);
    expect(packed.length).toBeLessThan(70_000);
    expect(unpackRecords(packed)).toEqual(records);
  });

  test("that would not be shorter, or is too long, is not compressed", () => {
    expect(packRecords([records.subarray(0, 60_000)])).toBeNull();
    expect(packRecords([new Uint8Array(MAX_PACKED_RECORDS + 1)])).toBeNull();
    expect(packRecords([new Uint8Array(MAX_PACKED_RECORDS)])).not.toBeNull();
  });

  test.each([
    ["says that it holds too much", changed(0, MAX_PACKED_RECORDS + 1)],
    ["says that it holds more than there is", changed(0, 210_000)],
    ["says that it holds less than there is", changed(0, 190_000)],
    ["has a stretch that ends beyond it", changed(8 + 65_536, 0xffff_ffff)],
    ["has a stretch of nothing", changed(8 + 65_536, 0)],
    ["ends early", packed.subarray(0, packed.length - 1)],
    ["goes on behind its end", Uint8Array.from([...packed, 0])],
    ["has no head", packed.subarray(0, 3)],
  ])("that %s is refused", (_, bytes) => {
    let thrown: unknown;
    try {
      unpackRecords(bytes);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ tag: "WireFormatError" });
  });
});

describe("a compressed frame that is wrong ends the move, and the source runs on", () => {
  test.each([
    ["damaged", PACKED, (body: Uint8Array) => body.fill(0xff, 8)],
    [
      "too much of it",
      PACKED,
      (body: Uint8Array) => Uint8Array.from([0, 0, 0, 0x7f, ...body.subarray(4)]),
    ],
    ["of a way that is unknown", 2, (body: Uint8Array) => body],
  ] as const)("%s", async (_, flags, change) => {
    const machine = await running();
    const { a, b } = memoryChannels();
    const kind = countingKind();
    const received = receiveMachine(new FrameStream(b), { kinds: [kind], limits });
    received.catch(() => {});
    const frames = new FrameStream(a);
    const send = frames.send.bind(frames);
    // Number and digest are right: what is wrong is what the frame says.
    frames.send = (type, parts = [], given = 0) => {
      const [body] = parts;
      if (given === PACKED && body) send(type, [change(body.slice())], flags);
      else send(type, parts, given);
    };
    const report = await moveMachine(machine, frames, { compression: "lz4" });
    expect(report).toMatchObject({ outcome: "failed", runningOn: "source" });
    await expect(received).rejects.toMatchObject({ tag: "WireFormatError" });
    expect(kind.built.every((one) => one.isDestroyed)).toBe(true);
    expect(machine.isRunning).toBe(true);
    await machine.pause();
    expect(machine.wrongPages()).toEqual([]);
  });
});
