import { describe, expect, test } from "vitest";
import { DirtyBitmap } from "../../../src/kernel/dirty-bitmap.js";
import { createKernel } from "../../../src/kernel/load.js";

function bitmapOf(pageCount: number, pages: readonly number[]): DirtyBitmap {
  const bitmap = new DirtyBitmap(pageCount);
  bitmap.markList(Uint32Array.from(pages));
  return bitmap;
}

function pairOf(pageCount: number): [DirtyBitmap, DirtyBitmap] {
  const kernel = createKernel(2 * DirtyBitmap.bytesFor(pageCount));
  return [new DirtyBitmap(pageCount, kernel), new DirtyBitmap(pageCount, kernel)];
}

describe("one bitmap", () => {
  test("answers whether a page was clean", () => {
    const bitmap = new DirtyBitmap(100);
    expect(bitmap.mark(99)).toBe(true);
    expect(bitmap.mark(99)).toBe(false);
    expect(bitmap.has(99)).toBe(true);
    expect(bitmap.clear(99)).toBe(true);
    expect(bitmap.clear(99)).toBe(false);
    expect(bitmap.has(99)).toBe(false);
  });

  test("never marks beyond its last page", () => {
    const bitmap = new DirtyBitmap(100);
    bitmap.markAll();
    expect(bitmap.count()).toBe(100);
    const bits = bitmap.kernel.u8(bitmap.pointer, DirtyBitmap.bytesFor(100));
    expect([...bits.subarray(12, 16)]).toEqual([15, 0, 0, 0]);
    bitmap.clearAll();
    expect(bitmap.count()).toBe(0);
  });

  test("counts in ranges", () => {
    const bitmap = new DirtyBitmap(1000);
    expect(bitmap.markRange(10, 20)).toBe(10);
    expect(bitmap.markRange(15, 30)).toBe(10);
    expect(bitmap.clearRange(0, 12)).toBe(2);
    expect(bitmap.count(0, 20)).toBe(8);
    expect(bitmap.count(500)).toBe(0);
    expect(bitmap.count(20, 10)).toBe(0);
  });

  test("finds neighbours", () => {
    const bitmap = bitmapOf(1000, [3, 500]);
    expect(bitmap.next()).toBe(3);
    expect(bitmap.next(4)).toBe(500);
    expect(bitmap.next(4, 500)).toBeUndefined();
    expect(bitmap.next(501)).toBeUndefined();
    expect(bitmap.previous()).toBe(500);
    expect(bitmap.previous(500)).toBe(3);
    expect(bitmap.previous(500, 4)).toBeUndefined();
    expect(bitmap.previous(3)).toBeUndefined();
  });

  test("yields runs over many batches", () => {
    const bitmap = new DirtyBitmap(20_000);
    for (let page = 0; page < 10_000; page += 3) bitmap.markRange(page, page + 2);
    bitmap.markRange(15_000, 20_000);
    const runs = [...bitmap.runs()];
    expect(runs.length).toBe(3335);
    expect(bitmap.countRuns()).toBe(3335);
    expect(runs[1]).toEqual({ start: 3, end: 5 });
    expect(runs.at(-1)).toEqual({ start: 15_000, end: 20_000 });
    expect([...bitmap.runs(16_000, 17_000)]).toEqual([{ start: 16_000, end: 17_000 }]);
    // Other calls may come between two runs.
    const [first] = [...bitmap.runs(0, 6)].map((run) => bitmap.list(run.start, run.end));
    expect([...(first ?? [])]).toEqual([0, 1]);
  });

  test("lists more pages than one call of the kernel", () => {
    const bitmap = new DirtyBitmap(50_000);
    bitmap.markRange(100, 45_100);
    const pages = bitmap.list();
    expect(pages.length).toBe(45_000);
    expect(pages[0]).toBe(100);
    expect(pages[44_999]).toBe(45_099);
    expect([...bitmap.list(0, 50_000, 3)]).toEqual([100, 101, 102]);
    expect(bitmap.list(0, 50_000, 40_000).length).toBe(40_000);
    expect(bitmap.list(0, 50_000, 0).length).toBe(0);
    expect([...bitmap.list(45_098)]).toEqual([45_098, 45_099]);
    const copy = new DirtyBitmap(50_000);
    copy.markList(pages);
    copy.markList(pages);
    expect(copy.count()).toBe(45_000);
  });

  test("finds the first listed page that is marked", () => {
    const bitmap = bitmapOf(50_000, [40_000]);
    const list = Uint32Array.from({ length: 50_000 }, (_, index) => 49_999 - index);
    expect(bitmap.firstOf(list)).toBe(9_999);
    expect(bitmap.firstOf(Uint32Array.of(1, 2, 3))).toBe(3);
    bitmap.clearAll();
    bitmap.mark(0);
    expect(bitmap.firstOf(list)).toBe(49_999);
  });

  test("reaches page 2^32 - 1", () => {
    const bitmap = new DirtyBitmap(2 ** 32);
    expect(bitmap.mark(2 ** 32 - 1)).toBe(true);
    expect(bitmap.markRange(2 ** 31 - 1, 2 ** 31 + 1)).toBe(2);
    expect(bitmap.next(2 ** 31 + 1)).toBe(2 ** 32 - 1);
    expect([...bitmap.list()]).toEqual([2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]);
    expect([...bitmap.runs()].at(-1)).toEqual({ start: 2 ** 32 - 1, end: 2 ** 32 });
    expect(bitmap.previous(2 ** 32 - 1)).toBe(2 ** 31);
    expect(bitmap.count()).toBe(3);
  });
});

