import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isGodwitError, type WireFormatError } from "../../../src/errors.js";
import { type Crew, crewOfOne, openCrew } from "../../../src/kernel/crew.js";
import { DirtyBitmap } from "../../../src/kernel/dirty-bitmap.js";
import {
  type EncodeOptions,
  MAX_BATCH_BYTES,
  MAX_LISTED_PAGES,
  PageShard,
} from "../../../src/kernel/page-shard.js";
import { equal } from "../../conformance/backends.js";
import { threadHost } from "../../thread-host.js";

const PAGE = 4096;
const FIRST = 5000;
const PAGES = 1500;
const SEED = Uint32Array.from({ length: 16 }, (_, index) => Math.imul(index + 1, 0x9e3779b9));

/** A source and a target, for a crew of one, two and three each. */
let all: Pair[] = [];
beforeAll(async () => {
  const crews = [crewOfOne(), ...(await Promise.all([2, 3].map((n) => openCrew(n, threadHost))))];
  expect(crews.map(({ threads }) => threads)).toEqual([1, 2, 3]);
  all = crews.map((crew) => new Pair(crew));
});
afterAll(() => {
  for (const { crew } of all) crew.close();
});

class Pair {
  readonly crew: Crew;
  readonly source: PageShard;
  readonly target: PageShard;

  constructor(crew: Crew) {
    this.crew = crew;
    // As few as can be, since it is the threads' work that is tested.
    this.source = new PageShard(FIRST, PAGES, { crew, leastTogether: 3 });
    this.target = new PageShard(FIRST, PAGES, { crew });
  }

  reset(cacheSlots: number): void {
    const state = SEED.slice();
    this.target.bytes().fill(0);
    this.source.bytes().fill(0);
    this.source.fill(FIRST + 200, 500, "compressible", state);
    this.source.fill(FIRST + 700, 600, "random", state);
    this.source.prepareCache(cacheSlots);
  }

  /** Encodes and applies; everything that can be known of it. */
  send(pages: Uint32Array, limit: number, options: EncodeOptions): Sent {
    const { parts, ...counts } = this.source.encode(pages, limit, options);
    const records = joined(parts);
    return { records, counts, applied: this.target.apply(parts) };
  }
}

interface Sent {
  readonly records: Uint8Array;
  readonly counts: object;
  readonly applied: object;
}

function reset(cacheSlots: number): void {
  for (const pair of all) pair.reset(cacheSlots);
}

/** Sends the same with each crew and expects the same. */
function send(pages: Uint32Array, limit: number, options: EncodeOptions): Sent {
  const [first, ...others] = all.map((pair) => pair.send(pages, limit, options));
  for (const { records, ...rest } of others) {
    expect(rest).toEqual({ counts: first?.counts, applied: first?.applied });
    expect(equal(records, first?.records as Uint8Array)).toBe(true);
  }
  return first as Sent;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function same<T>(ask: (pair: Pair) => T): T {
  const [first, ...others] = all.map(ask);
  for (const other of others) expect(other).toEqual(first);
  return first as T;
}

function range(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, index) => FIRST + from + index);
}

