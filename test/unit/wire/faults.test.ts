import { expect, test } from "vitest";
import { memoryChannels } from "../../../src/transport/memory-channel.js";
import { FrameStream } from "../../../src/wire/frame.js";
import { MOVE_FRAMES } from "../../../src/wire/frame-types.js";
import { type Fault, faultyChannel } from "../../faulty-channel.js";

/** How many of five frames are received, and why no more. */
async function received(fault: Fault): Promise<{ frames: number; reason: string | undefined }> {
  const { a, b } = memoryChannels();
  const sender = new FrameStream(a);
  for (let index = 0; index < 5; index++) {
    sender.send(MOVE_FRAMES.pages, [new Uint8Array(100).fill(index)]);
  }
  a.close();
  const receiver = new FrameStream(faultyChannel(b, [fault]));
  let frames = 0;
  for (let next = await receiver.receive(); next !== null; next = await receiver.receive()) {
    expect(next.body[0]).toBe(frames++);
  }
  return { frames, reason: receiver.failure?.message };
}

test.each([
  ["cut", 2, "a: the connection was cut"],
  ["lose", 2, "frame 3 came where frame 2 was expected (at byte 4)"],
  ["duplicate", 3, "frame 2 came where frame 3 was expected (at byte 4)"],
  ["reorder", 2, "frame 3 came where frame 2 was expected (at byte 4)"],
  ["corrupt", 2, "frame 2 has a wrong digest (at byte 8)"],
  ["delay", 5, undefined],
] as const)("a stream notices: %s", async (kind, frames, reason) => {
  expect(await received({ frame: 2, kind, bit: 300 })).toEqual({ frames, reason });
});
