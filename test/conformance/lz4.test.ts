// Holds lz4-compress.ts and lz4-decompress.ts.
import fc from "fast-check";
import lz4js from "lz4js";
import { describe, expect, test } from "vitest";
import { decodePlainly } from "../../scripts/fuzz/lz4-plainly.mjs";
import { BASE, Backends, equal } from "./backends.js";

const PAGE = 4096;
const LONGEST = 65_536;
const ROOM = LONGEST + 1024;
const MARGIN = 64;
/** What the compressor may write behind its limit. */
const SLACK = 32;
const SOURCE = BASE + MARGIN;
const BLOCK = SOURCE + ROOM + 2 * MARGIN;
const OUT = BLOCK + ROOM + 2 * MARGIN;
const CANARY = 0xc5;
/** Where the scratch memory of the first instance begins, and how long it is. */
const [SCRATCH, SCRATCH_BYTES] = [4096 + 1024, 32_768];
const backends = new Backends(3 * (ROOM + 2 * MARGIN));

/** Noise, runs and repetitions at any distance. */
function layOut(length: number, stretches: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const start = at;
    for (const [back, noise] of stretches) {
      bytes.set(noise.subarray(0, Math.max(0, length - at)), at);
      at = Math.min(length, at + noise.length);
      const end = Math.min(length, at + (back % 300));
      for (const distance = 1 + (back % Math.max(1, at)); at > 0 && at < end; at++) {
        bytes[at] = bytes[at - distance] as number;
      }
    }
    if (at === start) at = length;
  }
  return bytes;
}
const stretches = fc.array(
  fc.tuple(fc.oneof(fc.nat(40), fc.nat(70_000)), fc.uint8Array({ maxLength: 40 })),
  { minLength: 1, maxLength: 12 },
);
const lengths = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 700 }),
  fc.constant(PAGE),
);
const contents = fc.tuple(lengths, stretches).map(([length, parts]) => layOut(length, parts));

function place(at: number, length: number, bytes?: Uint8Array): void {
  backends.prepare((memory) => {
    memory.fill(CANARY, at - MARGIN, at + length + MARGIN);
    if (bytes !== undefined) memory.set(bytes, at);
  });
}

function expectIntact(at: number, length: number): void {
  for (const kernel of backends.kernels) {
    const around = [kernel.u8(at - MARGIN, MARGIN), kernel.u8(at + length, MARGIN)];
    expect(around.every((bytes) => bytes.every((byte) => byte === CANARY))).toBe(true);
  }
}

/** The block every backend makes; empty when it would pass the limit. */
function compress(bytes: Uint8Array, limit = ROOM - SLACK, acceleration = 1): Uint8Array {
  place(SOURCE, bytes.length, bytes);
  place(BLOCK, limit + SLACK);
  const length = backends.call((kernel) =>
    kernel.lz4Compress(SOURCE, bytes.length, BLOCK, limit, acceleration),
  );
  expectIntact(BLOCK, limit + SLACK);
  expect(equal(backends.read(SOURCE, bytes.length), bytes)).toBe(true);
  return backends.read(BLOCK, length);
}

/** What every backend makes of a block, or null when it is damaged. */
function decompress(block: Uint8Array, capacity: number): Uint8Array | null {
  place(BLOCK, block.length, block);
  place(OUT, capacity);
  const length = backends.call((kernel) =>
    kernel.lz4Decompress(BLOCK, block.length, OUT, capacity),
  );
  expectIntact(OUT, capacity);
  return length < 0 ? null : backends.read(OUT, length);
}

function expectAsPlainly(block: Uint8Array, capacity: number): void {
  const expected = decodePlainly(block, capacity);
  const decoded = decompress(block, capacity);
  expect(decoded === null).toBe(expected === null);
  if (decoded !== null) expect(equal(decoded, expected as Uint8Array)).toBe(true);
}

