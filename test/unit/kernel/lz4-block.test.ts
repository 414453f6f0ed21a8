import { describe, expect, test } from "vitest";
import { isGodwitError } from "../../../src/errors.js";
import { Lz4Block } from "../../../src/kernel/lz4-block.js";

const PAGE = 4096;
const MAX = 65_536;

/** Text that repeats itself now and then. */
function text(length: number): Uint8Array {
  const lines = Array.from({ length: length / 8 + 1 }, (_, n) => `line ${n * n} of ${n % 7}\n`);
  return new TextEncoder().encode(lines.join("")).subarray(0, length);
}

/** Bytes without a match of four. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("Lz4Block", () => {
  test.each([1, 12, 17, 100, PAGE, MAX])("brings %i bytes back", (length) => {
    const bytes = text(length);
    const block = Lz4Block.compress(bytes, { limit: 2 * MAX }) as Uint8Array;
    expect(Lz4Block.decompress(block, length)).toEqual(bytes);
  });

  test("makes blocks of the format", () => {
    const block = Lz4Block.compress(new TextEncoder().encode("ab".repeat(20)));
    const [a, b] = [0x61, 0x62];
    // "ab", then 33 bytes of what lies 2 before, then the last five.
    expect([...(block ?? [])]).toEqual([0x2f, a, b, 2, 0, 14, 0x50, b, a, b, a, b]);
  });

  test("is null where it does not pay, or where the limit is lower", () => {
    expect(Lz4Block.compress(noise(PAGE))).toBeNull();
    expect(Lz4Block.compress(Uint8Array.of(1))).toBeNull();
    const { length } = Lz4Block.compress(text(PAGE)) as Uint8Array;
    expect(Lz4Block.compress(text(PAGE), { limit: length })).toHaveLength(length);
    expect(Lz4Block.compress(text(PAGE), { limit: length - 1 })).toBeNull();
    expect(Lz4Block.compress(noise(MAX), { limit: MAX + 258 })).toHaveLength(MAX + 258);
  });

  test("finds less with more acceleration", () => {
    const sizes = [1, 8, 64].map(
      (acceleration) => Lz4Block.compress(text(PAGE), { acceleration, limit: MAX })?.length ?? 0,
    );
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(sizes[2]).toBeGreaterThan(sizes[0] as number);
  });

  test.each([
    ["bytes.length", () => Lz4Block.compress(new Uint8Array(0))],
    ["bytes.length", () => Lz4Block.compress(new Uint8Array(MAX + 1))],
    ["acceleration", () => Lz4Block.compress(text(PAGE), { acceleration: 0 })],
    ["acceleration", () => Lz4Block.compress(text(PAGE), { acceleration: 1.5 })],
    ["acceleration", () => Lz4Block.compress(text(PAGE), { acceleration: MAX + 1 })],
    ["limit", () => Lz4Block.compress(text(PAGE), { limit: 0 })],
    ["limit", () => Lz4Block.compress(text(PAGE), { limit: Number.NaN })],
    ["length", () => Lz4Block.decompress(Uint8Array.of(0), 0)],
    ["length", () => Lz4Block.decompress(Uint8Array.of(0), MAX + 1)],
    ["length", () => Lz4Block.decompress(Uint8Array.of(0), 2.5)],
  ])("refuses a %s out of range", (option, call) => {
    const error = errorOf(call);
    expect(isGodwitError(error, "InvalidOptionError") && error.option).toBe(option);
  });

  test.each([
    ["empty", new Uint8Array(0), 3],
    ["cut short", Uint8Array.of(0x30, 1, 2), 3],
    ["with an offset of 0", Uint8Array.of(0x10, 1, 0, 0, 0), 5],
    ["of fewer bytes", Uint8Array.of(0x20, 1, 2), 3],
    ["of more bytes", Uint8Array.of(0x40, 1, 2, 3, 4), 3],
    ["longer than any", new Uint8Array(6), 3],
    ["much longer than any", new Uint8Array(2 * MAX), MAX],
  ])("refuses a block %s", (_name, block, length) => {
    const error = errorOf(() => Lz4Block.decompress(block, length));
    expect(isGodwitError(error, "WireFormatError")).toBe(true);
  });
});
