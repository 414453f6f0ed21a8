import { describe, expect, test } from "vitest";
import { DirtyBitmap } from "../../../src/kernel/dirty-bitmap.js";
import { createKernel } from "../../../src/kernel/load.js";
import { RoundScheduler } from "../../../src/kernel/round-scheduler.js";

const PAGES = 50_000;
const RAW = 4104;

function setUp(cacheSlots = 0) {
  const bytes = 4 * DirtyBitmap.bytesFor(PAGES) + RoundScheduler.bytesFor({ cacheSlots });
  const kernel = createKernel(bytes);
  const bitmap = () => new DirtyBitmap(PAGES, kernel);
  const pending = bitmap();
  const [exclude, skip, zero] = [bitmap(), bitmap(), bitmap()];
  const rounds = new RoundScheduler(pending, { cacheSlots });
  return { pending, exclude, skip, zero, rounds };
}

const WHOLE = { from: 0, to: PAGES, limit: Number.POSITIVE_INFINITY, zeroCost: 9, rawCost: RAW };

describe("take", () => {
  test("takes everything within an endless budget", () => {
    const { pending, exclude, skip, zero, rounds } = setUp();
    pending.markAll();
    exclude.markRange(0, 10);
    skip.markRange(5, 30);
    zero.markRange(20, 70);
    expect(rounds.take({ ...WHOLE, exclude, skip, zero })).toEqual({
      next: PAGES,
      zero: 40,
      raw: PAGES - 70,
      delta: 0,
      unchanged: 0,
      skipped: 20,
      bytes: 40 * 9 + (PAGES - 70) * RAW,
    });
    expect([...pending.runs()]).toEqual([{ start: 0, end: 10 }]);
    expect([...zero.runs()]).toEqual([{ start: 20, end: 30 }]);
  });

  test("lets the page that passes the budget go, and goes on behind it", () => {
    const { pending, rounds } = setUp();
    pending.markRange(100, 200);
    const first = rounds.take({ ...WHOLE, limit: 2 * RAW });
    expect(first).toMatchObject({ next: 103, raw: 3, bytes: 3 * RAW });
    expect(rounds.take({ ...WHOLE, from: first.next, limit: 0 })).toMatchObject({
      next: 104,
      raw: 1,
    });
    expect(pending.count()).toBe(96);
  });

  test("sends deltas of what the cache holds", () => {
    const { pending, rounds } = setUp(64);
    const delta = { cost: 100, generation: 1, frozen: false };
    pending.markRange(0, 10);
    expect(rounds.take({ ...WHOLE, delta })).toMatchObject({ raw: 10, delta: 0 });
    pending.markRange(5, 15);
    const second = rounds.take({ ...WHOLE, delta: { ...delta, generation: 2 } });
    expect(second).toMatchObject({ raw: 5, delta: 5, bytes: 5 * RAW + 500 });
    pending.markRange(0, 15);
    const third = rounds.take({ ...WHOLE, delta: { cost: 0, generation: 3, frozen: true } });
    expect(third).toMatchObject({ raw: 0, delta: 0, unchanged: 15, bytes: 0 });
    // A round without deltas does not report those of the one before.
    expect(rounds.take(WHOLE)).toMatchObject({ delta: 0, unchanged: 0 });
  });
});

describe("list", () => {
  test("lists more pages than one call of the kernel", () => {
    const { pending, exclude, skip, rounds } = setUp();
    pending.markAll();
    exclude.mark(3);
    skip.markRange(10, 20);
    const first = rounds.list({ from: 0, to: PAGES, limit: 40_000, exclude, skip });
    expect(first.pages.length).toBe(40_000);
    expect([...first.pages.subarray(2, 10)]).toEqual([2, 4, 5, 6, 7, 8, 9, 20]);
    expect(first).toMatchObject({ next: 40_011, skipped: 10 });
    const second = rounds.list({ from: first.next, to: PAGES, limit: 40_000, exclude, skip });
    expect(second.pages.length).toBe(PAGES - 40_011);
    expect(second).toMatchObject({ next: PAGES, skipped: 0 });
    expect([...pending.list()]).toEqual([3]);
    expect(rounds.list({ from: 0, to: PAGES, limit: 0 })).toMatchObject({ next: 0, skipped: 0 });
  });

  test("hands out copies", () => {
    const { pending, rounds } = setUp();
    pending.markRange(0, 4);
    const { pages } = rounds.list({ from: 0, to: 2, limit: 9 });
    rounds.list({ from: 2, to: 4, limit: 9 });
    expect([...pages]).toEqual([0, 1]);
  });
});

describe("arguments", () => {
  test.each([-1, 3, 2 ** 25, 0.5])("refuses %f cache slots", (cacheSlots) => {
    expect(() => RoundScheduler.bytesFor({ cacheSlots })).toThrow("cacheSlots: got");
  });

  test("refuses what the kernel would believe", () => {
    const { rounds } = setUp();
    const delta = { cost: 1, generation: 0, frozen: false };
    expect(() => rounds.take({ ...WHOLE, to: PAGES + 1 })).toThrow("to: got");
    expect(() => rounds.take({ ...WHOLE, limit: -1 })).toThrow("limit: got");
    expect(() => rounds.take({ ...WHOLE, rawCost: 0.5 })).toThrow("rawCost: got");
    expect(() => rounds.take({ ...WHOLE, zeroCost: -1 })).toThrow("zeroCost: got");
    expect(() => rounds.take({ ...WHOLE, delta })).toThrow("cacheSlots: got 0");
    expect(() => rounds.take({ ...WHOLE, skip: new DirtyBitmap(PAGES) })).toThrow(
      "bitmap.kernel: got",
    );
    const cached = setUp(64).rounds;
    expect(() => cached.take({ ...WHOLE, delta: { ...delta, cost: -1 } })).toThrow("delta.cost");
  });
});
