import { describe, expect, test } from "vitest";
import { DirtyBitmap } from "../../../src/kernel/dirty-bitmap.js";
import { createKernel } from "../../../src/kernel/load.js";
import { WriteGenerator } from "../../../src/kernel/write-generator.js";

const PAGES = 2 ** 20;

function seeded(): Uint32Array {
  return Uint32Array.from({ length: 16 }, (_, index) => Math.imul(index + 1, 0x9e3779b9));
}

describe("drawDirtySet", () => {
  test.each([0.9, 0.3, 0.015, 0.013, 1e-4])("marks a share of %f of the pages", (probability) => {
    const generator = new WriteGenerator();
    const bitmap = new DirtyBitmap(PAGES);
    const state = seeded();
    const marked = generator.drawDirtySet(bitmap, 0, PAGES, probability, state);
    const sigma = Math.sqrt(PAGES * probability * (1 - probability));
    expect(Math.abs(marked - PAGES * probability)).toBeLessThan(5 * sigma);
    expect(bitmap.count()).toBe(marked);
    expect(state).not.toEqual(seeded());
  });

  test("is the same in every backend", () => {
    for (const probability of [0.5, 1 / 3, 0.005]) {
      const drawn = (["simd", "scalar", "reference"] as const).map((backend) => {
        const kernel = createKernel(DirtyBitmap.bytesFor(9_999), backend);
        const bitmap = new DirtyBitmap(9_999, kernel);
        const state = seeded();
        new WriteGenerator().drawDirtySet(bitmap, 7, 9_000, probability, state);
        return [...bitmap.list(), ...state];
      });
      expect(drawn[1]).toEqual(drawn[0]);
      expect(drawn[2]).toEqual(drawn[0]);
    }
  });

  test("a probability beyond 0 .. 1 needs no randomness", () => {
    const generator = new WriteGenerator();
    const bitmap = new DirtyBitmap(100);
    const state = seeded();
    expect(generator.drawDirtySet(bitmap, 0, 100, 0, state)).toBe(0);
    expect(generator.drawDirtySet(bitmap, 0, 100, -1, state)).toBe(0);
    expect(generator.drawDirtySet(bitmap, 10, 20, 1, state)).toBe(10);
    expect(generator.drawDirtySet(bitmap, 10, 30, 7, state)).toBe(10);
    expect(state).toEqual(seeded());
  });

  test("hardly ever marks a page of the smallest probabilities", () => {
    const generator = new WriteGenerator();
    const bitmap = new DirtyBitmap(PAGES);
    const state = seeded();
    for (const probability of [1e-18, 1e-300, Number.MIN_VALUE]) {
      expect(generator.drawDirtySet(bitmap, 0, PAGES, probability, state)).toBe(0);
    }
  });

  test("refuses what makes no sense", () => {
    const generator = new WriteGenerator();
    const bitmap = new DirtyBitmap(100);
    expect(() => generator.drawDirtySet(bitmap, 0, 101, 0.5, seeded())).toThrow("to: got");
    expect(() => generator.drawDirtySet(bitmap, 0, 9, Number.NaN, seeded())).toThrow("probability");
    expect(() => generator.drawDirtySet(bitmap, 0, 9, 0.5, new Uint32Array(4))).toThrow("16 words");
  });
});

describe("drawWrites", () => {
  const regions = [
    { first: 0, pages: 10, rate: 3 },
    { first: 100, pages: 1, rate: 0 },
    { first: 200, pages: 1000, rate: 1 },
    { first: 5000, pages: 1, rate: 0 },
  ];

  test("draws as many writes as asked, by rate", () => {
    const generator = new WriteGenerator();
    const state = seeded();
    const writes = generator.drawWrites(regions, 40_001, state);
    expect(writes.length).toBe(40_001);
    const hot = writes.filter((page) => page < 10).length;
    expect(Math.abs(hot - 30_000)).toBeLessThan(5 * Math.sqrt(40_001 * 0.75 * 0.25));
    expect(writes.every((page) => page < 10 || (page >= 200 && page < 1200))).toBe(true);
  });

  test("an odd number of writes begins as an even one does", () => {
    const generator = new WriteGenerator();
    const [odd, even] = [3, 4].map((count) => generator.drawWrites(regions, count, seeded()));
    expect(even?.subarray(0, 3)).toEqual(odd);
    expect(generator.drawWrites(regions, 0, seeded()).length).toBe(0);
  });

  test("another list of regions replaces the one before", () => {
    const generator = new WriteGenerator();
    generator.drawWrites(regions, 2, seeded());
    const single = [{ first: 77, pages: 1, rate: 1 }];
    expect([...generator.drawWrites(single, 2, seeded())]).toEqual([77, 77]);
  });

  test("refuses what makes no sense", () => {
    const generator = new WriteGenerator(undefined, 2);
    const region = { first: 0, pages: 1, rate: 1 };
    const draw = (list: (typeof region)[], count = 2) =>
      generator.drawWrites(list, count, seeded());
    expect(() => draw([])).toThrow("regions.length: got 0");
    expect(() => draw([region, region, region])).toThrow("1 to 2 regions");
    expect(() => draw([{ ...region, rate: 0 }])).toThrow("region.rate: got 0");
    expect(() => draw([{ ...region, rate: -1 }])).toThrow("region.rate: got");
    expect(() => draw([{ ...region, pages: 0 }])).toThrow("region.pages: got 0");
    expect(() => draw([{ ...region, first: 2 ** 32 }])).toThrow("to: got");
    expect(() => draw([region], 0.5)).toThrow("count: got");
  });
});
