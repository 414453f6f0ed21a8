import { PAGE_SIZE } from "../../dist/units.js";

/**
 * Pages that stay in the second-level cache, and pages that do not fit any, walked a slice a run.
 *
 * @typedef {object} PageSizes
 * @property {number} cachedPages
 * @property {number} memoryPages
 * @property {number} slicePages
 */

/** @typedef {"L2" | "DRAM"} Where */

/**
 * Where the next run of any variant finds its pages: all share one walk, since who comes second to a slice
 * would find it in the cache.
 *
 * @param {Where} where
 * @param {PageSizes} sizes
 * @param {number} streams - Regions that are read side by side; together they are as large as one alone.
 */
export function createWalk(where, { cachedPages, memoryPages, slicePages }, streams = 1) {
  const all = (where === "L2" ? cachedPages : memoryPages) / streams;
  const pages = Math.min(where === "L2" ? all : slicePages / streams, all);
  let from = 0;
  return {
    /** Pages of a region. */
    all,
    /** Pages of a run. */
    pages,
    /** Offset in the region of this run's pages. */
    next() {
      const offset = from * PAGE_SIZE;
      from = (from + pages) % all;
      return offset;
    },
    /** Begins anew, so that two runs find the same pages. */
    rewind() {
      from = 0;
    },
  };
}

/**
 * @param {Where} where @param {number} pages
 * @param {number} streams
 * @returns {import("../result.js").Work}
 */
export function pageWork(where, pages, streams = 1) {
  const bytes = pages * PAGE_SIZE;
  return { count: pages, unit: "pages", bytes, reads: { where, bytes: bytes * streams } };
}
