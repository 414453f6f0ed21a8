// Holds page-delta.ts and copy.ts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BASE, Backends, equal } from "./backends.js";
import { PAGE, pagePair } from "./page-pairs.js";

const OLD = BASE;
const CANARY = 64;
const NEW = OLD + PAGE + CANARY;
const DELTA = NEW + PAGE + CANARY;
const LONGEST = 8192;
const backends = new Backends(DELTA + LONGEST + CANARY);

/** The format once more, as plainly as can be. */
function encodePlainly(old: Uint8Array, page: Uint8Array): number[] {
  const delta: number[] = [];
  const length = (n: number): number[] => (n < 128 ? [n] : [128 + (n % 128), Math.floor(n / 128)]);
  let at = 0;
  while (at < PAGE) {
    const start = page.findIndex((byte, index) => index >= at && byte !== old[index]);
    if (start < 0) break;
    const same = page.findIndex((byte, index) => index > start && byte === old[index]);
    const end = same < 0 ? PAGE : same;
    delta.push(...length(start - at), ...length(end - start), ...page.subarray(start, end));
    at = end;
  }
  return delta;
}

/** Page after the delta, or null when it is damaged. */
function decodePlainly(delta: Uint8Array, old: Uint8Array): Uint8Array | null {
  const page = old.slice();
  let at = 0;
  let position = 0;
  const length = (): number => {
    const low = delta[at++] ?? Number.NaN;
    if (!(low >= 128)) return low;
    const high = delta[at++] ?? Number.NaN;
    return high < 128 ? low - 128 + 128 * high : Number.NaN;
  };
  while (at < delta.length) {
    const isFirst = at === 0;
    const kept = length();
    const count = length();
    if (Number.isNaN(kept + count) || count === 0 || (kept === 0 && !isFirst)) return null;
    if (position + kept + count > PAGE || at + count > delta.length) return null;
    page.set(delta.subarray(at, at + count), position + kept);
    position += kept + count;
    at += count;
  }
  return page;
}

function place(old: Uint8Array, page: Uint8Array): void {
  backends.prepare((memory) => {
    memory.fill(0xc5, OLD, DELTA + LONGEST + CANARY);
    memory.set(old, OLD);
    memory.set(page, NEW);
  });
}

/** Decodes over the old page; the position and the page. */
function decode(delta: Uint8Array, old: Uint8Array): { position: number; page: Uint8Array } {
  place(old, old);
  backends.prepare((memory) => memory.set(delta, DELTA));
  const position = backends.call((kernel) => kernel.deltaDecode(DELTA, delta.length, NEW));
  const around = [NEW - CANARY, NEW + PAGE].flatMap((at) => [...backends.read(at, CANARY)]);
  expect(around.every((byte) => byte === 0xc5)).toBe(true);
  return { position, page: backends.read(NEW, PAGE) };
}

