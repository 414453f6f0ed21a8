import { describe, expect, test } from "vitest";
import { isGodwitError } from "../../../src/errors.js";
import { PageDelta } from "../../../src/kernel/page-delta.js";

const PAGE = 4096;

describe("PageDelta", () => {
  test("turns the old page into the new one", () => {
    const old = Uint8Array.from({ length: PAGE }, (_, index) => index & 255);
    const page = old.slice();
    page.set([9, 9, 9], 1000);
    const delta = PageDelta.encode(old, page);
    expect([...(delta ?? [])]).toEqual([0xe8, 7, 3, 9, 9, 9]);
    PageDelta.apply(old, delta as Uint8Array);
    expect(old).toEqual(page);
  });

  test("is empty for equal pages and null where it does not pay", () => {
    const old = new Uint8Array(PAGE);
    expect(PageDelta.encode(old, old)).toEqual(new Uint8Array(0));
    expect(PageDelta.encode(old, new Uint8Array(PAGE).fill(1))).toBeNull();
    PageDelta.apply(old, new Uint8Array(0));
    expect(old).toEqual(new Uint8Array(PAGE));
  });

  test.each([
    ["damaged in its second run", Uint8Array.of(0, 1, 5, 0, 1, 5)],
    ["longer than a page", new Uint8Array(PAGE + 1)],
  ])("a delta %s leaves the page as it was", (_name, delta) => {
    const page = new Uint8Array(PAGE);
    try {
      PageDelta.apply(page, delta);
      expect.unreachable();
    } catch (error) {
      expect(isGodwitError(error, "WireFormatError")).toBe(true);
    }
    expect(page).toEqual(new Uint8Array(PAGE));
  });

  test("takes whole pages only", () => {
    const page = new Uint8Array(PAGE);
    expect(() => PageDelta.encode(page, page.subarray(1))).toThrow("page.length: got 4095");
    expect(() => PageDelta.encode(page.subarray(1), page)).toThrow("old.length: got 4095");
    expect(() => PageDelta.apply(page.subarray(1), page)).toThrow("page.length: got 4095");
  });
});
