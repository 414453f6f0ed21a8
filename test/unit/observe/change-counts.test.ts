import fc from "fast-check";
import { expect, test } from "vitest";
import { ChangeCounts } from "../../../src/observe/change-counts.js";
import { HORIZON_TOLERANCE, horizonsFor } from "../../../src/observe/horizons.js";

const PAGES = 40;

/** Steps of snapshots, each with the pages that changed in it. */
const histories = fc.array(
  fc.record({
    stepMs: fc.integer({ min: 20, max: 120 }),
    changed: fc.uniqueArray(fc.nat({ max: PAGES - 1 }), { maxLength: 20 }),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Windows found by trying every start for every end, and counting into a set. */
function naive(
  history: readonly { stepMs: number; changed: readonly number[] }[],
  horizonMs: number,
) {
  const times = [0];
  for (const { stepMs } of history) times.push((times.at(-1) ?? 0) + stepMs);
  const windows: { length: number; pages: Set<number> }[] = [];
  for (let end = 1; end < times.length; end++) {
    const starts = Array.from({ length: end }, (_, start) => ({
      start,
      length: (times[end] ?? 0) - (times[start] ?? 0),
    })).reverse();
    const off = (one: { length: number }): number => Math.abs(one.length - horizonMs);
    const best = starts.reduce((a, b) => (off(b) < off(a) ? b : a));
    if (off(best) > horizonMs * HORIZON_TOLERANCE) continue;
    const pages = new Set(history.slice(best.start, end).flatMap(({ changed }) => changed));
    windows.push({ length: best.length, pages });
  }
  return windows;
}

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((a, b) => a + b, 0) / numbers.length;

test("windows of every horizon are those of a naive count", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const wholeMs = history.reduce((sum, { stepMs }) => sum + stepMs, 0);
      const horizons = horizonsFor(50, wholeMs);
      const counts = new ChangeCounts(PAGES, horizons);
      counts.snapshot(0, []);
      let atMs = 0;
      for (const { stepMs, changed } of history) {
        atMs += stepMs;
        counts.snapshot(atMs, changed);
      }
      horizons.forEach((horizonMs, index) => {
        const expected = naive(history, horizonMs);
        const found = counts.at(index);
        expect(found?.windows ?? 0).toBe(expected.length);
        if (found === null) return;
        const sizes = expected.map(({ pages }) => pages.size);
        expect(found.pages).toBeCloseTo(mean(sizes), 9);
        expect(found.lengthMs).toBeCloseTo(mean(expected.map(({ length }) => length)), 9);
        const squares = sizes.map((size) => (size - mean(sizes)) ** 2);
        const variance = squares.reduce((a, b) => a + b, 0) / Math.max(1, sizes.length - 1);
        expect(found.variance).toBeCloseTo(variance, 6);
        expect(found.groupPages.reduce((a, b) => a + b, 0)).toBeCloseTo(found.pages, 9);
        const pairs = expected.map(
          ({ pages }) => [...pages].filter((page) => page % 2 === 0 && pages.has(page + 1)).length,
        );
        expect(found.pairs).toBeCloseTo(mean(pairs), 9);
      });
    }),
    { numRuns: 200 },
  );
});

test("horizons are roughly geometric, from 50 ms or the step to the whole", () => {
  const horizons = horizonsFor(10, 10_000);
  expect([horizons[0], horizons.at(-1)]).toEqual([50, 10_000]);
  horizons.slice(1).forEach((horizon, index) => {
    expect(horizon / (horizons[index] ?? 0)).toBeGreaterThan(1.1);
    expect(horizon / (horizons[index] ?? 0)).toBeLessThan(1.7);
  });
  expect(horizonsFor(250, 3000)[0]).toBe(250);
  expect(horizonsFor(250, 250)).toEqual([250]);
});
