import { describe, expect, test } from "vitest";
import { type Channel, MAX_FRAME_BYTES } from "../../../src/transport/channel.js";

/** Two ends that are joined, and what takes down whatever they stand on. */
export interface Joined {
  readonly a: Channel;
  readonly b: Channel;
  readonly end?: () => Promise<void> | void;
}

const SIZES = [0, 1, 15, 4096, 65_535, 65_536, 65_537, 2 ** 20 + 3, MAX_FRAME_BYTES];

function content(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 11) + seed) & 255;
  return bytes;
}

/** Whether two byte arrays are the same; far quicker than a deep comparison. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

async function withPair(join: () => Promise<Joined>, run: (pair: Joined) => Promise<void>) {
  const pair = await join();
  try {
    await run(pair);
  } finally {
    pair.a.close();
    pair.b.close();
    await pair.end?.();
  }
}

/** What every channel promises. */
export function channelConformance(name: string, join: () => Promise<Joined>): void {
  const conforms = (what: string, run: (pair: Joined) => Promise<void>): void =>
    test(what, () => withPair(join, run));

  describe(`${name} is a channel`, () => {
    conforms("that carries frames of all sizes whole and in order, both ways", async ({ a, b }) => {
      const cases: [Channel, Channel][] = [
        [a, b],
        [b, a],
      ];
      for (const [from, to] of cases) {
        for (const [seed, size] of SIZES.entries()) from.send([content(size, seed)]);
        for (const [seed, size] of SIZES.entries()) {
          const frame = await to.receive();
          expect(frame?.length).toBe(size);
          expect(isSame(frame as Uint8Array, content(size, seed))).toBe(true);
        }
      }
    });

    conforms("that takes bytes at once, in parts", async ({ a, b }) => {
      const bytes = content(300_000, 1);
      a.send([bytes.subarray(0, 10), bytes.subarray(10, 10), bytes.subarray(10)]);
      bytes.fill(0);
      expect(isSame((await b.receive()) as Uint8Array, content(300_000, 1))).toBe(true);
    });

    conforms("that keeps a frame until the next is asked for", async ({ a, b }) => {
      a.send([content(200_000, 1)]);
      a.send([content(200_000, 2)]);
      const first = (await b.receive()) as Uint8Array;
      a.send([content(200_000, 3)]);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(isSame(first, content(200_000, 1))).toBe(true);
      expect(isSame((await b.receive()) as Uint8Array, content(200_000, 2))).toBe(true);
    });

    conforms("that holds the sender back while nobody asks", async ({ a, b }) => {
      const frame = content(2 ** 20, 1);
      let sent = 0;
      const flood = (async () => {
        while (sent < 64) {
          a.send([frame]);
          sent++;
          await a.drained(2 ** 20);
        }
      })();
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(sent).toBeLessThan(64);
      expect(a.buffered).toBeGreaterThan(0);
      for (let received = 0; received < 64; received++) {
        expect((await b.receive())?.length).toBe(frame.length);
      }
      await flood;
      await a.drained(1);
      expect(a.buffered).toBe(0);
    });

    conforms("that is closed by either side, after what was sent", async ({ a, b }) => {
      for (let seed = 0; seed < 5; seed++) a.send([content(100_000, seed)]);
      a.close();
      expect(await a.receive()).toBe(null);
      for (let seed = 0; seed < 5; seed++) {
        expect(isSame((await b.receive()) as Uint8Array, content(100_000, seed))).toBe(true);
      }
      expect(await b.receive()).toBe(null);
      expect(await b.receive()).toBe(null);
      await Promise.all([a.closed, b.closed]);
      expect([a.failure, b.failure]).toEqual([undefined, undefined]);
      b.send([content(10, 1)]);
      a.send([content(10, 1)]);
      expect(a.buffered).toBe(0);
      await a.drained(1);
      await b.drained(1);
    });

    conforms("whose end wakes who waits", async ({ a, b }) => {
      const asked = a.receive();
      for (let frames = 0; frames < 12; frames++) a.send([content(2 ** 20, 1)]);
      const drained = a.drained(1);
      b.close();
      expect(await asked).toBe(null);
      await drained;
    });

    conforms("that keeps the reason why it failed", async ({ a, b }) => {
      const reason = new Error("something is wrong");
      a.close(reason);
      a.close(new Error("too late"));
      expect(a.failure).toBe(reason);
      expect(await b.receive()).toBe(null);
      await b.closed;
    });

    conforms("that refuses frames longer than its limit", async ({ a, b }) => {
      b.frameLimit = 1000;
      a.send([content(1000, 1)]);
      expect((await b.receive())?.length).toBe(1000);
      a.send([content(1001, 1)]);
      expect(await b.receive()).toBe(null);
      expect(b.failure?.message).toMatch(/frame of 1001 bytes/);
      expect(await a.receive()).toBe(null);
    });
  });
}
