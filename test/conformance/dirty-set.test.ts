// Holds dirty-set.ts and logarithm.ts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ln } from "../../src/elementary.js";
import { BASE, Backends } from "./backends.js";

const PAGES = 2 ** 17;
const BYTES = PAGES / 8;
const BITMAP = BASE;
const SUMMARY = BITMAP + BYTES;
const STATE = SUMMARY + 16;
const backends = new Backends(STATE + 64);

function seed(number: number): void {
  const words = Array.from({ length: 16 }, (_, index) => Math.imul(index + 1, number) >>> 0);
  backends.writeU32(STATE, words);
}

/** A probability as the two halves of a binary fraction of 64 digits. */
function digits(probability: number): [number, number] {
  const high = Math.floor(probability * 2 ** 32);
  return [high, Math.floor((probability * 2 ** 32 - high) * 2 ** 32)];
}

function drawDense(from: number, to: number, probability: number): number {
  const [high, low] = digits(probability);
  return backends.call((kernel) =>
    kernel.drawDirtySet(BITMAP, SUMMARY, from, to, high, low, STATE),
  );
}

function drawSparse(from: number, to: number, probability: number): number {
  const scale = 1 / Math.log1p(-probability);
  return backends.call((kernel) =>
    kernel.drawSparseDirtySet(BITMAP, SUMMARY, from, to, scale, STATE),
  );
}

const METHODS = [
  ["drawDirtySet", drawDense],
  ["drawSparseDirtySet", drawSparse],
] as const;

describe.each(METHODS)("%s", (_name, draw) => {
  test("is the same in every backend, keeps to its range and counts what is new", () => {
    const bound = fc.oneof(fc.constantFrom(0, 63, 64, 127, 128, 129, 4096), fc.nat(5000));
    fc.assert(
      fc.property(
        bound,
        bound,
        fc.double({ min: 1e-4, max: 0.999, noNaN: true }),
        fc.nat(),
        (a, b, p, s) => {
          const before = Array.from({ length: 100 }, (_, index) => index * 41);
          backends.writeBitmap(BITMAP, BYTES, before);
          backends.writeBitmap(SUMMARY, 16, []);
          seed(2 * s + 1);
          const marked = draw(a, b, p);
          const after = backends.readBitmap(BITMAP, 1024);
          const known = new Set(before);
          const fresh = after.filter((page) => !known.has(page));
          expect(fresh.length).toBe(marked);
          expect(fresh.every((page) => page >= a && page < b)).toBe(true);
          expect(after.length - fresh.length).toBe(before.length);
          backends.read(STATE, 64);
          const noted = new Set(backends.readBitmap(SUMMARY, 16));
          expect(fresh.every((page) => noted.has(Math.floor(page / 4096)))).toBe(true);
        },
      ),
    );
  });

  test.each([0.5, 0.3, 0.01, 0.001])(
    "marks pages with probability %f, each alike",
    (probability) => {
      const draws = 8;
      const perWord = new Float64Array(64);
      let total = 0;
      seed(0x2545f491);
      for (let round = 0; round < draws; round++) {
        backends.writeBitmap(BITMAP, BYTES, []);
        total += draw(0, PAGES, probability);
        for (const page of backends.readBitmap(BITMAP, BYTES)) (perWord[page % 64] as number) += 1;
      }
      const within = (count: number, tries: number): void => {
        const sigma = Math.sqrt(tries * probability * (1 - probability));
        expect(Math.abs(count - tries * probability)).toBeLessThan(5 * sigma);
      };
      within(total, draws * PAGES);
      for (const count of perWord) within(count, (draws * PAGES) / 64);
    },
  );

  test("marks neighbours independently", () => {
    const probability = 0.25;
    seed(0x9e3779b1);
    backends.writeBitmap(BITMAP, BYTES, []);
    draw(0, PAGES, probability);
    const pages = backends.readBitmap(BITMAP, BYTES);
    const marked = new Set(pages);
    for (const distance of [1, 2, 32, 64, 128]) {
      const pairs = pages.filter((page) => marked.has(page + distance)).length;
      const share = probability ** 2;
      const sigma = Math.sqrt(PAGES * share * (1 - share));
      // Pairs overlap, which widens their spread a little beyond that of independent ones.
      expect(Math.abs(pairs - PAGES * share)).toBeLessThan(5 * 1.5 * sigma);
    }
  });
});

