import { readFileSync } from "node:fs";
import { createKernel } from "../../dist/kernel/load.js";
import { createReferenceExports } from "../../dist/kernel/reference/index.js";
import { PAGE_SIZE } from "../../dist/units.js";
import { useClock } from "../cpu-clock.js";

/** @typedef {import("../../dist/kernel/load.js").Kernel} Kernel */
/** @typedef {import("../../dist/kernel/exports.js").KernelExports} KernelExports */
/** @typedef {import("../interleave.js").Work} Work */

/** The implementations of the kernel by the names they have in results. */
export const BUILDS = /** @type {const} */ (["simd", "scalar", "typescript"]);

const SCALAR = new URL("../../build/kernel.scalar.wasm", import.meta.url);
/** A memory's first home: instances that never run at the same time may share it. */
const HOME = 4096;

/**
 * One memory for everybody who is compared, so that nobody has the better pages: each build of the kernel,
 * the twin in TypeScript and, where it is built, native code. A case lays it out as it likes from `base` on.
 *
 * @typedef {object} Ground
 * @property {Kernel} kernel - The SIMD build and its memory.
 * @property {number} base
 * @property {Readonly<Record<string, Kernel>>} kernels - One for each build, over the same memory.
 * @property {import("../native/load.js").Native | null} native
 * @property {import("../peers.js").Peers} peers
 */

/**
 * @param {number} bytes - Room for the largest case.
 * @param {number} allocatable - Room for what allocates for itself.
 * @param {{ native: Ground["native"], peers: Ground["peers"] }} others
 * @returns {Ground}
 */
export function createGround(bytes, allocatable, { native, peers }) {
  const kernel = createKernel(bytes + PAGE_SIZE + allocatable, "simd");
  const { buffer } = kernel;
  const { memory } = kernel.parts;
  const scalar = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(SCALAR)), {
    env: { memory },
    memory: { home: HOME },
  });
  if (native) {
    native.attach(buffer);
    useClock(native.cpuMilliseconds);
  }
  const kernels = {
    simd: kernel,
    scalar: { ...kernel, exports: scalar.exports },
    typescript: { ...kernel, exports: createReferenceExports(buffer) },
  };
  return { kernel, base: kernel.allocate(bytes, PAGE_SIZE), kernels, native, peers };
}

/**
 * The same work by every build.
 *
 * @param {Ground} ground
 * @param {(exports: KernelExports, kernel: Kernel) => Work} work
 * @param {readonly string[]} builds - Fewer where the twin would take minutes.
 */
export function byBuilds({ kernels }, work, builds = BUILDS) {
  return Object.fromEntries(
    builds.map((name) => [name, work(kernels[name].exports, kernels[name])]),
  );
}

/** Builds that take part where pages are many. */
export const WITHOUT_TWIN = BUILDS.filter((name) => name !== "typescript");

/**
 * The same work by native code, as far as the machine has it.
 *
 * @param {Ground} ground
 * @param {Readonly<Record<string, string>>} references - What it is called in results, and in the addon.
 * @param {(reference: (...args: number[]) => number) => Work} work
 */
export function byNative({ native }, references, work) {
  const there = Object.entries(references).filter(([, name]) => native?.references[name]);
  return Object.fromEntries(there.map(([name, symbol]) => [name, work(native.references[symbol])]));
}

/**
 * One comparison.
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {string} pattern
 * @property {import("../result.js").Work} work
 * @property {(ground: Ground) => Laid} lay - Lays out the memory.
 *
 * @typedef {object} Laid
 * @property {Readonly<Record<string, Work>>} variants - `simd` is what the others are compared with.
 * @property {() => void} [reset] - Undoes what a run did, where a second one would find its work done.
 * @property {(name: string) => Uint8Array} [answer] - What a variant's run left; the same for all.
 * @property {readonly string[]} [unlike] - Variants that rightly answer something else.
 * @property {(name: string) => number} [size] - Bytes a variant's run made.
 */
