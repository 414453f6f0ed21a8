import { expect, test } from "vitest";
import { Heartbeat, SILENCE_NS } from "../../../src/move/heartbeat.js";
import { memoryChannels } from "../../../src/transport/memory-channel.js";
import { FrameStream } from "../../../src/wire/frame.js";
import { MOVE_FRAMES } from "../../../src/wire/frame-types.js";
import type { Clock } from "../../../src/world/clock.js";

/** A clock whose beats are called by hand. */
class HandClock implements Clock {
  time = 0;
  beats: (() => void)[] = [];

  now(): number {
    return this.time;
  }

  async sleepUntil(): Promise<void> {}

  every(period: number, call: () => void): () => void {
    this.beats.push(() => {
      this.time += period;
      call();
    });
    return () => {
      this.beats = [];
    };
  }

  beat(): void {
    for (const beat of this.beats) beat();
  }
}

test("a channel on which nothing comes is cut in time", async () => {
  const clock = new HandClock();
  const { a, b } = memoryChannels();
  const frames = new FrameStream(a);
  new Heartbeat(frames, clock);
  while (frames.failure === undefined) clock.beat();
  expect(clock.time).toBeGreaterThan(SILENCE_NS);
  expect(clock.time).toBeLessThanOrEqual(1.2 * SILENCE_NS);
  expect(frames.failure).toMatchObject({ reason: "nothing was heard for 10 s" });
  await frames.closed;
  expect(clock.beats).toEqual([]);
  b.close();
});

test("a peer that says anything is alive, and hears as much", async () => {
  const clock = new HandClock();
  const { a, b } = memoryChannels();
  const frames = new FrameStream(a);
  const heartbeat = new Heartbeat(frames, clock);
  for (let beat = 0; beat < 50; beat++) {
    clock.beat();
    heartbeat.heard();
  }
  expect(frames.failure).toBeUndefined();
  expect((await new FrameStream(b).receive())?.type).toBe(MOVE_FRAMES.heartbeat);
  a.close();
});

test("what came while this thread was busy counts as heard", () => {
  const clock = new HandClock();
  const { a } = memoryChannels();
  const frames = new FrameStream(a);
  new Heartbeat(frames, clock);
  clock.time += 10 * SILENCE_NS;
  clock.beat();
  expect(frames.failure).toBeUndefined();
  a.close();
});