describe("drawDirtySet", () => {
  test("uses no more digits than the probability has", () => {
    seed(77);
    backends.writeBitmap(BITMAP, BYTES, []);
    drawDense(0, 128 * 10, 0.5);
    const after = backends.readU32(STATE, 16);
    seed(77);
    backends.call((kernel) => kernel.randomFill(STATE, BITMAP, 4 * 10));
    expect(backends.readU32(STATE, 16)).toEqual(after);
  });

  test("draws nothing for a probability of 0 or an empty range", () => {
    seed(78);
    backends.writeBitmap(BITMAP, BYTES, []);
    expect(drawDense(0, PAGES, 0)).toBe(0);
    expect(drawDense(300, 300, 0.5)).toBe(0);
    const after = backends.readU32(STATE, 16);
    seed(78);
    expect(backends.readU32(STATE, 16)).toEqual(after);
  });

  test("marks a page when its random fraction is below the probability", () => {
    // One page at bit 0 of lane 0: its fraction's digits are that lane's lowest bits, 1 for 0, the first
    // ten of them last to first.
    for (let number = 1; number < 60; number += 2) {
      seed(number);
      backends.call((kernel) => kernel.randomFill(STATE, BITMAP, 4 * 64));
      const drawn = backends.readU32(BITMAP, 4 * 64).filter((_, index) => index % 4 === 0);
      const numbers = [...drawn.slice(0, 10).reverse(), ...drawn.slice(10)];
      const fraction = numbers.reduce(
        (sum, random, digit) => sum + (1 - (random & 1)) / 2 ** (digit + 1),
        0,
      );
      seed(number);
      backends.writeBitmap(BITMAP, BYTES, []);
      expect(drawDense(0, 1, 0.37)).toBe(Number(fraction < 0.37));
    }
  });
});

describe("drawSparseDirtySet", () => {
  test("jumps by the logarithm of its random fractions", () => {
    const probability = 0.02;
    seed(5);
    backends.call((kernel) => kernel.randomFill(STATE, BITMAP, 4 * 50));
    const random = backends.readU32(BITMAP, 4 * 50);
    const expected: number[] = [];
    for (let index = 0, page = 0; index < 100; index++) {
      const [high = 0, low = 0] = random.slice(2 * index);
      const fraction = (high * 2 ** 20 + (low >>> 12) + 1) / 2 ** 52;
      page += Math.floor(Math.log(fraction) / Math.log1p(-probability));
      expected.push(page++);
    }
    seed(5);
    backends.writeBitmap(BITMAP, BYTES, []);
    drawSparse(0, PAGES, probability);
    expect(backends.readBitmap(BITMAP, BYTES).slice(0, 100)).toEqual(expected);
  });
});

test("ln is that of Math.log within 1e-12", () => {
  const unit = fc.double({ min: 2 ** -52, max: 1, noNaN: true, maxExcluded: true });
  fc.assert(
    fc.property(unit, (x) => {
      expect(Math.abs(ln(x) / Math.log(x) - 1)).toBeLessThan(1e-12);
    }),
    { numRuns: 2000 },
  );
  for (const x of [2 ** -52, Math.SQRT1_2, 0.5, 1 - 2 ** -52, 1 - 2 ** -30, 1.5, 1e300]) {
    expect(Math.abs(ln(x) / Math.log(x) - 1)).toBeLessThan(1e-12);
  }
  expect(ln(1)).toBe(0);
});
