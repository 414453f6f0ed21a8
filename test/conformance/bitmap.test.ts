// Holds bitmap.ts, bitmap-scan.ts, bitmap-harvest.ts, summary.ts and the addressing of memory.ts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BASE, Backends } from "./backends.js";

/** Five blocks of the summary and a little more. */
const PAGES = 5 * 4096 + 1280;
const BYTES = PAGES / 8;
const WORDS = PAGES / 64;
const A = BASE;
const B = A + BYTES;
/** The summary of A, and that of B. */
const SUMMARY = B + BYTES;
const SUMMARY_B = SUMMARY + 16;
const LIST = SUMMARY_B + 16;
const OUT = LIST + 4 * PAGES;

const backends = new Backends(OUT + 16 * PAGES);

/** Pages near the edges of words and vectors, and any others. */
const page = fc.oneof(
  fc.constantFrom(0, 1, 63, 64, 65, 127, 128, 511, 512, 4095, 4096, 12_287, PAGES - 1),
  fc.integer({ min: 0, max: PAGES - 1 }),
);
const range = fc
  .tuple(fc.oneof(page, fc.constant(PAGES)), fc.oneof(page, fc.constant(PAGES)))
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
const stretch = fc.tuple(page, fc.nat(300)).map(([from, length]) => {
  return [from, Math.min(from + length, PAGES)] as const;
});
/** Sets of pages: scattered ones, and whole stretches. */
const pages = fc
  .tuple(fc.array(page, { maxLength: 80 }), fc.array(stretch, { maxLength: 3 }))
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

function blocksOf(set: Iterable<number>): Set<number> {
  return new Set([...set].map((at) => Math.floor(at / 4096)));
}

/** Makes bitmap A hold these pages, and its summary their blocks and perhaps one more. */
function place(set: Iterable<number>, stale = 2): void {
  backends.writeBitmap(A, BYTES, set);
  backends.writeBitmap(SUMMARY, 16, blocksOf(set).add(stale));
}

/** Expects the promise that a summary makes. */
function expectSummary(bitmap: number, summary: number): void {
  const noted = new Set(backends.readBitmap(summary, 16));
  for (const block of blocksOf(backends.readBitmap(bitmap, BYTES))) {
    expect(noted.has(block), `block ${block} is noted`).toBe(true);
  }
}

/** Runs a property over pages in bitmap A. */
function forPages(check: (set: Set<number>, bounds: readonly [number, number]) => void): void {
  fc.assert(
    fc.property(pages, range, (set, bounds) => {
      place(set);
      check(set, bounds);
    }),
    { numRuns: 100 },
  );
}

