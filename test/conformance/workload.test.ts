// Holds workload.ts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BASE, Backends, equal } from "./backends.js";

const PAGE = 4096;
const PAGES = 8;
const STATE = BASE;
const REGIONS = STATE + 64;
const OUT = REGIONS + 12 * 64;
const OUT_COUNT = 20_000;
const GUEST = OUT + 4 * OUT_COUNT;
const backends = new Backends(GUEST + PAGES * PAGE);

function seed(number: number): void {
  const words = Array.from({ length: 16 }, (_, index) => Math.imul(index + 1, number) >>> 0);
  backends.writeU32(STATE, words);
}

function drawWrites(regions: readonly number[][], count: number): number[] {
  backends.writeU32(REGIONS, regions.flat());
  backends.call((kernel) => kernel.drawWrites(OUT, count, REGIONS, regions.length, STATE));
  backends.read(STATE, 64);
  return backends.readU32(OUT, count);
}

/** The random numbers that the next steps will draw. */
function foresee(number: number, count: number): number[] {
  seed(number);
  backends.call((kernel) => kernel.randomFill(STATE, OUT, count));
  const random = backends.readU32(OUT, count);
  seed(number);
  return random;
}

describe("drawWrites", () => {
  test("takes a region by its threshold and a page of it by fraction", () => {
    const region = fc.tuple(fc.nat(2 ** 31), fc.nat(2 ** 31 - 1), fc.nat(2 ** 32 - 1));
    fc.assert(
      fc.property(
        fc.array(region, { minLength: 1, maxLength: 64 }),
        fc.nat(100),
        fc.nat(),
        (list, half, number) => {
          const thresholds = list.map((entry) => entry[2]).sort((a, b) => a - b);
          const regions = list.map(([first, pages], index) => [
            first,
            pages + 1,
            thresholds[index] ?? 0,
          ]);
          const count = 2 * half;
          const random = foresee(number, 2 * count);
          const expected = Array.from({ length: count }, (_, index) => {
            const [choice = 0, position = 0] = random.slice(2 * index);
            const found = regions.find((entry) => (entry[2] as number) > choice);
            const [first = 0, pages = 0] = found ?? (regions.at(-1) as number[]);
            return first + Number((BigInt(position) * BigInt(pages)) >> 32n);
          });
          expect(drawWrites(regions, count)).toEqual(expected);
        },
      ),
    );
  });

  test("a threshold is above the numbers below it only", () => {
    const [choice = 0] = foresee(3, 4);
    const second = [20, 1, 2 ** 32 - 1];
    expect(drawWrites([[10, 1, choice], second], 2)[0]).toBe(20);
    seed(3);
    expect(drawWrites([[10, 1, choice + 1], second], 2)[0]).toBe(10);
  });

  test("goes to regions in proportion and to their pages alike", () => {
    seed(0x1234567);
    const writes = drawWrites(
      [
        [0, 16, 2 ** 30],
        [1000, 1, 2 ** 30 + 2 ** 28],
        [2000, 64, 2 ** 32 - 1],
      ],
      OUT_COUNT,
    );
    const within = (count: number, share: number): void => {
      const sigma = Math.sqrt(OUT_COUNT * share * (1 - share));
      expect(Math.abs(count - OUT_COUNT * share)).toBeLessThan(5 * sigma);
    };
    const counts = new Map<number, number>();
    for (const page of writes) counts.set(page, (counts.get(page) ?? 0) + 1);
    expect(counts.size).toBe(81);
    for (let page = 0; page < 16; page++) within(counts.get(page) ?? 0, 1 / 64);
    within(counts.get(1000) ?? 0, 1 / 16);
    for (let page = 2000; page < 2064; page++) within(counts.get(page) ?? 0, 11 / 16 / 64);
  });
});

describe("storeWrites", () => {
  test.each([0, 500, 2 ** 32 - PAGES])(
    "writes eight bytes a page of the guest from %i",
    (firstPage) => {
      const page = fc
        .integer({ min: -2, max: PAGES + 1 })
        .map((index) => (firstPage + index) >>> 0);
      fc.assert(
        fc.property(fc.array(page, { maxLength: 100 }), fc.nat(), (list, number) => {
          const random = foresee(number, 4 * list.length);
          backends.prepare((memory) => memory.fill(0, GUEST, GUEST + PAGES * PAGE));
          const expected = new DataView(new ArrayBuffer(PAGES * PAGE));
          for (const [index, at] of list.entries()) {
            const [slot = 0, low = 0, high = 0] = random.slice(4 * index);
            if (at < firstPage || at >= firstPage + PAGES) continue;
            expected.setUint32((at - firstPage) * PAGE + 8 * (slot >>> 23), low, true);
            expected.setUint32((at - firstPage) * PAGE + 8 * (slot >>> 23) + 4, high, true);
          }
          backends.writeU32(OUT, list);
          backends.call((kernel) =>
            kernel.storeWrites(GUEST, firstPage, PAGES, OUT, list.length, STATE),
          );
          expect(equal(backends.read(GUEST, PAGES * PAGE), new Uint8Array(expected.buffer))).toBe(
            true,
          );
          backends.read(STATE, 64);
        }),
      );
    },
  );
});

describe("fillPages", () => {
  const steps = (PAGE / 16) * 2;

  test("with random bytes", () => {
    const random = foresee(9, 4 * steps);
    backends.call((kernel) => kernel.fillPages(GUEST, 2, 2, STATE));
    expect(backends.readU32(GUEST, 4 * steps)).toEqual(random);
  });

  test("with lines of the same 16 bytes four times", () => {
    const random = foresee(9, steps);
    backends.call((kernel) => kernel.fillPages(GUEST, 2, 1, STATE));
    const lines = Array.from({ length: steps / 4 }, (_, line) => {
      const content = random.slice(4 * line, 4 * line + 4);
      return [...content, ...content, ...content, ...content];
    });
    expect(backends.readU32(GUEST, 4 * steps)).toEqual(lines.flat());
  });

  test("with zeros, which takes no randomness", () => {
    seed(9);
    const before = backends.readU32(STATE, 16);
    backends.prepare((memory) => memory.fill(1, GUEST, GUEST + PAGES * PAGE));
    backends.call((kernel) => kernel.fillPages(GUEST, 2, 0, STATE));
    expect(backends.read(GUEST, 2 * PAGE).every((byte) => byte === 0)).toBe(true);
    expect(backends.read(GUEST + 2 * PAGE, PAGE).every((byte) => byte === 1)).toBe(true);
    expect(backends.readU32(STATE, 16)).toEqual(before);
  });
});
