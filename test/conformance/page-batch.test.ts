// Holds page-batch.ts and, with contents, page-cache.ts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BASE, Backends, equal } from "./backends.js";

const PAGE = 4096;
const PAGES = 12;
const SLOTS = 4;
const GUEST = BASE;
const TARGET = GUEST + PAGES * PAGE;
const CACHE = TARGET + PAGES * PAGE;
const CACHE_BYTES = SLOTS * (16 + PAGE);
const LIST = CACHE + CACHE_BYTES;
const RESULT = LIST + 4 * 64;
const BATCH = RESULT + 64;
const BATCH_BYTES = 64 * 4107 + 16;
const backends = new Backends(BATCH + BATCH_BYTES);

/** Page numbers whose addresses need more than 32 bits, too. */
const FIRST_PAGES = [0, 1_000_000, 2 ** 32 - PAGES];

interface Encoded {
  readonly consumed: number;
  readonly zero: number;
  readonly raw: number;
  readonly delta: number;
  readonly unchanged: number;
  readonly bytes: number;
}

interface EncodeCall {
  readonly firstPage: number;
  readonly list: readonly number[];
  readonly limit?: number;
  readonly cache?: boolean;
  readonly generation?: number;
  readonly frozen?: boolean;
}

function encode(options: EncodeCall): Encoded {
  const { firstPage, list, limit = 64 * 4107, cache = true, generation = 1 } = options;
  backends.writeU32(
    LIST,
    list.map((index) => firstPage + index),
  );
  const frozen = options.frozen === true ? 1 : 0;
  backends.call((kernel) =>
    kernel.batchEncode(
      GUEST,
      firstPage,
      LIST,
      list.length,
      BATCH,
      limit,
      cache ? CACHE : 0,
      SLOTS,
      generation,
      frozen,
      RESULT,
    ),
  );
  const [consumed, zero, raw, delta, unchanged, bytes] = backends.readF64(RESULT, 6);
  return { consumed, zero, raw, delta, unchanged, bytes } as Encoded;
}

/** Applies the batch in place; records, zero, raw, delta, damage. */
function apply(firstPage: number, bytes: number): number[] {
  backends.call((kernel) => kernel.batchApply(BATCH, bytes, TARGET, firstPage, PAGES, RESULT));
  return backends.readF64(RESULT, 5);
}

function reset(): void {
  backends.prepare((memory) => memory.fill(0, GUEST, BATCH + BATCH_BYTES));
}

function writePage(index: number, content: (position: number) => number): void {
  backends.prepare((memory) => {
    for (let at = 0; at < PAGE; at++) memory[GUEST + index * PAGE + at] = content(at);
  });
}

/** The slot of the cache that a page falls into: its number and its generation. */
function slotOf(page: number): number[] {
  return backends.readU32(CACHE + 16 * (page % SLOTS), 2);
}