describe.each([
  ["without a summary", 0],
  ["with a summary", SUMMARY],
])("changing a bitmap %s", (_name, summary) => {
  const check = (): void => {
    if (summary !== 0) expectSummary(A, summary);
  };

  test("mark, clear and has are about one bit", () => {
    fc.assert(
      fc.property(pages, page, (set, at) => {
        place(set);
        expect(backends.call((kernel) => kernel.bitmapHas(A, at))).toBe(Number(set.has(at)));
        expect(backends.call((kernel) => kernel.bitmapMark(A, summary, at))).toBe(
          Number(!set.has(at)),
        );
        expect(backends.readBitmap(A, BYTES)).toEqual(sorted(new Set([...set, at])));
        check();
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
      expect(backends.call((kernel) => kernel.bitmapMarkRange(A, summary, from, to))).toBe(
        to - from - marked,
      );
      for (let at = from; at < to; at++) set.add(at);
      expect(backends.readBitmap(A, BYTES)).toEqual(sorted(set));
      check();
      expect(backends.call((kernel) => kernel.bitmapClearRange(A, from, to))).toBe(to - from);
      expect(backends.readBitmap(A, BYTES)).toEqual(
        sorted(set).filter((at) => at < from || at >= to),
      );
    });
  });

  test("a range that ends before it begins is empty", () => {
    place([5, 70]);
    expect(backends.call((kernel) => kernel.bitmapMarkRange(A, summary, 100, 3))).toBe(0);
    expect(backends.call((kernel) => kernel.bitmapCount(A, summary, 100, 3))).toBe(0);
    expect(backends.call((kernel) => kernel.bitmapNext(A, summary, 100, 3))).toBe(3);
    expect(backends.call((kernel) => kernel.bitmapPrevious(A, 100, 3))).toBe(-1);
    expect(backends.readBitmap(A, BYTES)).toEqual([5, 70]);
  });

  test("lists may repeat pages and come in any order", () => {
    fc.assert(
      fc.property(pages, fc.array(page, { maxLength: 60 }), (set, list) => {
        place(set);
        backends.writeU32(LIST, list);
        const first = list.findIndex((at) => set.has(at));
        expect(backends.call((kernel) => kernel.bitmapFirstOfList(A, LIST, list.length))).toBe(
          first < 0 ? list.length : first,
        );
        const union = new Set([...set, ...list]);
        backends.call((kernel) => kernel.bitmapMarkList(A, summary, LIST, list.length));
        expect(backends.readBitmap(A, BYTES)).toEqual(sorted(union));
        check();
      }),
    );
  });
});

describe.each([
  ["without a summary", 0],
  ["with a summary", SUMMARY],
])("asking a bitmap %s", (_name, summary) => {
  test("count, next and previous", () => {
    forPages((set, bounds) => {
      const [from, to] = bounds;
      const found = inside(set, bounds);
      expect(backends.call((kernel) => kernel.bitmapCount(A, summary, from, to))).toBe(
        found.length,
      );
      expect(backends.call((kernel) => kernel.bitmapNext(A, summary, from, to))).toBe(
        found[0] ?? to,
      );
      expect(backends.call((kernel) => kernel.bitmapPrevious(A, from, to))).toBe(
        found.at(-1) ?? -1,
      );
    });
  });

  test("runs are maximal, cut by the range, and no more than asked for", () => {
    fc.assert(
      fc.property(pages, range, fc.integer({ min: 0, max: 60 }), (set, bounds, max) => {
        place(set);
        const [from, to] = bounds;
        const runs = runsOf(set, bounds);
        expect(backends.call((kernel) => kernel.bitmapCountRuns(A, summary, from, to))).toBe(
          runs.length,
        );
        const count = backends.call((kernel) => kernel.bitmapRuns(A, summary, from, to, OUT, max));
        expect(backends.readF64(OUT, 2 * count)).toEqual(runs.slice(0, max).flat());
        expect(count).toBe(Math.min(runs.length, max));
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
      expect(backends.call((kernel) => kernel.bitmapHarvest(A, 0, B, 0, words))).toBe(
        moved.filter((at) => !b.has(at)).length,
      );
      expect(backends.readBitmap(B, BYTES)).toEqual(sorted(new Set([...b, ...moved])));
      expect(backends.readBitmap(A, BYTES)).toEqual(sorted(a).filter((at) => at >= 64 * words));
    });
  });

  test("harvest moves the summary, too", () => {
    forBoth((a, b) => {
      place(a);
      const noted = backends.readBitmap(SUMMARY, 16);
      backends.writeBitmap(SUMMARY_B, 16, blocksOf(b));
      const harvest = backends.call((kernel) =>
        kernel.bitmapHarvest(A, SUMMARY, B, SUMMARY_B, WORDS),
      );
      expect(harvest).toBe([...a].filter((at) => !b.has(at)).length);
      expect(backends.readBitmap(A, BYTES)).toEqual([]);
      expect(backends.readBitmap(B, BYTES)).toEqual(sorted(new Set([...b, ...a])));
      expect(backends.readBitmap(SUMMARY, 16)).toEqual([]);
      expect(backends.readBitmap(SUMMARY_B, 16)).toEqual(
        sorted(new Set([...noted, ...blocksOf(b)])),
      );
    });
  });
});
