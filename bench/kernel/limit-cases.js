import { PAGE_SIZE } from "../../dist/units.js";
import { fillRandom } from "./contents.js";
import { byNative } from "./ground.js";
import { createWalk, pageWork } from "./slices.js";

const READS = {
  "read, 128 bits": "read128",
  "read, AVX2": "readAvx2",
  "read, AVX-512": "readAvx512",
};

/**
 * What one thread of the machine can do at all. No figure here is godwit's.
 *
 * @param {import("./slices.js").PageSizes} sizes
 * @returns {import("./ground.js").Case[]} One for each place; each of its variants is a result by itself.
 */
export function limitCases(sizes) {
  return /** @type {const} */ (["L2", "DRAM"]).map((where) => ({
    name: "limits",
    pattern: where,
    work: pageWork(where, createWalk(where, sizes, 2).pages),
    lay: (ground) => layLimits(ground, createWalk(where, sizes, 2)),
  }));
}

/** Every variant touches as many bytes as a copy reads, in the first or both halves of the same region. */
function layLimits(ground, walk) {
  const { kernel, base } = ground;
  const other = base + walk.all * PAGE_SIZE;
  const out = kernel.staging.pointer;
  fillRandom(kernel, base, walk.all, 1);
  fillRandom(kernel, other, walk.all, 1);
  const bytes = walk.pages * PAGE_SIZE;
  return {
    variants: {
      ...byNative(ground, READS, (read) => ({ run: () => void read(base + walk.next(), bytes) })),
      ...byNative(ground, { memcmp: "differingMemcmp" }, (compare) => ({
        run() {
          const offset = walk.next();
          compare(base + offset, other + offset, walk.pages, out);
        },
      })),
      ...byNative(ground, { memcpy: "copyMemcpy" }, (copy) => ({
        run() {
          const offset = walk.next();
          copy(other + offset, base + offset, walk.pages);
        },
      })),
      ...byNative(ground, { memset: "fillMemset" }, (fill) => ({
        run: () => void fill(other + walk.next(), walk.pages),
      })),
    },
  };
}
