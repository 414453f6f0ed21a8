// Holds bitmap.ts, bitmap-scan.ts and the addressing of memory.ts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BASE, Backends } from "./backends.js";

const PAGES = 1280;
const BYTES = PAGES / 8;
const WORDS = PAGES / 64;
const A = BASE;
const B = A + BYTES;
const LIST = B + BYTES;
const OUT = LIST + 4 * PAGES;

const backends = new Backends(OUT + 16 * PAGES);

/** Pages near the edges of words and vectors, and any others. */
const page = fc.oneof(
  fc.constantFrom(0, 1, 63, 64, 65, 127, 128, 511, 512, 1023, 1024, PAGES - 1),
  fc.integer({ min: 0, max: PAGES - 1 }),
);
const range = fc
  .tuple(fc.oneof(page, fc.constant(PAGES)), fc.oneof(page, fc.constant(PAGES)))
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
/** Sets of pages: scattered ones, and whole stretches. */
const pages = fc
  .tuple(fc.array(page, { maxLength: 80 }), fc.array(range, { maxLength: 3 }))
  .map(([single, stretches]) => {
    const set = new Set(single);
    for (const [from, to] of stretches) for (let at = from; at < to; at++) set.add(at);
    return set;
  });

function sorted(set: Iterable<number>): number[] {
  return [...set].sort((a, b) => a - b);
}

function inside(set: Iterable<number>, [from, to]: readonly [number, number]): number[] {
  return sorted(set).filter((at) => at >= from && at < to);
}

/** Maximal runs within a range. */
function runsOf(set: Iterable<number>, bounds: readonly [number, number]): number[][] {
  const runs: number[][] = [];
  for (const at of inside(set, bounds)) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === at) last[1] = at + 1;
    else runs.push([at, at + 1]);
  }
  return runs;
}

/** Runs a property over pages in bitmap A. */
function forPages(check: (set: Set<number>, bounds: readonly [number, number]) => void): void {
  fc.assert(
    fc.property(pages, range, (set, bounds) => {
      backends.writeBitmap(A, BYTES, set);
      check(set, bounds);
    }),
    { numRuns: 150 },
  );
}

describe("changing a bitmap", () => {
  test("mark, clear and has are about one bit", () => {
    fc.assert(
      fc.property(pages, page, (set, at) => {
        backends.writeBitmap(A, BYTES, set);
        expect(backends.call((kernel) => kernel.bitmapHas(A, at))).toBe(Number(set.has(at)));
        expect(backends.call((kernel) => kernel.bitmapMark(A, at))).toBe(Number(!set.has(at)));
        expect(backends.readBitmap(A, BYTES)).toEqual(sorted(new Set([...set, at])));
        expect(backends.call((kernel) => kernel.bitmapClear(A, at))).toBe(1);
        expect(backends.call((kernel) => kernel.bitmapClear(A, at))).toBe(0);
        set.delete(at);
        expect(backends.readBitmap(A, BYTES)).toEqual(sorted(set));
      }),
    );
  });

  test("markRange and clearRange count what they change and touch nothing beside", () => {
    forPages((set, bounds) => {
      const [from, to] = bounds;
      const marked = inside(set, bounds).length;
      expect(backends.call((kernel) => kernel.bitmapMarkRange(A, from, to))).toBe(
        to - from - marked,
      );
      for (let at = from; at < to; at++) set.add(at);
      expect(backends.readBitmap(A, BYTES)).toEqual(sorted(set));
      expect(backends.call((kernel) => kernel.bitmapClearRange(A, from, to))).toBe(to - from);
      expect(backends.readBitmap(A, BYTES)).toEqual(
        sorted(set).filter((at) => at < from || at >= to),
      );
    });
  });

  test("a range that ends before it begins is empty", () => {
    backends.writeBitmap(A, BYTES, [5, 70]);
    expect(backends.call((kernel) => kernel.bitmapMarkRange(A, 100, 3))).toBe(0);
    expect(backends.call((kernel) => kernel.bitmapCount(A, 100, 3))).toBe(0);
    expect(backends.call((kernel) => kernel.bitmapNext(A, 100, 3))).toBe(3);
    expect(backends.call((kernel) => kernel.bitmapPrevious(A, 100, 3))).toBe(-1);
    expect(backends.readBitmap(A, BYTES)).toEqual([5, 70]);
  });

  test("lists may repeat pages and come in any order", () => {
    fc.assert(
      fc.property(pages, fc.array(page, { maxLength: 60 }), (set, list) => {
        backends.writeBitmap(A, BYTES, set);
        backends.writeU32(LIST, list);
        const first = list.findIndex((at) => set.has(at));
        expect(backends.call((kernel) => kernel.bitmapFirstOfList(A, LIST, list.length))).toBe(
          first < 0 ? list.length : first,
        );
        const union = new Set([...set, ...list]);
        expect(backends.call((kernel) => kernel.bitmapMarkList(A, LIST, list.length))).toBe(
          union.size - set.size,
        );
        expect(backends.readBitmap(A, BYTES)).toEqual(sorted(union));
      }),
    );
  });
});

