import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameAssembler } from "../../../src/transport/frame-assembler.js";
import { FramePool } from "../../../src/transport/frame-pool.js";

const LIMIT = 200_000;

function assembler(limit = LIMIT) {
  const frames: string[] = [];
  const put = (frame: Uint8Array): void => {
    frames.push(digest(frame));
  };
  return { frames, made: new FrameAssembler(new FramePool(), () => limit, put) };
}

function digest(frame: Uint8Array): string {
  let sum = 0;
  for (const byte of frame) sum = (Math.imul(sum, 31) + byte) | 0;
  return `${frame.length}:${sum}`;
}

/** Frames of these sizes, as a stream. */
function streamOf(sizes: readonly number[]) {
  const bodies = sizes.map((size, seed) =>
    Uint8Array.from({ length: size }, (_, at) => (at * 13 + seed) & 255),
  );
  const stream = new Uint8Array(sizes.reduce((sum, size) => sum + 4 + size, 0));
  let at = 0;
  for (const body of bodies) {
    new DataView(stream.buffer).setUint32(at, body.length, true);
    stream.set(body, at + 4);
    at += 4 + body.length;
  }
  return { stream, digests: bodies.map(digest) };
}

describe("frames of a stream", () => {
  const sizes = fc.array(fc.oneof(fc.nat(20), fc.nat(3000), fc.nat(LIMIT)), { maxLength: 6 });
  const cuts = fc.infiniteStream(
    fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 150_000 })),
  );

  test("are the same wherever it is cut, pushed or read into room", () => {
    fc.assert(
      fc.property(sizes, cuts, fc.boolean(), (lengths, steps, isPushed) => {
        const { stream, digests } = streamOf(lengths);
        const { frames, made } = assembler();
        for (let at = 0; at < stream.length; ) {
          const step = steps.next().value as number;
          if (isPushed) {
            made.push(stream.subarray(at, at + step));
            at += step;
            continue;
          }
          const room = made.room();
          expect(room.length).toBeGreaterThan(0);
          const count = Math.min(step, room.length, stream.length - at);
          room.set(stream.subarray(at, at + count));
          made.filled(room, count);
          at += count;
        }
        expect(frames).toEqual(digests);
        expect(made.isBetweenFrames).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("that are too long are refused before they come", () => {
    const { frames, made } = assembler(1000);
    expect(() => made.push(Uint8Array.of(0xe9, 3, 0, 0))).toThrow(
      "a frame of 1001 bytes, more than 1000",
    );
    const huge = assembler(1000);
    huge.made.push(Uint8Array.of(255, 255, 255));
    expect(huge.made.isBetweenFrames).toBe(false);
    expect(() => huge.made.push(Uint8Array.of(255))).toThrow("a frame of 4294967295 bytes");
    expect([...frames, ...huge.frames]).toEqual([]);
  });

  test("survive garbage", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 500 })), (chunks) => {
        const { made } = assembler(5000);
        try {
          for (const chunk of chunks) made.push(chunk);
        } catch (error) {
          expect((error as Error).message).toMatch(/more than 5000/);
        }
      }),
    );
  });
});

test("a pool hands memory out once at a time", () => {
  const pool = new FramePool();
  const first = pool.take(100_000);
  const second = pool.take(100_000);
  expect(first.buffer).not.toBe(second.buffer);
  pool.giveBack(first);
  const third = pool.take(131_072);
  expect(third.buffer).toBe(first.buffer);
  expect(third.length).toBe(131_072);
  expect(pool.take(10).buffer.byteLength).toBe(10);
});
