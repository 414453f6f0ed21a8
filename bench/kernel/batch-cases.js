import { PAGE_SIZE } from "../../dist/units.js";
import { fillRandom } from "./contents.js";

/** @typedef {import("./layout.js").Case} Case */
/** @typedef {import("./layout.js").Ground} Ground */

/**
 * Batches of page records, as they cross the link.
 *
 * @param {number} pages - Pages a batch.
 * @returns {Case[]}
 */
export function batchCases(pages) {
  const work = { count: pages, unit: "pages", bytes: pages * PAGE_SIZE };
  return [
    {
      name: "batch-encode",
      pattern: "raw pages",
      work,
      lay: (ground) => ({ run: layBatch(ground, pages).encode }),
    },
    {
      name: "batch-apply",
      pattern: "raw pages",
      work,
      lay(ground) {
        const { encode, apply } = layBatch(ground, pages);
        encode();
        return { run: apply };
      },
    },
  ];
}

/** @param {Ground} ground @param {number} pages */
function layBatch({ kernel, base }, pages) {
  const batch = base + pages * PAGE_SIZE;
  fillRandom(kernel, base, pages, 9);
  const { exports, result, staging } = kernel;
  for (let page = 0; page < pages; page++) staging.view[page] = page;
  const list = staging.pointer;
  return {
    encode() {
      exports.batchEncode(base, 0, list, pages, batch, 2 ** 32 - 1, 0, 0, 0, 0, result.pointer);
    },
    apply() {
      exports.batchApply(batch, pages * (PAGE_SIZE + 8), base, 0, pages, result.pointer);
    },
  };
}