describe("deltaEncode", () => {
  test("gives maximal runs and decodes to the new page", () => {
    fc.assert(
      fc.property(pagePair, ([old, page]) => {
        place(old, page);
        const expected = encodePlainly(old, page);
        const length = backends.call((kernel) => kernel.deltaEncode(OLD, NEW, DELTA, LONGEST - 16));
        expect(length).toBe(expected.length);
        const delta = backends.read(DELTA, length);
        expect(equal(delta, Uint8Array.from(expected))).toBe(true);
        expect(equal(backends.read(OLD, PAGE), old)).toBe(true);
        expect(equal(backends.read(NEW, PAGE), page)).toBe(true);
        expect(equal(decode(delta, old).page, page)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("says -1 exactly when the limit is too low, and writes no more than 16 bytes past it", () => {
    fc.assert(
      fc.property(pagePair, fc.integer({ min: -3, max: 3 }), ([old, page], slack) => {
        place(old, page);
        const length = encodePlainly(old, page).length;
        const limit = Math.max(0, length + slack);
        const answer = backends.call((kernel) => kernel.deltaEncode(OLD, NEW, DELTA, limit));
        // QEMU looks for room of two bytes before it sees that only equal ones follow.
        const needed = old.at(-1) === page.at(-1) ? length + 2 : length;
        expect(answer).toBe(needed > limit ? -1 : length);
        for (const kernel of backends.kernels) {
          const behind = kernel.u8(DELTA + limit + 16, 32);
          expect(behind.every((byte) => byte === 0xc5)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["equal pages", [], []],
    ["one byte", [[5, 9]], [5, 1, 9]],
    ["the first byte", [[0, 9]], [0, 1, 9]],
    ["the last byte", [[4095, 9]], [0xff, 0x1f, 1, 9]],
    [
      "two bytes apart",
      [
        [130, 1],
        [132, 2],
      ],
      [0x82, 1, 1, 1, 1, 1, 2],
    ],
  ] as [string, [number, number][], number[]][])("%s", (_name, bytes, delta) => {
    const page = new Uint8Array(PAGE);
    for (const [at, value] of bytes) page[at] = value;
    place(new Uint8Array(PAGE), page);
    expect(backends.call((kernel) => kernel.deltaEncode(OLD, NEW, DELTA, PAGE))).toBe(delta.length);
    expect([...backends.read(DELTA, delta.length)]).toEqual(delta);
  });

  test("a page that changed throughout", () => {
    place(new Uint8Array(PAGE), new Uint8Array(PAGE).fill(7));
    expect(backends.call((kernel) => kernel.deltaEncode(OLD, NEW, DELTA, PAGE))).toBe(-1);
    expect(backends.call((kernel) => kernel.deltaEncode(OLD, NEW, DELTA, PAGE + 3))).toBe(PAGE + 3);
    expect([...backends.read(DELTA, 4)]).toEqual([0, 0x80, 0x20, 7]);
  });
});

describe("deltaDecode", () => {
  test("agrees with the plain decoder on damaged deltas and stays in its page", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(pagePair, damage, fc.nat(), fc.boolean(), ([old, page], hits, cut, truncate) => {
        const delta = Uint8Array.from(encodePlainly(old, page));
        for (const [at, value] of hits) if (delta.length > 0) delta[at % delta.length] = value;
        const sent = truncate ? delta.subarray(0, cut % (delta.length + 1)) : delta;
        const expected = decodePlainly(sent.subarray(0, LONGEST), old);
        const { position, page: decoded } = decode(sent.subarray(0, LONGEST), old);
        expect(position < 0).toBe(expected === null);
        if (expected !== null) expect(equal(decoded, expected)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("agrees with the plain decoder on any bytes", () => {
    const bytes = fc.array(fc.oneof(fc.nat(8), fc.nat(255)), { maxLength: 40 });
    fc.assert(
      fc.property(bytes, (numbers) => {
        const delta = Uint8Array.from(numbers);
        const old = new Uint8Array(PAGE).fill(0x11);
        const expected = decodePlainly(delta, old);
        const { position, page } = decode(delta, old);
        expect(position < 0).toBe(expected === null);
        if (expected !== null) expect(equal(page, expected)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["nothing", [], 0],
    ["up to the page's end", [0xff, 0x1f, 1, 9], PAGE],
    ["one byte past the page's end", [0xff, 0x1f, 2, 9, 9], -1],
    ["an empty run of changed bytes", [5, 0], -1],
    ["an empty run of equal bytes after the first", [0, 1, 9, 0, 1, 9], -1],
    ["a length without its run", [5], -1],
    ["a length cut in two", [5, 0x81], -1],
    ["a length of three bytes", [0x81, 0x81, 0, 1, 9], -1],
    ["a run cut short", [5, 3, 1, 2], -1],
    ["a length in two bytes that would fit one", [0x85, 0, 1, 9], 6],
  ] as [string, number[], number][])("%s", (_name, delta, position) => {
    const decoded = decode(Uint8Array.from(delta), new Uint8Array(PAGE));
    expect(decoded.position).toBe(position);
  });
});