describe("batchEncode", () => {
  test("writes the records of QEMU's stream", () => {
    reset();
    writePage(1, () => 0xab);
    const first = encode({ firstPage: 0x12345, list: [0, 1] });
    expect(first).toEqual({ consumed: 2, zero: 1, raw: 1, delta: 0, unchanged: 0, bytes: 4113 });
    const zero = [0, 0, 0, 0, 0x12, 0x34, 0x50, 0x22, 0];
    const raw = [0, 0, 0, 0, 0x12, 0x34, 0x60, 0x28, 0xab, 0xab];
    expect([...backends.read(BATCH, 19)]).toEqual([...zero, ...raw]);

    backends.prepare((memory) => {
      memory[GUEST + PAGE + 5] = 0xcd;
    });
    const second = encode({ firstPage: 0x12345, list: [1, 1] });
    expect(second).toEqual({ consumed: 2, zero: 0, raw: 0, delta: 1, unchanged: 1, bytes: 14 });
    const delta = [0, 0, 0, 0, 0x12, 0x34, 0x60, 0x60, 1, 0, 3, 5, 1, 0xcd];
    expect([...backends.read(BATCH, 14)]).toEqual(delta);
  });

  test("stops once more than the limit is written", () => {
    reset();
    const list = [0, 1, 2, 3];
    expect(encode({ firstPage: 0, list, limit: 0 }).consumed).toBe(1);
    expect(encode({ firstPage: 0, list, limit: 17 }).consumed).toBe(2);
    expect(encode({ firstPage: 0, list, limit: 18 }).consumed).toBe(3);
    expect(encode({ firstPage: 0, list: [], limit: 18 }).consumed).toBe(0);
  });

  test("a page keeps its slot for two generations", () => {
    reset();
    writePage(0, () => 1);
    writePage(4, () => 2);
    encode({ firstPage: 0, list: [0], generation: 7 });
    expect(slotOf(0)).toEqual([1, 7]);
    encode({ firstPage: 0, list: [4], generation: 8 });
    expect(slotOf(0)).toEqual([1, 7]);
    encode({ firstPage: 0, list: [4], generation: 9 });
    expect(slotOf(0)).toEqual([5, 9]);
    encode({ firstPage: 0, list: [4], generation: 12 });
    expect(slotOf(0)).toEqual([5, 12]);
  });

  test("a frozen cache is read and not changed", () => {
    reset();
    writePage(0, () => 1);
    encode({ firstPage: 0, list: [0], generation: 1 });
    const before = backends.read(CACHE, CACHE_BYTES);
    writePage(0, (at) => (at === 9 ? 5 : 1));
    const frozen = { firstPage: 0, generation: 9, frozen: true };
    expect(encode({ ...frozen, list: [0] })).toMatchObject({ delta: 1 });
    writePage(0, () => 0);
    expect(encode({ ...frozen, list: [0] })).toMatchObject({ zero: 1 });
    writePage(4, () => 2);
    expect(encode({ ...frozen, list: [4] })).toMatchObject({ raw: 1 });
    expect(equal(backends.read(CACHE, CACHE_BYTES), before)).toBe(true);
  });

  test("a zero page goes to the cache, so that the next delta is against zeros", () => {
    reset();
    writePage(0, () => 1);
    encode({ firstPage: 0, list: [0], generation: 3 });
    writePage(0, () => 0);
    encode({ firstPage: 0, list: [0], generation: 4 });
    expect(slotOf(0)).toEqual([1, 4]);
    writePage(0, (at) => (at === 0 ? 7 : 0));
    expect(encode({ firstPage: 0, list: [0], generation: 5 })).toMatchObject({ delta: 1 });
    expect([...backends.read(BATCH + 11, 3)]).toEqual([0, 1, 7]);
  });

  test("a delta longer than a page goes raw, and refreshes the cache", () => {
    reset();
    writePage(0, () => 1);
    encode({ firstPage: 0, list: [0] });
    writePage(0, (at) => 2 + (at % 7));
    expect(encode({ firstPage: 0, list: [0] })).toMatchObject({ raw: 1, bytes: 4104 });
    expect(encode({ firstPage: 0, list: [0] })).toMatchObject({ unchanged: 1, bytes: 0 });
  });
});

