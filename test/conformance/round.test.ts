// Holds round.ts and, without contents, page-cache.ts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BASE, Backends } from "./backends.js";

/** Two blocks of the summary and a little more. */
const PAGES = 2 * 4096 + 640;
const BYTES = PAGES / 8;
const SLOTS = 64;
const [PENDING, EXCLUDE, SKIP, ZERO] = [0, 1, 2, 3].map((index) => BASE + index * BYTES) as [
  number,
  number,
  number,
  number,
];
const SUMMARY = BASE + 4 * BYTES;
const CACHE = SUMMARY + 16;
const OUT = CACHE + 8 * SLOTS;
const RESULT = OUT + 4 * PAGES + 64;
const backends = new Backends(RESULT + 64);

const page = fc.oneof(
  fc.constantFrom(0, 63, 64, 127, 128, 4095, 4096, 8192, PAGES - 1),
  fc.nat(PAGES - 1),
);
const pages = fc
  .tuple(fc.array(page, { maxLength: 60 }), page, fc.nat(600))
  .map(([single, from, length]) => {
    const set = new Set(single);
    for (let at = from; at < Math.min(from + length, PAGES); at++) set.add(at);
    return set;
  });

/** A round's situation; a bitmap that is null is not handed over. */
const situation = fc.record({
  pending: pages,
  hasSummary: fc.boolean(),
  exclude: fc.option(pages),
  skip: fc.option(pages),
  zero: fc.option(pages),
  from: page,
  to: fc.oneof(page, fc.constant(PAGES)),
  limit: fc.oneof(fc.nat(20_000), fc.nat(3_000_000), fc.constant(2 ** 53 - 1)),
  zeroCost: fc.constantFrom(0, 9),
  rawCost: fc.constantFrom(1, 4104),
  deltaCost: fc.constantFrom(0, 60, 4104, 4105),
  cache: fc.array(fc.tuple(page, fc.nat(6)), { maxLength: 40 }),
  generation: fc.nat(8),
  frozen: fc.boolean(),
  max: fc.oneof(fc.nat(5), fc.nat(PAGES)),
});
type Situation = typeof situation extends fc.Arbitrary<infer Value> ? Value : never;

function place({ pending, exclude, skip, zero, cache }: Situation): void {
  backends.writeBitmap(PENDING, BYTES, pending);
  // Block 1 may be noted though it is clean.
  backends.writeBitmap(SUMMARY, 16, [...pending].map((at) => Math.floor(at / 4096)).concat(1));
  backends.writeBitmap(EXCLUDE, BYTES, exclude ?? []);
  backends.writeBitmap(SKIP, BYTES, skip ?? []);
  backends.writeBitmap(ZERO, BYTES, zero ?? []);
  backends.writeU32(CACHE, Array(2 * SLOTS).fill(0));
  for (const [at, generation] of cache) {
    backends.writeU32(CACHE + 8 * (at % SLOTS), [at + 1, generation]);
  }
}

/** A round page by page, by the words of the contract. */
class PlainRound {
  next: number;
  zero = 0;
  raw = 0;
  skipped = 0;
  bytes = 0;
  delta = 0;
  unchanged = 0;
  readonly listed: number[] = [];
  readonly #cache = new Map<number, [number, number]>();

  readonly input: Situation;

  constructor(input: Situation) {
    this.input = input;
    this.next = input.to;
    for (const [at, generation] of input.cache) this.#cache.set(at % SLOTS, [at, generation]);
  }

  /** Visits the pages that may go until `visit` has had enough. */
  run(visit: (page: number) => boolean): this {
    const { pending, exclude, skip, from, to } = this.input;
    for (let at = from; at < to; at++) {
      if (!pending.has(at) || exclude?.has(at)) continue;
      pending.delete(at);
      if (skip?.has(at)) this.skipped++;
      else if (visit(at)) {
        this.next = at + 1;
        break;
      }
    }
    return this;
  }

  send(at: number, cached: boolean): boolean {
    const { zero, limit, zeroCost, rawCost, deltaCost } = this.input;
    if (zero?.delete(at)) {
      if (cached) this.#lookUp(at);
      this.zero++;
      this.bytes += zeroCost;
    } else if (cached && this.#lookUp(at) && deltaCost <= rawCost) {
      if (deltaCost === 0) this.unchanged++;
      else this.delta++;
      this.bytes += deltaCost;
    } else {
      this.raw++;
      this.bytes += rawCost;
    }
    return this.bytes > limit;
  }

  #lookUp(at: number): boolean {
    const { generation, frozen } = this.input;
    const held = this.#cache.get(at % SLOTS);
    const isHit = held?.[0] === at;
    const mayTake = held === undefined || isHit || held[1] + 2 <= generation;
    if (!frozen && mayTake) this.#cache.set(at % SLOTS, [at, generation]);
    return isHit;
  }

  get cacheWords(): number[] {
    return Array.from({ length: SLOTS }, (_, slot) => {
      const held = this.#cache.get(slot);
      return held === undefined ? [0, 0] : [held[0] + 1, held[1]];
    }).flat();
  }
}