describe("two bitmaps", () => {
  test("are combined within one kernel", () => {
    const [a, b] = pairOf(300);
    a.markRange(0, 200);
    b.markRange(100, 300);
    expect(a.andRange(b, 50, 150)).toBe(50);
    expect(a.count()).toBe(150);
    a.or(b);
    expect(a.count()).toBe(250);
    a.andNot(b);
    expect([...a.runs()]).toEqual([{ start: 0, end: 50 }]);
    b.mark(7);
    a.and(b);
    expect([...a.list()]).toEqual([7]);
  });

  test("harvest copies and clears in one", () => {
    const [log, pending] = pairOf(300);
    log.markRange(0, 10);
    pending.markRange(5, 15);
    expect(log.harvest(pending)).toBe(5);
    expect(log.count()).toBe(0);
    expect([...pending.runs()]).toEqual([{ start: 0, end: 15 }]);
  });

  test("may be copied from one kernel to another", () => {
    const source = bitmapOf(300, [1, 299]);
    const copy = bitmapOf(300, [5]);
    copy.copyFrom(source);
    expect([...copy.list()]).toEqual([1, 299]);
  });

  test("of different kernels or sizes are refused", () => {
    const bitmap = new DirtyBitmap(300);
    expect(() => bitmap.or(new DirtyBitmap(300))).toThrow("bitmap.kernel: got");
    expect(() => bitmap.harvest(new DirtyBitmap(300))).toThrow("bitmap.kernel: got");
    expect(() => bitmap.copyFrom(new DirtyBitmap(301))).toThrow("bitmap.pageCount: got 301");
  });
});

describe("arguments", () => {
  const bitmap = new DirtyBitmap(100);

  test.each([0, -1, 1.5, 2 ** 32 + 1, Number.NaN])("refuses %f pages", (pageCount) => {
    expect(() => new DirtyBitmap(pageCount)).toThrow("pageCount: got");
    expect(() => DirtyBitmap.bytesFor(pageCount)).toThrow("pageCount: got");
  });

  test.each([-1, 100, 0.5, Number.NaN])("refuses page %f", (page) => {
    expect(() => bitmap.mark(page)).toThrow(`page: got ${page}, expected a whole number, 0 to 99`);
    expect(() => bitmap.clear(page)).toThrow("page: got");
    expect(() => bitmap.has(page)).toThrow("page: got");
  });

  test("refuses ranges and lists that leave the guest", () => {
    expect(() => bitmap.markRange(0, 101)).toThrow("to: got 101");
    expect(() => bitmap.count(-1)).toThrow("from: got -1");
    expect(() => bitmap.list(0, 1.5)).toThrow("to: got 1.5");
    expect(() => bitmap.markList(Uint32Array.of(5, 100))).toThrow("pages: got 100");
    expect(() => bitmap.firstOf(Uint32Array.of(100))).toThrow("pages: got 100");
    expect(bitmap.count()).toBe(0);
  });
});