describe("one, two and three threads", () => {
  test("answer the same about all pages", () => {
    reset(0);
    same(({ source }) => [...source.digests()]);
    const zeros = same(({ source }) => {
      const zero = new DirtyBitmap(FIRST + PAGES);
      return [source.zeroPages(zero), ...zero.runs()];
    });
    expect(zeros[0]).toBe(400);
    expect(same(({ source, target }) => source.differing(target))).toBe(1100);
    for (const { source, target } of all) target.bytes().set(source.bytes());
    expect(same(({ source, target }) => source.differing(target))).toBe(0);
    const changed = [0, 15, 16, 31, 749, 750, 751, 1487, 1488, 1499];
    for (const { target } of all) {
      for (const page of changed) (target.bytes()[page * PAGE + 4095] as number) ^= 1;
    }
    expect(same(({ source, target }) => source.differing(target))).toBe(changed.length);
    const exclude = new DirtyBitmap(FIRST + PAGES);
    exclude.markRange(FIRST, FIRST + 750);
    expect(same(({ source, target }) => source.differing(target, exclude))).toBe(5);
    const listed = Uint32Array.of(FIRST + 1499, FIRST + 3, FIRST + 3, ...range(700, 760));
    expect(same(({ source, target }) => source.differingPages(target, listed))).toBe(4);
  });

  test("encode the longest records there are up to the limit", () => {
    reset(2048);
    const cached = { generation: 1, frozen: false, useCache: true };
    const list = range(0, 1400);
    send(list.subarray(0, 700), MAX_BATCH_BYTES, cached);
    send(list.subarray(700), MAX_BATCH_BYTES, cached);
    for (const { source } of all) {
      const bytes = source.bytes();
      for (let at = 0; at < bytes.length; at++) if (at % PAGE >= 3) (bytes[at] as number) ^= 0xff;
    }
    const { counts } = send(list, MAX_BATCH_BYTES, cached);
    expect(counts).toMatchObject({ consumed: 1022, delta: 1022, bytes: 1022 * 4107 });
  });

  const write = fc.record({
    page: fc.nat(PAGES - 1),
    at: fc.nat(PAGE - 1),
    length: fc.constantFrom(1, 8, 700, PAGE),
    value: fc.nat(255),
  });
  const step = fc.record({
    writes: fc.array(write, { maxLength: 40 }),
    from: fc.nat(PAGES - 1),
    length: fc.constantFrom(0, 1, 127, 128, 129, 300, 1100),
    stride: fc.constantFrom(-1, 0, 1, 1, 1, 3),
    limit: fc.oneof(fc.constant(MAX_BATCH_BYTES), fc.nat(MAX_BATCH_BYTES), fc.nat(600_000)),
    useCache: fc.boolean(),
    frozen: fc.boolean(),
    age: fc.nat(2),
  });

  test.each([0, 64, 1024, 4096])("send the same records with %i slots of cache", (slots) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), (steps) => {
        reset(slots);
        let generation = 0;
        for (const { writes, from, length, stride, limit, useCache, frozen, age } of steps) {
          generation += age;
          for (const { source } of all) {
            for (const { page, at, length: bytes, value } of writes) {
              const start = page * PAGE + at;
              source.bytes().fill(value, start, Math.min(start + bytes, (page + 1) * PAGE));
            }
          }
          const pages = Uint32Array.from({ length: Math.min(length, MAX_LISTED_PAGES) }, (_, n) => {
            return FIRST + ((((from + n * stride) % PAGES) + PAGES) % PAGES);
          });
          send(pages, limit, { generation, frozen, useCache });
        }
        same(({ source, target }) => source.differing(target));
      }),
      { numRuns: 15 },
    );
  });
});

describe("records in several parts", () => {
  const fresh = { generation: 0, frozen: false, useCache: false };

  test("say where in all of them one is damaged", () => {
    reset(0);
    for (const { source, target } of all) {
      const { parts } = source.encode(range(700, 703), MAX_BATCH_BYTES, fresh);
      const whole = joined(parts);
      const third = whole.slice(2 * 4104);
      third[7] = 0xff;
      try {
        target.apply([whole.subarray(0, 4104), whole.subarray(4104, 2 * 4104), third]);
        expect.unreachable();
      } catch (error) {
        expect(isGodwitError(error, "WireFormatError")).toBe(true);
        expect((error as WireFormatError).offset).toBe(2 * 4104);
      }
      expect(source.differingPages(target, range(700, 703))).toBe(1);
    }
  });

  test("touch nothing but the guest, even where two threads write one page", () => {
    reset(0);
    for (const { source, target } of all) {
      const { parts } = source.encode(range(700, 701), MAX_BATCH_BYTES, fresh);
      const one = joined(parts);
      const other = one.slice().fill(0x55, 8);
      for (let round = 0; round < 200; round++) target.apply([one, other, one]);
      const page = target.bytes().subarray(700 * PAGE, 701 * PAGE);
      expect(page.every((byte, at) => byte === 0x55 || byte === one[8 + at])).toBe(true);
      expect(target.zeroPages(new DirtyBitmap(FIRST + PAGES))).toBe(PAGES - 1);
    }
  });
});
