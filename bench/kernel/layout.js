import { createKernel } from "../../dist/kernel/load.js";
import { PAGE_SIZE } from "../../dist/units.js";

/** @typedef {import("../../dist/kernel/load.js").Kernel} Kernel */

/** The implementations that are compared; the twin in TypeScript is what the ratios are to. */
export const BACKENDS = /** @type {const} */ (["simd", "scalar", "reference"]);

/**
 * A kernel whose memory a case lays out as it likes from `base` on.
 *
 * @typedef {object} Ground
 * @property {Kernel} kernel
 * @property {number} base
 */

/**
 * One kernel of each kind.
 *
 * @param {number} bytes - Room for the largest case.
 * @param {number} allocatable - Room for what allocates for itself.
 * @returns {Ground[]}
 */
export function createGrounds(bytes, allocatable) {
  return BACKENDS.map((backend) => {
    const kernel = createKernel(bytes + PAGE_SIZE + allocatable, backend);
    return { kernel, base: kernel.allocate(bytes, PAGE_SIZE) };
  });
}

/**
 * One comparison of the kernels.
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {string} pattern
 * @property {import("../result.js").Work} work
 * @property {boolean} [hasTwin] - Whether the twin takes part; false where it would take minutes.
 * @property {(ground: Ground) => { run: () => void, before?: () => void }} lay - Lays out a kernel's memory.
 */
