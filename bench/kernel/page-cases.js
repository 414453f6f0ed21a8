import { PAGE_SIZE } from "../../dist/units.js";
import { fillRandom, fillZero } from "./contents.js";

/** @typedef {import("./layout.js").Case} Case */
/** @typedef {import("./layout.js").Ground} Ground */

/**
 * Whole pages: what a sender does to each before it sends it.
 *
 * @param {{ cachedPages: number, memoryPages: number, slicePages: number }} size - Pages that stay in the
 *   cache; pages that do not fit any, walked a slice a run.
 * @returns {Case[]}
 */
export function pageCases(size) {
  // What is compared comes in pairs, which have to fit where single pages do.
  const pairs = { ...size, cachedPages: size.cachedPages / 2, memoryPages: size.memoryPages / 2 };
  return [
    ...scanCases("zero-scan", "zero pages", size, layZeroScan),
    ...scanCases("compare", "equal pages", pairs, layCompare),
    ...scanCases("digest", "random pages", size, layDigest),
  ];
}

/**
 * @param {string} name @param {string} pages
 * @param {{ cachedPages: number, memoryPages: number, slicePages: number }} size
 * @param {(ground: Ground, pages: number) => (from: number, pages: number) => void} lay
 * @returns {Case[]}
 */
function scanCases(name, pages, { cachedPages, memoryPages, slicePages }, lay) {
  const cold = Math.min(slicePages, memoryPages);
  return [
    {
      name,
      pattern: `${pages}, in cache`,
      work: workOf(cachedPages),
      lay(ground) {
        const scan = lay(ground, cachedPages);
        return { run: () => scan(0, cachedPages) };
      },
    },
    {
      name,
      pattern: `${pages}, in memory`,
      work: workOf(cold),
      lay(ground) {
        const scan = lay(ground, memoryPages);
        let from = 0;
        return {
          run() {
            scan(from, cold);
            from = (from + cold) % memoryPages;
          },
        };
      },
    },
  ];
}

/** @param {number} pages */
function workOf(pages) {
  return { count: pages, unit: "pages", bytes: pages * PAGE_SIZE };
}

/** @param {Ground} ground @param {number} pages */
function layZeroScan({ kernel, base }, pages) {
  fillZero(kernel, base, pages);
  const { exports, staging } = kernel;
  return (/** @type {number} */ from, /** @type {number} */ count) => {
    exports.zeroPages(base + from * PAGE_SIZE, count, staging.pointer);
  };
}

/** @param {Ground} ground @param {number} pages */
function layCompare({ kernel, base }, pages) {
  const other = base + pages * PAGE_SIZE;
  fillRandom(kernel, base, pages, 1);
  fillRandom(kernel, other, pages, 1);
  const { exports, staging } = kernel;
  return (/** @type {number} */ from, /** @type {number} */ count) => {
    const offset = from * PAGE_SIZE;
    exports.differingPages(base + offset, other + offset, count, staging.pointer);
  };
}

/** @param {Ground} ground @param {number} pages */
function layDigest({ kernel, base }, pages) {
  fillRandom(kernel, base, pages, 1);
  const { exports, staging } = kernel;
  return (/** @type {number} */ from, /** @type {number} */ count) => {
    exports.digestPages(base + from * PAGE_SIZE, count, staging.pointer);
  };
}
