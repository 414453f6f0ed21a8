import { expect, test } from "vitest";
import { planWatch } from "../../../src/probe/watch-plan.js";

const MIB_PAGES = 256;
const pagesOf = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);

test("what fits is looked at whole in every tick", () => {
  const parts = planWatch(pagesOf(1001), 4 * 2 ** 20, 1, 64);
  expect(parts.map(({ level, period, phase }) => [level, period, phase])).toEqual([[0, 1, 0]]);
  expect(parts[0]?.pages).toEqual(pagesOf(1001));
  expect(planWatch(new Uint32Array(), 2 ** 20, 1, 64)).toEqual([]);
});

test.each([5, 20, 100, 1000])(
  "%i MiB at 4 MiB a tick: each page in one part, none too much",
  (mib) => {
    const all = mib * MIB_PAGES;
    const parts = planWatch(pagesOf(all), 4 * 2 ** 20, 7, 64);
    const seen = new Set(parts.flatMap(({ pages }) => [...pages]));
    expect(seen.size).toBe(parts.reduce((sum, { pages }) => sum + pages.length, 0));
    // Of 4 MiB, 35 % in every tick, 12.5 % each of levels with 4 and 16, 40 % with 64 times as many.
    const most = 4 * (0.35 + 0.125 * (4 + 16) + 0.4 * 64) * MIB_PAGES;
    expect(seen.size / Math.min(all, most)).toBeGreaterThan(0.9);
    for (let tick = 0; tick < 64; tick++) {
      const looked = parts.filter(({ period, phase }) => tick % period === phase);
      const pages = looked.reduce((sum, part) => sum + part.pages.length, 0);
      expect(pages / (4 * MIB_PAGES)).toBeLessThan(1.2);
    }
    for (const { pages } of parts) {
      expect(pages).toEqual(pages.slice().sort());
      for (let place = 0; place + 1 < pages.length; place += 2) {
        expect(pages[place + 1]).toBe((pages[place] ?? 0) + 1);
      }
    }
  },
);

test("no level is looked at less often than is allowed", () => {
  const periods = (most: number): number[] => {
    const parts = planWatch(pagesOf(100_000), 2 ** 20, 1, most);
    return [...new Set(parts.map(({ period }) => period))];
  };
  expect(periods(1)).toEqual([1]);
  expect(periods(3.9)).toEqual([1]);
  expect(periods(20)).toEqual([1, 4, 16]);
  expect(periods(1000)).toEqual([1, 4, 16, 64, 256]);
});
