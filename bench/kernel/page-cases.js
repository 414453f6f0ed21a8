import { PAGE_SIZE } from "../../dist/units.js";
import { fillRandom, fillZero } from "./contents.js";
import { byBuilds, byNative } from "./ground.js";
import { createWalk, pageWork } from "./slices.js";

/** @typedef {import("./ground.js").Case} Case */
/** @typedef {import("./ground.js").Ground} Ground */
/** @typedef {import("./slices.js").PageSizes} PageSizes */

const PLACES = /** @type {const} */ (["L2", "DRAM"]);

/**
 * Whole pages: what a sender does to each before it sends it.
 *
 * @param {PageSizes} sizes
 * @returns {Case[]}
 */
export function pageCases(sizes) {
  const one = (name, contents, streams, scan) =>
    PLACES.map((where) => ({
      name,
      pattern: `${contents}, ${where}`,
      work: pageWork(where, createWalk(where, sizes, streams).pages, streams),
      lay: (ground) => scan(ground, createWalk(where, sizes, streams)),
    }));
  return [
    ...one("zero-scan", "all zero", 1, (ground, walk) => layZeroScan(ground, walk, fillZero)),
    ...one("zero-scan", "first bytes differ", 1, (ground, walk) =>
      layZeroScan(ground, walk, (kernel, base, pages) => fillRandom(kernel, base, pages, 1)),
    ).map(withoutLimit),
    ...one("compare", "equal pages", 2, (ground, walk) => layCompare(ground, walk, () => {})),
    ...one("compare", "first bytes differ", 2, (ground, walk) =>
      layCompare(ground, walk, (page) => flip(page, 0)),
    ).map(withoutLimit),
    ...one("compare", "middle byte differs", 2, (ground, walk) =>
      layCompare(ground, walk, (page) => flip(page, PAGE_SIZE / 2)),
    ).map(withoutLimit),
    ...one("changed-runs", "1 byte", 2, (ground, walk) =>
      layRuns(ground, walk, (page) => flip(page, PAGE_SIZE / 2)),
    ),
  ];
}

/** Most of the pages is not read. */
function withoutLimit({ work: { reads: _, ...work }, ...rest }) {
  return { ...rest, work };
}

function layZeroScan(ground, walk, fill) {
  const { kernel, base } = ground;
  const out = kernel.staging.pointer;
  fill(kernel, base, walk.all);
  const references = {
    c: "zeroWords",
    "c-sse2": "zeroSse2",
    "c-avx2": "zeroAvx2",
    "c-avx512": "zeroAvx512",
  };
  return {
    variants: {
      ...byBuilds(ground, (exports) => ({
        run: () => void exports.zeroPages(base + walk.next(), walk.pages, out),
      })),
      ...byNative(ground, references, (scan) => ({
        run: () => void scan(base + walk.next(), 0, walk.pages, out),
      })),
    },
    reset: walk.rewind,
    answer: () => kernel.u8(out, Math.ceil(walk.pages / 64) * 8).slice(),
  };
}

function layCompare(ground, walk, change) {
  const { kernel, base } = ground;
  const out = kernel.staging.pointer;
  const other = layPairs(ground, walk, change);
  return {
    variants: {
      ...byBuilds(ground, (exports) => ({
        run() {
          const offset = walk.next();
          exports.differingPages(base + offset, other + offset, walk.pages, out);
        },
      })),
      ...byNative(ground, { memcmp: "differingMemcmp", "c-avx512": "differingAvx512" }, (scan) => ({
        run() {
          const offset = walk.next();
          scan(base + offset, other + offset, walk.pages, out);
        },
      })),
    },
    reset: walk.rewind,
    answer: () => kernel.u8(out, Math.ceil(walk.pages / 64) * 8).slice(),
  };
}

/** The masks say which bytes differ, and only the kernel turns them into ranges. */
function layRuns(ground, walk, change) {
  const { kernel, base } = ground;
  const out = kernel.staging.pointer;
  const other = layPairs(ground, walk, change);
  return {
    variants: {
      ...byBuilds(ground, (exports) => ({
        run() {
          const offset = walk.next();
          for (let at = offset; at !== offset + walk.pages * PAGE_SIZE; at += PAGE_SIZE) {
            exports.changedRuns(base + at, other + at, out);
          }
        },
      })),
      ...byNative(
        ground,
        { "c-avx2-masks": "masksAvx2", "c-avx512-masks": "masksAvx512" },
        (masks) => ({
          run() {
            const offset = walk.next();
            masks(base + offset, other + offset, walk.pages, out);
          },
        }),
      ),
    },
    reset: walk.rewind,
    answer: () => kernel.u8(out, 4).slice(),
    unlike: ["c-avx2-masks", "c-avx512-masks"],
  };
}

/** Pages and, behind all of them, what they were before each was changed. */
function layPairs({ kernel, base }, { all }, change) {
  const other = base + all * PAGE_SIZE;
  fillRandom(kernel, base, all, 1);
  fillRandom(kernel, other, all, 1);
  for (let page = 0; page < all; page++) change(kernel.u8(other + page * PAGE_SIZE, PAGE_SIZE));
  return other;
}

/** @param {Uint8Array} page @param {number} at */
function flip(page, at) {
  page[at] ^= 0x55;
}
