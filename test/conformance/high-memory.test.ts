// Holds every module to addresses that are negative as signed numbers.
import { describe, expect, test } from "vitest";
import { type Backend, createKernel, type Kernel } from "../../src/kernel/load.js";
import { BASE } from "./backends.js";

const PAGE = 4096;
const END = 2 ** 32;
const ALL_BYTES = END - BASE;

// Addresses from 2 GiB on are negative as signed numbers, and one past the last byte is 0. The twin in
// TypeScript has doubles for addresses; only the compiled builds can go wrong here.
describe.each<Backend>(["simd", "scalar"])("addresses above 2 GiB (%s)", (backend) => {
  // One memory of 4 GiB at a time is enough address space for a browser.
  let kernel: Kernel | undefined;
  function open(): Kernel {
    kernel ??= createKernel(ALL_BYTES, backend);
    return kernel;
  }

  test.each([
    ["just above 2 GiB", 2 ** 31 + 65_536],
    ["at the last byte", END - PAGE],
  ])("pages %s", (_name, page) => {
    const { exports, ...memory } = open();
    const old = 2 ** 31 - 8 * PAGE;
    const delta = 2 ** 31 + 32 * PAGE;
    const bytes = memory.u8(page, PAGE);
    bytes.fill(0);
    memory.u8(old, PAGE).fill(0);
    expect(exports.pageIsZero(page)).toBe(1);
    bytes[PAGE - 1] = 7;
    expect(exports.pageIsZero(page)).toBe(0);
    expect(exports.zeroPages(page, 1, delta)).toBe(0);
    expect(exports.differingPages(page, old, 1, delta)).toBe(1);
    const length = exports.deltaEncode(old, page, delta, PAGE);
    expect([...memory.u8(delta, length)]).toEqual([0xff, 0x1f, 1, 7]);
    expect(exports.deltaDecode(delta, length, old)).toBe(PAGE);
    expect(exports.differingPages(page, old, 1, delta)).toBe(0);
    exports.digestPages(page, 1, delta);
    exports.digestPages(old, 1, delta + 8);
    expect(memory.u8(delta, 8)).toEqual(memory.u8(delta + 8, 8));
  });

  test("a scattered delta of the last page, and one that ends with the memory", () => {
    const { exports, ...memory } = open();
    const [old, last, delta] = [2 ** 31 - 8 * PAGE, END - PAGE, 2 ** 31 + 32 * PAGE];
    memory.u8(old, PAGE).fill(1);
    memory.u8(last, PAGE).fill(1);
    for (let at = 7; at < PAGE; at += 11) memory.u8(last, PAGE)[at] = at & 255;
    memory.u8(last, PAGE)[PAGE - 1] = 9;
    const length = exports.deltaEncode(old, last, delta, PAGE);
    expect(length).toBeGreaterThan(1000);
    expect(exports.changedRuns(old, last, delta + 2 * PAGE)).toBe(
      memory.u8(last, PAGE).filter((byte) => byte !== 1).length,
    );
    const bytes = memory.u8(last, PAGE).slice();
    memory.u8(END - length, length).set(memory.u8(delta, length));
    expect(exports.deltaDecode(END - length, length, old)).toBe(PAGE);
    expect(memory.u8(old, PAGE)).toEqual(bytes);
    // And into the last page itself.
    memory.u8(last, PAGE).fill(1);
    expect(exports.deltaDecode(delta, length, last)).toBe(PAGE);
    expect(memory.u8(last, PAGE)).toEqual(bytes);
  });

  test.each([
    ["across 2 GiB", 2 ** 31 - 64],
    ["up to the last byte", END - 128],
  ])("bitmaps %s", (_name, bitmap) => {
    const { exports, ...memory } = open();
    const pages = 1024;
    const [other, list, result] = [BASE, BASE + 4096, BASE + 8192];
    memory.u8(bitmap, 128).fill(0);
    expect(exports.bitmapMarkRange(bitmap, 0, 3, pages)).toBe(pages - 3);
    expect(exports.bitmapCount(bitmap, 0, 0, pages)).toBe(pages - 3);
    expect(exports.bitmapNext(bitmap, 0, 0, pages)).toBe(3);
    expect(exports.bitmapPrevious(bitmap, 0, pages)).toBe(pages - 1);
    expect(exports.bitmapCountRuns(bitmap, 0, 0, pages)).toBe(1);
    expect(exports.bitmapList(bitmap, 0, pages - 2, pages, list, 5)).toBe(2);
    expect(exports.bitmapHarvest(bitmap, 0, other, 0, pages / 64)).toBe(pages - 3);
    exports.bitmapOr(bitmap, other, pages / 64);
    exports.roundTake(bitmap, 0, 0, 0, 0, 0, pages, 4104, 9, 4104, result);
    expect([...memory.f64(result, 3)]).toEqual([5, 0, 2]);
    expect(exports.bitmapClearRange(bitmap, 0, pages)).toBe(pages - 5);
    memory.u32(BASE + 12_288, 16).fill(0xffff_ffff);
    const drawn = exports.drawDirtySet(bitmap, 0, 0, pages, 2 ** 31, 0, BASE + 12_288);
    expect(drawn).toBe(exports.bitmapCount(bitmap, 0, 0, pages));
    expect(drawn).toBeGreaterThan(0);
    exports.bitmapMarkRange(bitmap, 0, 0, pages);
    exports.bitmapAndNot(bitmap, other, pages / 64);
    expect(exports.bitmapCount(bitmap, 0, 0, pages)).toBe(3);
    memory.u8(other, 128).fill(0);
  });

  test("a page list and a batch up to the last byte", () => {
    const { exports, ...memory } = open();
    const guest = 2 ** 31 + 1024 * PAGE;
    const [state, result] = [BASE, BASE + 64];
    memory.u32(state, 16).set(Array.from({ length: 16 }, (_, index) => index + 1));
    exports.drawWrites(END - 64, 16, state + 128, 1, state);
    expect(memory.u32(END - 64, 16)).toEqual(new Uint32Array(16));
    exports.storeWrites(guest, 0, 2, END - 64, 16, state);
    exports.batchEncode(guest, 0, END - 4, 1, 2 ** 31, 100_000, 0, 0, 0, 0, result);
    expect([...memory.f64(result, 6)]).toEqual([1, 0, 1, 0, 0, 4104]);
    memory.u8(END - 4104, 4104).set(memory.u8(2 ** 31, 4104));
    exports.batchApply(END - 4104, 4104, guest + PAGE, 0, 1, result);
    expect([...memory.f64(result, 5)]).toEqual([1, 0, 1, 0, -1]);
    expect(exports.differingPages(guest, guest + PAGE, 1, state + 256)).toBe(0);
    memory.u8(END - 4104, 4104).fill(0);
  });

  test.each([1, 65_536])("LZ4 up to the last byte, acceleration %i", (acceleration) => {
    const { exports, ...memory } = open();
    const [low, block] = [2 ** 31 - 64, 2 ** 31 + PAGE];
    const last = END - PAGE;
    for (let length = PAGE; length > PAGE - 40; length--) {
      const source = END - length;
      const bytes = memory.u8(source, length);
      for (let index = 0; index < length; index++) bytes[index] = (index * index) >> (index & 7);
      const size = exports.lz4Compress(source, length, block, 2 * PAGE, acceleration);
      expect(size).toBeGreaterThan(0);
      expect(exports.lz4Decompress(block, size, low, length)).toBe(length);
      expect(memory.u8(low, length)).toEqual(bytes);
      // The block ends with the memory, and then what it holds does.
      memory.u8(END - size, size).set(memory.u8(block, size));
      expect(exports.lz4Decompress(END - size, size, low, length)).toBe(length);
      const expected = memory.u8(low, length).slice();
      expect(exports.lz4Decompress(END - size, size - 1, low, length)).toBe(-1);
      expect(exports.lz4Decompress(block, size, source, length)).toBe(length);
      expect(bytes).toEqual(expected);
      expect(exports.lz4Decompress(block, size, source + 1, length - 1)).toBe(-1);
    }
    memory.u8(last, PAGE).fill(0);
  });
});