function sorted(set: Iterable<number>): number[] {
  return [...set].sort((a, b) => a - b);
}

function expectBitmaps({ input }: PlainRound, before: Situation): void {
  expect(backends.readBitmap(PENDING, BYTES)).toEqual(sorted(input.pending));
  const noted = new Set(backends.readBitmap(SUMMARY, 16));
  for (const at of input.pending) expect(noted.has(Math.floor(at / 4096))).toBe(true);
  expect(backends.readBitmap(ZERO, BYTES)).toEqual(sorted(input.zero ?? []));
  expect(backends.readBitmap(SKIP, BYTES)).toEqual(sorted(before.skip ?? []));
  expect(backends.readBitmap(EXCLUDE, BYTES)).toEqual(sorted(before.exclude ?? []));
}

describe("a round", () => {
  test("takes pages within a budget", () => {
    fc.assert(
      fc.property(situation, (input) => {
        place(input);
        backends.call((kernel) =>
          kernel.roundTake(
            PENDING,
            input.hasSummary ? SUMMARY : 0,
            input.exclude ? EXCLUDE : 0,
            input.skip ? SKIP : 0,
            input.zero ? ZERO : 0,
            input.from,
            input.to,
            input.limit,
            input.zeroCost,
            input.rawCost,
            RESULT,
          ),
        );
        const plain = new PlainRound(input);
        plain.run((at) => plain.send(at, false));
        const { next, zero, raw, skipped, bytes } = plain;
        expect(backends.readF64(RESULT, 5)).toEqual([next, zero, raw, skipped, bytes]);
        expectBitmaps(plain, input);
      }),
      { numRuns: 250 },
    );
  });

  test("takes pages through a delta cache", () => {
    fc.assert(
      fc.property(situation, (input) => {
        place(input);
        backends.call((kernel) =>
          kernel.roundTakeCached(
            PENDING,
            input.hasSummary ? SUMMARY : 0,
            input.exclude ? EXCLUDE : 0,
            input.skip ? SKIP : 0,
            input.zero ? ZERO : 0,
            input.from,
            input.to,
            input.limit,
            input.zeroCost,
            input.rawCost,
            input.deltaCost,
            CACHE,
            SLOTS,
            input.generation,
            Number(input.frozen),
            RESULT,
          ),
        );
        const plain = new PlainRound(input);
        plain.run((at) => plain.send(at, true));
        const { next, zero, raw, skipped, bytes, delta, unchanged } = plain;
        expect(backends.readF64(RESULT, 7)).toEqual([
          next,
          zero,
          raw,
          skipped,
          bytes,
          delta,
          unchanged,
        ]);
        expectBitmaps(plain, input);
        expect(backends.readU32(CACHE, 2 * SLOTS)).toEqual(plain.cacheWords);
      }),
      { numRuns: 250 },
    );
  });

  test("lists pages", () => {
    fc.assert(
      fc.property(situation, (input) => {
        place(input);
        backends.writeU32(OUT + 4 * input.max, [0xfeedf00d]);
        backends.call((kernel) =>
          kernel.roundList(
            PENDING,
            input.hasSummary ? SUMMARY : 0,
            input.exclude ? EXCLUDE : 0,
            input.skip ? SKIP : 0,
            input.from,
            input.to,
            OUT,
            input.max,
            RESULT,
          ),
        );
        const plain = new PlainRound(input);
        if (input.max === 0) plain.next = input.from;
        else plain.run((at) => plain.listed.push(at) === input.max);
        const { next, listed, skipped } = plain;
        expect(backends.readF64(RESULT, 3)).toEqual([next, listed.length, skipped]);
        expect(backends.readU32(OUT, listed.length)).toEqual(listed);
        expect(backends.readU32(OUT + 4 * input.max, 1)).toEqual([0xfeedf00d]);
        expectBitmaps(plain, input);
      }),
      { numRuns: 250 },
    );
  });

  test("notes that blocks passed whole are clean", () => {
    const take = (from: number, to: number, exclude: number): number[] => {
      backends.writeBitmap(PENDING, BYTES, [5, 4096, 8200]);
      backends.writeBitmap(SUMMARY, 16, [0, 1, 2]);
      backends.call((kernel) =>
        kernel.roundTake(PENDING, SUMMARY, exclude, 0, 0, from, to, 1e9, 9, 4104, RESULT),
      );
      return backends.readBitmap(SUMMARY, 16);
    };
    expect(take(0, PAGES, 0)).toEqual([2]);
    expect(take(1, PAGES, 0)).toEqual([0, 2]);
    backends.writeBitmap(EXCLUDE, BYTES, [5]);
    expect(take(0, PAGES, EXCLUDE)).toEqual([0, 1, 2]);
  });
});
