import { expect, test } from "vitest";
import { WireBuffer } from "../../../src/qemu/wire-buffer.js";

test.each([
  ["u8", 1],
  ["u16", 2],
  ["u32", 4],
  ["u64", 8],
] as const)("%s goes on where the room ends", (kind, size) => {
  const out = new WireBuffer();
  const count = 3 * 4096;
  for (let value = 0; value < count; value++) out[kind](value % 251);
  expect(out.length).toBe(count * size);
  const bytes = out.take();
  expect(out.length).toBe(0);
  for (let value = 0; value < count; value++)
    expect(bytes[value * size + size - 1]).toBe(value % 251);
});

test("bytes, texts and large numbers are written one behind the other", () => {
  const out = new WireBuffer();
  out.u64(2 ** 52 + 1);
  out.shortText("pc.ram");
  out.bytes(new Uint8Array(5000).fill(7));
  out.u8(255);
  const bytes = Buffer.from(out.take());
  expect(bytes.readBigUInt64BE()).toBe(2n ** 52n + 1n);
  expect(bytes.subarray(8, 15).toString("latin1")).toBe("\x06pc.ram");
  expect(bytes.subarray(15, 5015).every((byte) => byte === 7)).toBe(true);
  expect(bytes[5015]).toBe(255);
  expect(() => out.shortText("x".repeat(256))).toThrow("at most 255");
});
