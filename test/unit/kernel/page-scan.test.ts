import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isGodwitError } from "../../../src/errors.js";
import { PageScan } from "../../../src/kernel/page-scan.js";
import { PageShard } from "../../../src/kernel/page-shard.js";

const PAGE = 4096;

/** The pages that bits name. */
function listed({ bits, count }: { bits: Uint8Array; count: number }): number[] {
  const pages = Array.from({ length: 8 * bits.length }, (_, page) => page).filter(
    (page) => (((bits[page >> 3] as number) >> (page & 7)) & 1) === 1,
  );
  expect(pages).toHaveLength(count);
  return pages;
}

const memories = {
  "an array of its own": (length: number) => new Uint8Array(length),
  "a view in the middle of another": (length: number) =>
    new Uint8Array(length + 20).subarray(7, 7 + length),
  "shared memory": (length: number) => new Uint8Array(new SharedArrayBuffer(length)),
};

describe.each(Object.entries(memories))("%s", (_name, create) => {
  test("is scanned page by page", () => {
    const pages = fc.integer({ min: 0, max: 70 });
    fc.assert(
      fc.property(pages, fc.array(fc.tuple(fc.nat(69), fc.nat(PAGE - 1))), (count, marks) => {
        const inside = marks.filter(([page]) => page < count);
        const bytes = create(count * PAGE);
        for (const [page, at] of inside) bytes[page * PAGE + at] = 1;
        const marked = new Set(inside.map(([page]) => page));
        const all = Array.from({ length: count }, (_, page) => page);
        const isMarked = (page: number): boolean => marked.has(page);
        expect(listed(PageScan.zeroPages(bytes))).toEqual(all.filter((page) => !isMarked(page)));
        const clear = new Uint8Array(count * PAGE);
        expect(listed(PageScan.differing(bytes, clear))).toEqual(all.filter(isMarked));
        expect(listed(PageScan.differing(clear, bytes))).toEqual(all.filter(isMarked));
        expect(listed(PageScan.differing(bytes, bytes.slice()))).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test("has the digests that a guest's memory has", () => {
    const shard = new PageShard(0, 21);
    shard.fill(
      2,
      19,
      "random",
      Uint32Array.from({ length: 16 }, (_, index) => index + 1),
    );
    const bytes = create(21 * PAGE);
    bytes.set(shard.bytes());
    expect(PageScan.digests(bytes)).toEqual(shard.digests());
    expect(new Set(PageScan.digests(bytes)).size).toBe(20);
  });
});

test("bytes that are not whole pages are refused", () => {
  const odd = new Uint8Array(PAGE + 1);
  const page = new Uint8Array(PAGE);
  const asked: [string, () => unknown][] = [
    ["bytes.length: got 4097", () => PageScan.zeroPages(odd)],
    ["bytes.length: got 4097", () => PageScan.digests(odd)],
    ["a.length: got 4097", () => PageScan.differing(odd, page)],
    ["b.length: got 4097", () => PageScan.differing(page, odd)],
    ["b.length: got 0, expected 4096", () => PageScan.differing(page, new Uint8Array(0))],
  ];
  for (const [message, ask] of asked) {
    try {
      ask();
      expect.unreachable();
    } catch (error) {
      expect(isGodwitError(error, "InvalidOptionError")).toBe(true);
      expect(String(error)).toContain(message);
    }
  }
});
