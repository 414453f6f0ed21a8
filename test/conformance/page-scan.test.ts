// Holds page-scan.ts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BASE, Backends } from "./backends.js";

const PAGE = 4096;
const PAGES = 70;
const A = BASE;
const B = A + PAGES * PAGE;
const OUT = B + PAGES * PAGE;
const backends = new Backends(OUT + 8 * PAGES);

/** Bytes that are not zero: page, position, value. */
const specks = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: PAGES - 1 }),
    fc.oneof(fc.constantFrom(0, 7, 8, 15, 16, 4095), fc.integer({ min: 0, max: PAGE - 1 })),
    fc.integer({ min: 1, max: 255 }),
  ),
  { maxLength: 30 },
);

function write(base: number, bytes: readonly (readonly [number, number, number])[]): void {
  backends.prepare((memory) => {
    memory.fill(0, base, base + PAGES * PAGE);
    for (const [page, position, value] of bytes) memory[base + page * PAGE + position] = value;
  });
}

test("a page with one byte in any place is not zero", () => {
  write(A, []);
  expect(backends.call((kernel) => kernel.pageIsZero(A))).toBe(1);
  for (let position = 0; position < PAGE; position++) {
    backends.prepare((memory) => {
      memory[A + position] = 1;
    });
    expect(backends.call((kernel) => kernel.pageIsZero(A))).toBe(0);
    backends.prepare((memory) => {
      memory[A + position] = 0;
    });
  }
});

describe.each([0, 1, 63, 64, 65, PAGES])("of %i pages", (pages) => {
  test("zeroPages marks the zero ones and clears the rest of its words", () => {
    fc.assert(
      fc.property(specks, (bytes) => {
        write(A, bytes);
        backends.prepare((memory) => memory.fill(0xff, OUT, OUT + 24));
        const zero = Array.from({ length: pages }, (_, page) => page).filter(
          (page) => !bytes.some((speck) => speck[0] === page),
        );
        expect(backends.call((kernel) => kernel.zeroPages(A, pages, OUT))).toBe(zero.length);
        const words = 8 * Math.ceil(pages / 64);
        expect(backends.readBitmap(OUT, words)).toEqual(zero);
        expect([...backends.read(OUT + words, 8)]).toEqual(Array(8).fill(0xff));
      }),
      { numRuns: 20 },
    );
  });

  test("differingPages marks the pages that differ", () => {
    fc.assert(
      fc.property(specks, specks, (a, b) => {
        write(A, a);
        write(B, b);
        const [bytesA, bytesB] = [backends.read(A, PAGES * PAGE), backends.read(B, PAGES * PAGE)];
        const differing = Array.from({ length: pages }, (_, page) => page).filter((page) => {
          const part = bytesA.subarray(page * PAGE, (page + 1) * PAGE);
          return part.some((byte, index) => byte !== bytesB[page * PAGE + index]);
        });
        expect(backends.call((kernel) => kernel.differingPages(A, B, pages, OUT))).toBe(
          differing.length,
        );
        expect(backends.readBitmap(OUT, 8 * Math.ceil(pages / 64))).toEqual(differing);
      }),
      { numRuns: 10 },
    );
  });
});
