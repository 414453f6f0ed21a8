import { describe, expect, test } from "vitest";
import { WireFormatError } from "../../../src/errors.js";
import { moveMachine } from "../../../src/move/source.js";
import { receiveMachine } from "../../../src/move/target.js";
import type { Channel } from "../../../src/transport/channel.js";
import { memoryChannels } from "../../../src/transport/memory-channel.js";
import { FrameStream } from "../../../src/wire/frame.js";
import { type FrameType, MOVE_FRAMES } from "../../../src/wire/frame-types.js";
import { encodeMessage } from "../../../src/wire/move-messages.js";
import { CountingMachine, countingKind, SMALL } from "../../support/counting-machine.js";

const limits = { memoryBytes: 2 ** 30 };

async function running(configuration = {}): Promise<CountingMachine> {
  const machine = new CountingMachine({ ...SMALL, ...configuration });
  machine.runSlices(50);
  await machine.resume();
  return machine;
}

/** It goes on, and nothing it wrote is lost. */
async function expectUnharmed(machine: CountingMachine): Promise<void> {
  const { count } = machine;
  expect(machine.isRunning).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await machine.pause();
  expect(machine.count).toBeGreaterThan(count);
  expect(machine.wrongPages()).toEqual([]);
}

describe("a target that does not want the machine says why, and nothing was touched", () => {
  test.each([
    ["a machine of a kind that is unknown there", { kinds: [] }, {}, /kind: got "counting"/],
    [
      "more memory than there may be",
      { limits: { memoryBytes: 4096 } },
      {},
      /memory: got .*2457600/,
    ],
    [
      "post-copy, where the channel cannot block",
      {},
      { strategy: "post-copy", demand: "blocking" },
      /strategy: got "post-copy"/,
    ],
    [
      "whatever its owner says",
      {
        onOffer: () => {
          throw new WireFormatError("not today", -1);
        },
      },
      {},
      /not today/,
    ],
  ] as const)(
    "%s",
    async (_, receiving, {
      strategy,
      demand,
    }: { strategy?: "post-copy"; demand?: "blocking" }, reason) => {
      const machine = await running({ demand: demand ?? null });
      const { a, b } = memoryChannels();
      const kind = countingKind();
      const received = receiveMachine(new FrameStream(b), { kinds: [kind], limits, ...receiving });
      received.catch(() => {});
      const moved = moveMachine(machine, new FrameStream(a), { strategy });
      await expect(moved).rejects.toMatchObject({
        tag: "PeerFailedError",
        reason: expect.stringMatching(reason),
      });
      await expect(received).rejects.toThrow(reason);
      expect(kind.built.every((one) => one.isDestroyed)).toBe(true);
      await expectUnharmed(machine);
    },
  );

  test("a machine that cannot run without its pages is not even offered for post-copy", async () => {
    const machine = await running();
    const { a } = memoryChannels();
    const moved = moveMachine(machine, new FrameStream(a), { strategy: "hybrid" });
    await expect(moved).rejects.toMatchObject({ tag: "InvalidOptionError", option: "strategy" });
    await expectUnharmed(machine);
  });
});

describe("what is damaged on the way ends the move, and the source runs on", () => {
  /** Changes the n-th frame of a type on its way to the target. */
  function damaging(
    channel: Channel,
    type: FrameType,
    change: (frame: Uint8Array) => Uint8Array,
  ): Channel {
    return new Proxy(channel, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (name !== "send") return typeof value === "function" ? value.bind(target) : value;
        return (parts: readonly Uint8Array[]) => {
          const frame = new Uint8Array(Buffer.concat(parts));
          target.send([frame[0] === type ? change(frame) : frame]);
        };
      },
    });
  }

  test.each(["pages", "statePages", "state", "preview", "offer"] as const)(
    "a bit of %s",
    async (type) => {
      const machine = await running();
      const { a, b } = memoryChannels();
      const kind = countingKind();
      const received = receiveMachine(new FrameStream(b), { kinds: [kind], limits });
      received.catch(() => {});
      const bad = damaging(a, MOVE_FRAMES[type], (frame) => {
        const at = frame.length >> 1;
        frame[at] = (frame[at] as number) ^ 4;
        return frame;
      });
      const outcome = await moveMachine(machine, new FrameStream(bad)).catch(
        (error: unknown) => error,
      );
      if (type === "offer") expect(outcome).toBeInstanceOf(Error);
      else expect(outcome).toMatchObject({ outcome: "failed", runningOn: "source" });
      await expect(received).rejects.toThrow();
      expect(kind.built.every((one) => one.isDestroyed)).toBe(true);
      await expectUnharmed(machine);
    },
  );
});

