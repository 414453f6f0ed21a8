import { PAGE_SIZE } from "../../dist/units.js";
import { Random } from "../../dist/world/random.js";

/** @typedef {import("../../dist/kernel/load.js").Kernel} Kernel */

const ZERO = 0;
const RANDOM = 2;
/** Pages that a bit of a summary stands for. */
const BLOCK_PAGES = 4096;

/**
 * Fills pages with random bytes, the same for the same seed in every kernel.
 *
 * @param {Kernel} kernel @param {number} base @param {number} pages @param {number} seed
 */
export function fillRandom(kernel, base, pages, seed) {
  kernel.state.view.set(new Random(seed).state);
  kernel.exports.fillPages(base, pages, RANDOM, kernel.state.pointer);
}

/**
 * Writes zeros. Memory that was never written is one page of the system's, read over and over from the
 * cache, which would flatter a scan.
 *
 * @param {Kernel} kernel @param {number} base @param {number} pages
 */
export function fillZero(kernel, base, pages) {
  kernel.u8(base, pages * PAGE_SIZE).fill(0xff);
  kernel.exports.fillPages(base, pages, ZERO, kernel.state.pointer);
}

/**
 * Random page numbers below a bound, unsorted, with repetitions.
 *
 * @param {number} count @param {number} below
 */
export function randomPages(count, below) {
  const random = new Random(7);
  return Uint32Array.from({ length: count }, () => random.nextBelow(below));
}

/**
 * Marks each page of an empty bitmap with a probability.
 *
 * @param {Kernel} kernel @param {number} bitmap @param {number} pages - A multiple of 128.
 * @param {number} density - Below 1, in steps of 2^-32; 1 marks every page.
 * @param {number} seed
 */
export function markRandomly(kernel, bitmap, pages, density, seed = 11) {
  if (density === 1) {
    kernel.u8(bitmap, pages / 8).fill(0xff);
    return;
  }
  kernel.u8(bitmap, pages / 8).fill(0);
  kernel.state.view.set(new Random(seed).state);
  const high = Math.floor(density * 2 ** 32);
  kernel.exports.drawDirtySet(bitmap, 0, 0, pages, high, 0, kernel.state.pointer);
}

/**
 * Writes the summary of a bitmap where a DirtyBitmap has it: behind the bits.
 *
 * @param {Kernel} kernel @param {number} bitmap @param {number} pages - A multiple of 128.
 */
export function summarize(kernel, bitmap, pages) {
  const blocks = new Uint8Array(Math.ceil(pages / BLOCK_PAGES / 8));
  for (let from = 0; from < pages; from += BLOCK_PAGES) {
    const to = Math.min(from + BLOCK_PAGES, pages);
    const block = from / BLOCK_PAGES;
    if (kernel.exports.bitmapNext(bitmap, 0, from, to) < to) blocks[block >> 3] |= 1 << (block & 7);
  }
  kernel.u8(bitmap + pages / 8, blocks.length).set(blocks);
}
