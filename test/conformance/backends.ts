import { expect } from "vitest";
import type { KernelExports, Pointer } from "../../src/kernel/exports.js";
import { type Backend, createKernel, type Kernel, sharingObstacle } from "../../src/kernel/load.js";

/** Every implementation of the kernel. */
export const BACKENDS: readonly Backend[] = ["simd", "scalar", "reference"];

/** Where the memory begins that a test may lay out as it likes; the 256 KiB before are the kernel's and the wrappers'. */
export const BASE: Pointer = 262_144;

/** Kernels of one layout, which must never be seen to differ: one of each backend, and one over shared memory. */
export class Backends {
  readonly kernels: readonly Kernel[];

  constructor(bytes: number) {
    const shared =
      sharingObstacle() === null ? [createKernel(bytes, "simd", { shared: true })] : [];
    this.kernels = [...BACKENDS.map((backend) => createKernel(bytes, backend)), ...shared];
  }

  /** Does the same to the memory of each. */
  prepare(change: (memory: Uint8Array, kernel: Kernel) => void): void {
    for (const kernel of this.kernels) change(new Uint8Array(kernel.buffer), kernel);
  }

  /** Writes page numbers or a random state. */
  writeU32(pointer: Pointer, numbers: ArrayLike<number>): void {
    for (const kernel of this.kernels) kernel.u32(pointer, numbers.length).set(numbers);
  }

  /** Makes a bitmap of `bytes` bytes hold exactly these pages. */
  writeBitmap(pointer: Pointer, bytes: number, pages: Iterable<number>): void {
    const bits = new Uint8Array(bytes);
    for (const page of pages) (bits[page >> 3] as number) |= 1 << (page & 7);
    for (const kernel of this.kernels) kernel.u8(pointer, bytes).set(bits);
  }

  /** Calls each, and expects one answer; that answer. */
  call<T>(run: (exports: KernelExports) => T): T {
    const [first, ...others] = this.kernels.map((kernel) => run(kernel.exports));
    for (const other of others) expect(other).toEqual(first);
    return first as T;
  }

  /** Expects the same bytes in each; those bytes. */
  read(pointer: Pointer, length: number): Uint8Array {
    const [first, ...others] = this.kernels.map((kernel) => kernel.u8(pointer, length).slice());
    for (const other of others) expect(equal(first as Uint8Array, other)).toBe(true);
    return first as Uint8Array;
  }

  readU32(pointer: Pointer, count: number): number[] {
    return [...new Uint32Array(this.read(pointer, 4 * count).buffer)];
  }

  readF64(pointer: Pointer, count: number): number[] {
    return [...new Float64Array(this.read(pointer, 8 * count).buffer)];
  }

  /** The pages that a bitmap of `bytes` bytes holds. */
  readBitmap(pointer: Pointer, bytes: number): number[] {
    return pagesOf(this.read(pointer, bytes));
  }
}

/** Whether two byte arrays are the same; far quicker than a deep comparison. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function pagesOf(bits: Uint8Array): number[] {
  const pages: number[] = [];
  for (let page = 0; page < 8 * bits.length; page++) {
    if (((bits[page >> 3] as number) >> (page & 7)) & 1) pages.push(page);
  }
  return pages;
}