describe("a hostile source does the target no harm", () => {
  const offer = {
    moveId: "1",
    name: "x",
    kind: "counting",
    configuration: { ...SMALL },
    pageCount: SMALL.pageCount,
    strategy: "pre-copy",
    isRunning: true,
    digests: false,
    epochMs: 0,
  };

  async function told(...frames: readonly (readonly [FrameType, Uint8Array])[]): Promise<unknown> {
    const { a, b } = memoryChannels();
    const kind = countingKind();
    const received = receiveMachine(new FrameStream(b), { kinds: [kind], limits });
    const source = new FrameStream(a);
    for (const [type, body] of frames) source.send(type, [body]);
    const error = await received.catch((failure: unknown) => failure);
    expect(kind.built.every((one) => one.isDestroyed && one.slices === 0)).toBe(true);
    return error;
  }
  const offered = [MOVE_FRAMES.offer, encodeMessage(offer)] as const;
  const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
  const state = { length: 20_000, absentPages: 0, proves: "nothing" };

  test.each([
    ["a page that there is not", [MOVE_FRAMES.pages, bytes(0, 0, 0, 0, 0xff, 0xff, 0xf0, 0x22, 0)]],
    ["a record of no kind", [MOVE_FRAMES.pages, bytes(0, 0, 0, 0, 0, 0, 0, 0x21, 0)]],
    ["half a page", [MOVE_FRAMES.pages, bytes(0, 0, 0, 0, 0, 0, 0, 0x28, 1, 2, 3)]],
    [
      "a delta that leaves the page",
      [MOVE_FRAMES.pages, bytes(0, 0, 0, 0, 0, 0, 0, 0x60, 1, 0, 3, 0xff, 0x7f, 1)],
    ],
    ["a state of too many pages", [MOVE_FRAMES.statePages, bytes(0xff, 0xff, 0xff, 0xff)]],
    ["a state without a head", [MOVE_FRAMES.statePages, bytes(1)]],
    ["a state that never came", [MOVE_FRAMES.state, encodeMessage(state)]],
    ["a preview that never came", [MOVE_FRAMES.preview, encodeMessage({ length: 5 })]],
    ["a preview beyond all measure", [MOVE_FRAMES.preview, encodeMessage({ length: 2 ** 40 })]],
    [
      "absent pages that there are not",
      [MOVE_FRAMES.absent, bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0)],
    ],
    ["a list of no form", [MOVE_FRAMES.absent, bytes(7, 0, 0, 0, 0)]],
    ["what only targets say", [MOVE_FRAMES.ready, encodeMessage({ root: null })]],
    ["no JSON", [MOVE_FRAMES.state, bytes(0x7b, 0xff)]],
  ] as const)("%s", async (_, frame) => {
    expect(await told(offered, frame)).toMatchObject({ tag: "WireFormatError" });
  });

  test.each([
    ["nothing but pages", { ...offer }, MOVE_FRAMES.pages],
    ["a field that nobody knows", { ...offer, more: 1 }, MOVE_FRAMES.offer],
    ["no pages", { ...offer, pageCount: 0 }, MOVE_FRAMES.offer],
    ["half a page", { ...offer, pageCount: 1.5 }, MOVE_FRAMES.offer],
  ] as const)("an offer: %s", async (_, message, type) => {
    expect(await told([type, encodeMessage(message)])).toMatchObject({ tag: "WireFormatError" });
  });

  test("go, long before", async () => {
    const error = await told(offered, [MOVE_FRAMES.commit, bytes()]);
    expect(error).toMatchObject({ tag: "PeerFailedError", reason: "a commit came too early" });
  });

  test("a memory of another size than the configuration says", async () => {
    const other = encodeMessage({ ...offer, pageCount: 10 });
    expect(await told([MOVE_FRAMES.offer, other])).toMatchObject({ option: "pageCount" });
  });
});

describe("a hostile target does the source no harm", () => {
  test.each([
    ["acknowledges what was never sent", MOVE_FRAMES.acknowledge, new Uint8Array(8).fill(0x41)],
    ["asks for pages that there are not", MOVE_FRAMES.request, new Uint8Array(4).fill(0xff)],
    ["says that it is ready", MOVE_FRAMES.ready, encodeMessage({ root: null })],
    ["says what only sources say", MOVE_FRAMES.commit, new Uint8Array(0)],
    ["gives up", MOVE_FRAMES.abort, encodeMessage({ reason: "no more" })],
  ] as const)("%s", async (_, type, body) => {
    const machine = await running();
    const { a, b } = memoryChannels();
    const target = new FrameStream(b);
    const moved = moveMachine(machine, new FrameStream(a));
    expect((await target.receive())?.type).toBe(MOVE_FRAMES.offer);
    target.send(MOVE_FRAMES.accept, [encodeMessage({ incarnation: "", followsPages: false })]);
    expect((await target.receive())?.type).toBe(MOVE_FRAMES.sync);
    target.send(MOVE_FRAMES.sync);
    target.send(type, [body]);
    expect(await moved).toMatchObject({ outcome: "failed", runningOn: "source" });
    await expectUnharmed(machine);
  });
});

test("a target that does nothing does not keep a caller who has had enough", async () => {
  const machine = await running();
  const { a, b } = memoryChannels();
  const target = new FrameStream(b);
  const caller = new AbortController();
  const { signal } = caller;
  const moved = moveMachine(machine, new FrameStream(a), { signal });
  await target.receive();
  target.send(MOVE_FRAMES.accept, [encodeMessage({ incarnation: "", followsPages: false })]);
  await target.receive();
  target.send(MOVE_FRAMES.sync);
  await target.receive();
  caller.abort();
  expect(await moved).toMatchObject({ outcome: "aborted", runningOn: "source" });
  let last = await target.receive();
  for (let frame = last; frame !== null; frame = await target.receive()) last = frame;
  expect(last?.type).toBe(MOVE_FRAMES.abort);
  await expectUnharmed(machine);
});

test("a machine that stood still stands after the move, wherever it is", async () => {
  const machine = new CountingMachine(SMALL);
  machine.runSlices(50);
  const { a, b } = memoryChannels();
  const received = receiveMachine(new FrameStream(b), { kinds: [countingKind()], limits });
  await moveMachine(machine, new FrameStream(a), { strategy: "cold" });
  const there = (await received).machine as CountingMachine;
  expect(there.isRunning).toBe(false);
  expect(there.count).toBe(machine.count);
  expect(there.wrongPages()).toEqual([]);
});