describe("asking a bitmap", () => {
  test("count, next and previous", () => {
    forPages((set, bounds) => {
      const [from, to] = bounds;
      const found = inside(set, bounds);
      expect(backends.call((kernel) => kernel.bitmapCount(A, from, to))).toBe(found.length);
      expect(backends.call((kernel) => kernel.bitmapNext(A, from, to))).toBe(found[0] ?? to);
      expect(backends.call((kernel) => kernel.bitmapPrevious(A, from, to))).toBe(
        found.at(-1) ?? -1,
      );
    });
  });

  test("runs are maximal, cut by the range, and no more than asked for", () => {
    fc.assert(
      fc.property(pages, range, fc.integer({ min: 0, max: 60 }), (set, bounds, max) => {
        backends.writeBitmap(A, BYTES, set);
        const [from, to] = bounds;
        const runs = runsOf(set, bounds);
        expect(backends.call((kernel) => kernel.bitmapCountRuns(A, from, to))).toBe(runs.length);
        const count = backends.call((kernel) => kernel.bitmapRuns(A, from, to, OUT, max));
        expect(backends.readF64(OUT, 2 * count)).toEqual(runs.slice(0, max).flat());
        expect(count).toBe(Math.min(runs.length, max));
      }),
      { numRuns: 200 },
    );
  });

  test("lists are ascending and no longer than asked for", () => {
    fc.assert(
      fc.property(pages, range, fc.integer({ min: 0, max: 200 }), (set, bounds, max) => {
        backends.writeBitmap(A, BYTES, set);
        backends.writeU32(OUT + 4 * max, [0xfeedf00d]);
        const found = inside(set, bounds).slice(0, max);
        expect(
          backends.call((kernel) => kernel.bitmapList(A, bounds[0], bounds[1], OUT, max)),
        ).toBe(found.length);
        expect(backends.readU32(OUT, found.length)).toEqual(found);
        expect(backends.readU32(OUT + 4 * max, 1)).toEqual([0xfeedf00d]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("one bitmap against another", () => {
  function forBoth(check: (a: Set<number>, b: Set<number>) => void): void {
    fc.assert(
      fc.property(pages, pages, (a, b) => {
        backends.writeBitmap(A, BYTES, a);
        backends.writeBitmap(B, BYTES, b);
        check(a, b);
      }),
    );
  }

  test("or, and, andNot leave the other alone", () => {
    forBoth((a, b) => {
      backends.call((kernel) => kernel.bitmapOr(A, B, WORDS));
      expect(backends.readBitmap(A, BYTES)).toEqual(sorted(new Set([...a, ...b])));
      backends.writeBitmap(A, BYTES, a);
      backends.call((kernel) => kernel.bitmapAnd(A, B, WORDS));
      expect(backends.readBitmap(A, BYTES)).toEqual(sorted(a).filter((at) => b.has(at)));
      backends.writeBitmap(A, BYTES, a);
      backends.call((kernel) => kernel.bitmapAndNot(A, B, WORDS));
      expect(backends.readBitmap(A, BYTES)).toEqual(sorted(a).filter((at) => !b.has(at)));
      expect(backends.readBitmap(B, BYTES)).toEqual(sorted(b));
    });
  });

  test("andRange keeps to its range", () => {
    fc.assert(
      fc.property(pages, pages, range, (a, b, [from, to]) => {
        backends.writeBitmap(A, BYTES, a);
        backends.writeBitmap(B, BYTES, b);
        const kept = sorted(a).filter((at) => at < from || at >= to || b.has(at));
        expect(backends.call((kernel) => kernel.bitmapAndRange(A, B, from, to))).toBe(
          a.size - kept.length,
        );
        expect(backends.readBitmap(A, BYTES)).toEqual(kept);
      }),
    );
  });

  test.each([WORDS, 2, 10])("harvest of %i words moves every bit once", (words) => {
    forBoth((a, b) => {
      const moved = sorted(a).filter((at) => at < 64 * words);
      expect(backends.call((kernel) => kernel.bitmapHarvest(A, B, words))).toBe(
        moved.filter((at) => !b.has(at)).length,
      );
      expect(backends.readBitmap(B, BYTES)).toEqual(sorted(new Set([...b, ...moved])));
      expect(backends.readBitmap(A, BYTES)).toEqual(sorted(a).filter((at) => at >= 64 * words));
    });
  });
});