describe("batches of rounds", () => {
  const index = fc.nat(PAGES - 1);
  const write = fc.record({
    page: index,
    kind: fc.constantFrom("zero", "byte", "stretch", "all"),
    at: fc.nat(PAGE - 1),
    value: fc.nat(255),
  });
  const round = fc.record({
    writes: fc.array(write, { maxLength: 10 }),
    list: fc.array(index, { maxLength: 30 }),
    limit: fc.oneof(fc.nat(20_000), fc.constant(64 * 4107)),
    age: fc.nat(2),
    frozen: fc.boolean(),
  });

  test.each(FIRST_PAGES)("from page %i bring the target up to the source", (firstPage) => {
    fc.assert(
      fc.property(fc.array(round, { maxLength: 6 }), (rounds) => {
        reset();
        let generation = 0;
        for (const [turn, { writes, list, limit, age, ...round }] of rounds.entries()) {
          // A frozen cache does not learn what the target was sent, so nothing may follow it.
          const frozen = round.frozen && turn === rounds.length - 1;
          for (const { page, kind, at, value } of writes) {
            backends.prepare((memory) => {
              const bytes = memory.subarray(GUEST + page * PAGE, GUEST + (page + 1) * PAGE);
              if (kind === "zero") bytes.fill(0);
              else if (kind === "byte") bytes[at] = value;
              else if (kind === "stretch") bytes.fill(value, at, at + 200);
              else for (let i = 0; i < PAGE; i++) bytes[i] = (i * 13 + value) & 255;
            });
          }
          generation += age;
          const encoded = encode({ firstPage, list, limit, generation, frozen });
          const { consumed, zero, raw, delta, unchanged, bytes } = encoded;
          expect(consumed).toBe(zero + raw + delta + unchanged);
          expect(bytes <= limit ? consumed : list.length).toBe(list.length);
          backends.read(BATCH, bytes);
          backends.read(CACHE, CACHE_BYTES);
          expect(apply(firstPage, bytes)).toEqual([zero + raw + delta, zero, raw, delta, -1]);
          const [source, target] = [GUEST, TARGET].map((at) => backends.read(at, PAGES * PAGE));
          for (const page of list.slice(0, consumed)) {
            const part = (all: Uint8Array | undefined) =>
              (all as Uint8Array).subarray(page * PAGE, (page + 1) * PAGE);
            expect(equal(part(source), part(target))).toBe(true);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("batchApply of a hostile batch", () => {
  const FIRST = 100;
  const header = (page: number, flags: number): number[] => {
    const bytes = new DataView(new ArrayBuffer(8));
    bytes.setBigUint64(0, BigInt(page) * 4096n + BigInt(flags));
    return [...new Uint8Array(bytes.buffer)];
  };
  const zero = (page: number): number[] => [...header(page, 0x22), 0];
  const delta = (page: number, body: number[]): number[] => {
    return [...header(page, 0x60), 1, body.length >> 8, body.length & 255, ...body];
  };

  function applyBytes(bytes: readonly number[]): number[] {
    reset();
    backends.prepare((memory) => memory.set(bytes, BATCH));
    const result = apply(FIRST, bytes.length);
    backends.read(TARGET, PAGES * PAGE);
    return result;
  }

  test.each([
    ["a page below", zero(FIRST - 1)],
    ["a page above", zero(FIRST + PAGES)],
    ["a page number beyond 32 bits", zero(2 ** 32 + FIRST)],
    ["the highest page number", [255, 255, 255, 255, 255, 255, 0xf0, 0x22, 0]],
    ["flags without CONTINUE", [...header(FIRST, 0x02), 0]],
    ["flags that do not exist", [...header(FIRST, 0x822), 0]],
    ["two kinds at once", [...header(FIRST, 0x2a), 0]],
    ["a fill that is not zero", [...header(FIRST, 0x22), 1]],
    ["a cut header", header(FIRST, 0x22)],
    ["a cut raw page", [...header(FIRST, 0x28), ...Array(4095).fill(1)]],
    ["a cut delta", delta(FIRST, [0, 3, 1, 2, 3]).slice(0, -1)],
    ["a delta without its length", delta(FIRST, [0, 1, 5]).slice(0, 10)],
    ["an empty delta", delta(FIRST, [])],
    ["a delta longer than a page", delta(FIRST, Array(4097).fill(1))],
    ["a delta with another mark", [...header(FIRST, 0x60), 2, 0, 3, 0, 1, 5]],
    ["a delta that passes its page", delta(FIRST, [0xff, 0x1f, 2, 9, 9])],
    ["a delta with an empty run", delta(FIRST, [4, 0])],
  ])("%s stops there and keeps what went before", (_name, bytes) => {
    expect(applyBytes(bytes)).toEqual([0, 0, 0, 0, 0]);
    expect(applyBytes([...zero(FIRST), ...bytes])).toEqual([1, 1, 0, 0, 9]);
  });

  test("whatever the bytes, nothing outside the guest's pages changes", () => {
    const record = fc.oneof(
      fc.integer({ min: FIRST - 1, max: FIRST + PAGES }).map(zero),
      fc
        .tuple(
          fc.integer({ min: FIRST, max: FIRST + PAGES - 1 }),
          fc.array(fc.nat(255), { maxLength: 20 }),
        )
        .map(([page, body]) => delta(page, body)),
      fc.array(fc.nat(255), { maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), (records) => {
        const bytes = records.flat();
        reset();
        backends.prepare((memory) => memory.set(bytes, BATCH));
        apply(FIRST, bytes.length);
        backends.read(TARGET, PAGES * PAGE);
        expect(backends.read(GUEST, PAGES * PAGE).every((byte) => byte === 0)).toBe(true);
        expect(backends.read(CACHE, CACHE_BYTES).every((byte) => byte === 0)).toBe(true);
        expect([...backends.read(BATCH, bytes.length)]).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });
});
