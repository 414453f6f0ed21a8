import { describe, expect, test } from "vitest";
import { isGodwitError } from "../../../src/errors.js";
import {
  type Backend,
  createKernel,
  fastestBackend,
  STAGING_U32,
} from "../../../src/kernel/load.js";

describe.each<Backend>(["simd", "scalar", "reference"])("createKernel (%s)", (backend) => {
  test("hands out zeroed, aligned, disjoint memory, and exactly as much as was asked for", () => {
    const kernel = createKernel(65_536, backend);
    expect(kernel.backend).toBe(backend);
    const first = kernel.allocate(24);
    const second = kernel.allocate(65_536 - 32);
    expect(first % 16).toBe(0);
    expect(second).toBe(first + 32);
    expect(kernel.u8(first, 24).every((byte) => byte === 0)).toBe(true);
    expect(() => kernel.allocate(1)).toThrow("godwit bug");
  });

  test("keeps to an alignment", () => {
    const kernel = createKernel(65_536, backend);
    kernel.allocate(1);
    expect(kernel.allocate(1, 4096) % 4096).toBe(0);
  });

  test("views see what the functions do", () => {
    const kernel = createKernel(0, backend);
    const { exports, staging } = kernel;
    expect(staging.view.length).toBe(STAGING_U32);
    exports.bitmapMark(staging.pointer, 0, 33);
    expect(staging.view[1]).toBe(2);
    expect(kernel.u8(staging.pointer, 8)[4]).toBe(2);
    kernel.f64(kernel.result.pointer, 1)[0] = 1.5;
    expect(kernel.result.view[0]).toBe(1.5);
    kernel.u32(kernel.state.pointer, 1)[0] = 7;
    expect(kernel.state.view[0]).toBe(7);
  });

  test.each([-1, Number.NaN, 2 ** 32])("refuses %f bytes", (bytes) => {
    expect(() => createKernel(bytes, backend)).toThrow("kernel memory: got");
  });
});

test("without a wish the kernel is the fastest that runs here", () => {
  expect(fastestBackend()).toBe("simd");
  expect(createKernel(16).backend).toBe("simd");
});

test("what cannot be reserved is the caller's situation", () => {
  const original = globalThis.ArrayBuffer;
  globalThis.ArrayBuffer = class {
    constructor() {
      throw new RangeError("Array buffer allocation failed");
    }
  } as unknown as ArrayBufferConstructor;
  try {
    createKernel(65_536, "reference");
    expect.unreachable();
  } catch (error) {
    expect(isGodwitError(error, "InvalidOptionError")).toBe(true);
    expect((error as Error).cause).toBeInstanceOf(RangeError);
  } finally {
    globalThis.ArrayBuffer = original;
  }
});