/** Bytes that do not compress. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

describe("lz4Compress", () => {
  test("gives blocks that every decoder turns back", () => {
    fc.assert(
      fc.property(contents, fc.constantFrom(1, 1, 1, 2, 8, 65_536), (bytes, acceleration) => {
        const block = compress(bytes, ROOM - SLACK, acceleration);
        expect(equal(decodePlainly(block, bytes.length) as Uint8Array, bytes)).toBe(true);
        expect(equal(decompress(block, bytes.length) as Uint8Array, bytes)).toBe(true);
        const other = new Uint8Array(bytes.length);
        expect(lz4js.decompressBlock(block, other, 0, block.length, 0)).toBe(bytes.length);
        expect(equal(other, bytes)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("answers 0 exactly when the limit is too low, and writes no more than 32 bytes past it", () => {
    fc.assert(
      fc.property(contents, fc.nat(), fc.integer({ min: -2, max: 2 }), (bytes, cut, more) => {
        const length = compress(bytes).length;
        for (const limit of [cut % length, Math.max(0, length + more)]) {
          expect(compress(bytes, limit).length).toBe(length <= limit ? length : 0);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("keeps the format's rules for the end of a block", () => {
    fc.assert(
      fc.property(contents, (bytes) => {
        let position = 0;
        const block = compress(bytes);
        for (let at = 0; at < block.length; ) {
          const token = block[at++] as number;
          const length = (half: number): number => {
            if (half < 15) return half;
            const end = block.findIndex((byte, index) => index >= at && byte < 255) + 1;
            const sum = block.subarray(at, end).reduce((all, byte) => all + byte, half);
            at = end;
            return sum;
          };
          const literals = length(token >> 4);
          at += literals;
          position += literals;
          if (at === block.length) break;
          at += 2;
          expect(position).toBeLessThanOrEqual(bytes.length - 12);
          position += length(token & 15) + 4;
          expect(position).toBeLessThanOrEqual(bytes.length - 5);
        }
        expect(position).toBe(bytes.length);
      }),
      { numRuns: 300 },
    );
  });

  test("depends on the bytes alone, not on what the scratch memory held", () => {
    const bytes = layOut(PAGE, [
      [7, Uint8Array.of(1, 2, 3)],
      [90, noise(30)],
    ]);
    const block = compress(bytes);
    backends.prepare((memory) => memory.set(noise(SCRATCH_BYTES), SCRATCH));
    expect(equal(compress(bytes), block)).toBe(true);
  });

  test.each([
    ["one byte", Uint8Array.of(7), [0x10, 7]],
    ["12 equal bytes", new Uint8Array(12), [0xc0, ...new Array(12).fill(0)]],
    [
      "a page of zeros",
      new Uint8Array(PAGE),
      [0x1f, 0, 1, 0, ...new Array(15).fill(255), 246, 0x50, 0, 0, 0, 0, 0],
    ],
  ] as [string, Uint8Array, number[]][])("%s", (_name, bytes, block) => {
    expect([...compress(bytes)]).toEqual(block);
  });

  test("64 KiB: of noise, of zeros, and with a match at the farthest offset", () => {
    const far = noise(LONGEST);
    far.set(far.subarray(1, 40), LONGEST - 60);
    for (const bytes of [noise(LONGEST), new Uint8Array(LONGEST), far]) {
      const block = compress(bytes);
      expect(block.length).toBeLessThanOrEqual(LONGEST + 257 + 2);
      expect(equal(decodePlainly(block, LONGEST) as Uint8Array, bytes)).toBe(true);
      expect(equal(decompress(block, LONGEST) as Uint8Array, bytes)).toBe(true);
    }
  });
});

describe("lz4Decompress", () => {
  test("takes the blocks of another encoder", () => {
    fc.assert(
      fc.property(contents, (bytes) => {
        const block = new Uint8Array(2 * PAGE);
        const length = lz4js.compressBlock(bytes, block, 0, bytes.length, new Uint32Array(65_536));
        // It gives up, with 0, where it finds nothing.
        if (length === 0) return;
        const decoded = decompress(block.subarray(0, length), bytes.length);
        expect(equal(decoded as Uint8Array, bytes)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("agrees with the plain decoder on damaged blocks and stays in its output", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 255), fc.nat(255))), {
      maxLength: 4,
    });
    const cut = fc.option(fc.nat(), { nil: null });
    const room = fc.integer({ min: -3, max: 3 });
    fc.assert(
      fc.property(contents, damage, cut, room, (bytes, hits, end, more) => {
        const block = compress(bytes);
        for (const [at, value] of hits) block[at % block.length] = value;
        const sent = end === null ? block : block.subarray(0, end % (block.length + 1));
        expectAsPlainly(sent, Math.max(0, bytes.length + more));
      }),
      { numRuns: 500 },
    );
  });

  test("agrees with the plain decoder on any bytes", () => {
    const bytes = fc.array(fc.oneof(fc.nat(20), fc.nat(255), fc.constant(255)), { maxLength: 120 });
    fc.assert(
      fc.property(bytes, fc.nat(600), (numbers, capacity) => {
        expectAsPlainly(Uint8Array.from(numbers), capacity);
      }),
      { numRuns: 2000 },
    );
  });

  test("repeats at every offset, at every length", () => {
    const start = noise(40);
    for (let offset = 1; offset <= 40; offset++) {
      for (const more of [0, 1, 3, 4, 8, 12, 13, 14, 15, 16, 31, 32, 33, 100, 254, 255]) {
        const long = more < 15 ? [] : [Math.min(255, more - 15), ...(more - 15 === 255 ? [0] : [])];
        const match = [0xf0 | Math.min(more, 15), 25, ...start, offset, 0, ...long];
        for (const tail of [5, 100]) {
          const literals = tail < 15 ? [tail << 4] : [0xf0, tail - 15];
          const block = Uint8Array.of(...match, ...literals, ...noise(tail));
          const size = 40 + more + 4 + tail;
          expect(decodePlainly(block, size)?.length).toBe(size);
          expectAsPlainly(block, size);
          expectAsPlainly(block, size - 1);
        }
      }
    }
  });

  const zeros = new Array<number>(100).fill(0);
  test.each([
    ["nothing", [], 10, null],
    ["no bytes", [0], 10, 0],
    ["no bytes and no room", [0], 0, 0],
    ["literals", [0x30, 1, 2, 3], 10, 3],
    ["one literal more than there is room", [0x30, 1, 2, 3], 2, null],
    ["literals cut short", [0x30, 1, 2], 10, null],
    ["a length cut short", [0xf0], 100, null],
    ["a length of 255s cut short", [0xf0, ...new Array(60).fill(255)], 60_000, null],
    ["an offset cut in two", [0x10, 1, 1], 10, null],
    ["an end after a match", [0x10, 1, 1, 0], 10, null],
    ["a match", [0x10, 1, 1, 0, 0], 10, 5],
    ["a match to the output's last byte", [0x10, 1, 1, 0, 0], 5, 5],
    ["a match past the output's last byte", [0x10, 1, 1, 0, 0], 4, null],
    ["an offset of 0", [0x10, 1, 0, 0, 0], 10, null],
    ["an offset of 0 far from the end", [0x10, 1, 0, 0, 0xf0, 85, ...zeros], 200, null],
    ["an offset to before the output", [0x10, 1, 2, 0, 0], 10, null],
    [
      "an offset to before the output far from the end",
      [0x10, 1, 2, 0, 0xf0, 85, ...zeros],
      200,
      null,
    ],
    ["a match without anything before it", [0, 1, 0, 0xf0, 85, ...zeros], 200, null],
    ["the match's length cut short", [0x1f, 1, 1, 0], 100, null],
    [
      "the match's length of 255s cut short",
      [0x1f, 1, 1, 0, ...new Array(60).fill(255)],
      60_000,
      null,
    ],
    [
      "a match longer than the output",
      [0x1f, 1, 1, 0, ...new Array(60).fill(255), 0, ...zeros],
      4096,
      null,
    ],
  ] as [string, number[], number, number | null][])("%s", (_name, block, capacity, length) => {
    expect(decodePlainly(Uint8Array.from(block), capacity)?.length ?? null).toBe(length);
    expect(decompress(Uint8Array.from(block), capacity)?.length ?? null).toBe(length);
  });
});
