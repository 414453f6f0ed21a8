// Holds bitmap-list.ts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BASE, Backends } from "./backends.js";

/** More than two of the stretches that are listed in one way each. */
const PAGES = 2 * 32_768 + 5 * 512 + 64;
const BYTES = PAGES / 8;
const A = BASE;
const SUMMARY = A + BYTES;
const OUT = SUMMARY + 16;
const CANARY = 0xfeedf00d;
const backends = new Backends(OUT + 4 * PAGES + 64);

/** One density of each way to list, and those that end it. */
const DENSITIES = [0, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.2, 0.5, 0.9, 1];

/** Pages drawn at densities that change along the bitmap. */
const pages = fc
  .tuple(fc.array(fc.constantFrom(...DENSITIES), { minLength: 1, maxLength: 6 }), fc.nat())
  .map(([densities, seed]) => {
    let random = seed | 1;
    const marked: number[] = [];
    for (let page = 0; page < PAGES; page++) {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      const density = densities[Math.floor((page * densities.length) / PAGES)] as number;
      if (random < density * 2 ** 32) marked.push(page);
    }
    return marked;
  });
const bound = fc.oneof(fc.constantFrom(0, 1, 64, 512, 4096, 32_768, PAGES), fc.nat(PAGES));
const max = fc.oneof(fc.constantFrom(0, 1, 527, 528, 4111, 4112, 32_784, PAGES), fc.nat(PAGES));

describe.each([
  ["without a summary", 0],
  ["with a summary", SUMMARY],
])("bitmapList %s", (_name, summary) => {
  test("is ascending, whole, and no longer than asked for", () => {
    fc.assert(
      fc.property(pages, bound, bound, max, (marked, from, to, most) => {
        backends.writeBitmap(A, BYTES, marked);
        const blocks = new Set(marked.map((page) => Math.floor(page / 4096)));
        backends.writeBitmap(SUMMARY, 16, blocks);
        backends.writeU32(OUT + 4 * most, [CANARY]);
        const expected = marked.filter((page) => page >= from && page < to).slice(0, most);
        const listed = backends.call((kernel) =>
          kernel.bitmapList(A, summary, from, to, OUT, most),
        );
        expect(listed).toBe(expected.length);
        const found = backends.readU32(OUT, listed);
        expect(found.every((page, index) => page === expected[index])).toBe(true);
        expect(backends.readU32(OUT + 4 * most, 1)).toEqual([CANARY]);
      }),
      { numRuns: 60 },
    );
  });
});

test("a clean end of the range is no reason to look behind it", () => {
  backends.writeBitmap(A, BYTES, [1637]);
  backends.writeBitmap(SUMMARY, 16, [0]);
  // What lies behind the bitmap is the summary, whose bits are no pages.
  const listed = backends.call((kernel) => kernel.bitmapList(A, SUMMARY, 0, PAGES, OUT, 527));
  expect(backends.readU32(OUT, listed)).toEqual([1637]);
});
