import { fillZero, markRandomly, randomPages } from "./contents.js";

/** @typedef {import("./layout.js").Case} Case */
/** @typedef {import("./layout.js").Ground} Ground */

const DENSITIES = [0.001, 0.1, 0.9];
/** Pages whose marks are listed a call: 4 KiB of bitmap, as much as a caller asks for. */
const LISTED_PAGES = 32_768;

/**
 * Dirty bitmaps: those that stay in the cache by every build, those of large guests without the twin.
 *
 * @param {{ guestPages: number, largePages: number, marks: number }} size
 * @returns {Case[]}
 */
export function bitmapCases({ guestPages, largePages, marks }) {
  const cases = [guestPages, largePages].flatMap((pages) => {
    const hasTwin = pages === guestPages;
    const one = (/** @type {string} */ name, /** @type {number} */ density, lay) => ({
      name,
      pattern: `${pages} pages, density ${density}`,
      work: { count: pages, unit: "pages" },
      hasTwin,
      lay: (/** @type {Ground} */ ground) => lay(ground, pages, density),
    });
    const markList = {
      name: "bitmap-mark-list",
      pattern: `random ones of ${pages} pages`,
      work: { count: marks, unit: "marks" },
      hasTwin,
      lay: (/** @type {Ground} */ ground) => layMarkList(ground, pages, marks),
    };
    return [
      markList,
      ...DENSITIES.flatMap((density) => [
        one("bitmap-count", density, layCount),
        one("bitmap-harvest", density, layHarvest),
        one("bitmap-list", density, layList),
      ]),
    ];
  });
  return cases.sort((a, b) => a.name.localeCompare(b.name));
}

/** @param {Ground} ground @param {number} pages @param {number} marks */
function layMarkList({ kernel, base }, pages, marks) {
  const list = base + pages / 8;
  kernel.u8(base, pages / 8).fill(0);
  kernel.u32(list, marks).set(randomPages(marks, pages));
  return { run: () => void kernel.exports.bitmapMarkList(base, list, marks) };
}

/** @param {Ground} ground @param {number} pages @param {number} density */
function layCount({ kernel, base }, pages, density) {
  markRandomly(kernel, base, pages, density);
  return { run: () => void kernel.exports.bitmapCount(base, 0, pages) };
}

/** @param {Ground} ground @param {number} pages @param {number} density */
function layHarvest({ kernel, base }, pages, density) {
  const bytes = pages / 8;
  const [log, into, template] = [base, base + bytes, base + 2 * bytes];
  fillZero(kernel, into, Math.ceil(bytes / 4096));
  markRandomly(kernel, template, pages, density);
  const drawn = kernel.u8(template, bytes);
  return {
    before() {
      kernel.u8(log, bytes).set(drawn);
      kernel.u8(into, bytes).fill(0);
    },
    run: () => void kernel.exports.bitmapHarvest(log, into, bytes / 8),
  };
}

/** @param {Ground} ground @param {number} pages @param {number} density */
function layList({ kernel, base }, pages, density) {
  markRandomly(kernel, base, pages, density);
  const out = base + pages / 8;
  return {
    run() {
      for (let from = 0; from < pages; from += LISTED_PAGES) {
        const to = Math.min(from + LISTED_PAGES, pages);
        kernel.exports.bitmapList(base, from, to, out, LISTED_PAGES);
      }
    },
  };
}
