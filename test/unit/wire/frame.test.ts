import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isGodwitError } from "../../../src/errors.js";
import { memoryChannels } from "../../../src/transport/memory-channel.js";
import { FrameStream } from "../../../src/wire/frame.js";
import { MOVE_FRAMES } from "../../../src/wire/frame-types.js";

/** One frame as its bytes. */
async function frameBytes(body: Uint8Array, flags = 0): Promise<Uint8Array> {
  const { a, b } = memoryChannels();
  new FrameStream(a).send(MOVE_FRAMES.pages, [body], flags);
  return ((await b.receive()) as Uint8Array).slice();
}

/** What becomes of these frames at a receiver that expects frame 0. */
async function received(...frames: Uint8Array[]): Promise<{ bodies: number; reason: string }> {
  const { a, b } = memoryChannels();
  for (const frame of frames) a.send([frame]);
  a.close();
  const stream = new FrameStream(b);
  let bodies = 0;
  while ((await stream.receive()) !== null) bodies++;
  const { failure } = stream;
  if (failure !== undefined) expect(isGodwitError(failure, "WireFormatError")).toBe(true);
  return { bodies, reason: failure?.message ?? "" };
}

describe("a stream of frames", () => {
  test("carries type, flags and bodies", async () => {
    const { a, b } = memoryChannels();
    const [left, right] = [new FrameStream(a), new FrameStream(b)];
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 9000 }), fc.nat(255), async (body, flags) => {
        const half = body.length >> 1;
        left.send(MOVE_FRAMES.state, [body.subarray(0, half), body.subarray(half)], flags);
        const frame = await right.receive();
        expect(frame).toEqual({ type: MOVE_FRAMES.state, flags, body });
      }),
    );
  });

  test("is as documented, byte for byte", async () => {
    const frame = await frameBytes(Uint8Array.of(1, 2, 3), 7);
    const digest = [...frame.subarray(8, 16)].reverse();
    expect([...frame.subarray(0, 8)]).toEqual([MOVE_FRAMES.pages, 7, 0, 0, 0, 0, 0, 0]);
    expect([...frame.subarray(16)]).toEqual([1, 2, 3]);
    expect(digest.map((byte) => byte.toString(16).padStart(2, "0")).join("")).toBe(
      "b2ea0f68d98232ad",
    );
  });

  test("is cut by any single bit that changed", async () => {
    const good = await frameBytes(new Uint8Array(40).fill(9), 3);
    expect(await received(good)).toEqual({ bodies: 1, reason: "" });
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const bad = good.slice();
      (bad[bit >> 3] as number) ^= 1 << (bit & 7);
      expect(await received(bad)).toEqual({
        bodies: 0,
        reason: "frame 0 has a wrong digest (at byte 8)",
      });
    }
  });

  test("is cut by a repeat and by a gap", async () => {
    const { a, b } = memoryChannels();
    const sender = new FrameStream(a);
    const frames: Uint8Array[] = [];
    for (let index = 0; index < 3; index++) {
      sender.send(MOVE_FRAMES.heartbeat);
      frames.push(((await b.receive()) as Uint8Array).slice());
    }
    const [first, second, third] = frames as [Uint8Array, Uint8Array, Uint8Array];
    expect(await received(first, second, third)).toEqual({ bodies: 3, reason: "" });
    expect((await received(first, first)).reason).toMatch("frame 0 came where frame 1 was");
    expect((await received(first, third)).reason).toMatch("frame 2 came where frame 1 was");
    expect((await received(second)).reason).toMatch("frame 1 came where frame 0 was");
  });

  test("is cut by types that nobody knows and by frames without a header", async () => {
    const { a, b } = memoryChannels();
    new FrameStream(a).send(255 as 16);
    const unknown = ((await b.receive()) as Uint8Array).slice();
    expect((await received(unknown)).reason).toMatch("frame 0 has the unknown type 255");
    expect((await received(new Uint8Array(15))).reason).toMatch(
      "a frame of 15 bytes has no header",
    );
  });

  test("survives garbage", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (garbage) => {
        expect((await received(garbage)).bodies).toBe(0);
      }),
    );
  });
});
