import { PAGE_SIZE } from "../../dist/units.js";
import { fillRandom } from "./contents.js";
import { byBuilds } from "./ground.js";

/** @typedef {import("./ground.js").Case} Case */
/** @typedef {import("./ground.js").Ground} Ground */

/**
 * Batches of page records, as they cross the link.
 *
 * @param {number} pages - Pages a batch.
 * @returns {Case[]}
 */
export function batchCases(pages) {
  const work = { count: pages, unit: "pages", bytes: pages * PAGE_SIZE };
  const pattern = "raw pages, L2";
  return [
    { name: "batch-encode", pattern, work, lay: (ground) => layBatch(ground, pages, "encode") },
    { name: "batch-apply", pattern, work, lay: (ground) => layBatch(ground, pages, "apply") },
  ];
}

/** @param {Ground} ground @param {number} pages @param {"encode" | "apply"} step */
function layBatch(ground, pages, step) {
  const { kernel, base } = ground;
  const batch = base + pages * PAGE_SIZE;
  const bytes = pages * (PAGE_SIZE + 8);
  fillRandom(kernel, base, pages, 9);
  const { result, staging } = kernel;
  for (let page = 0; page < pages; page++) staging.view[page] = page;
  const list = staging.pointer;
  const steps = (exports) => ({
    encode() {
      exports.batchEncode(base, 0, list, pages, batch, 2 ** 32 - 1, 0, 0, 0, 0, result.pointer);
    },
    apply: () => exports.batchApply(batch, bytes, base, 0, pages, result.pointer),
  });
  steps(kernel.exports).encode();
  return {
    variants: byBuilds(ground, (exports) => ({ run: steps(exports)[step] })),
    answer: () => kernel.u8(base, pages * PAGE_SIZE + bytes).slice(),
  };
}
