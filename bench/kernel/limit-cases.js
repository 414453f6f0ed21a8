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
 * @returns {import("./ground.js").Case[]} Each of their variants is a result by itself.
 */
export function limitCases(sizes) {
  const one = (where, streams, lay) => ({
    name: "limits",
    pattern: where,
    work: pageWork(where, createWalk(where, sizes, streams).pages, streams),
    lay: (ground) => lay(ground, createWalk(where, sizes, streams)),
  });
  return /** @type {const} */ (["L2", "DRAM"]).flatMap((where) => [
    one(where, 1, layReads),
    one(where, 2, layPairs),
    one(where, 1, layFill),
  ]);
}

function layReads(ground, walk) {
  const { kernel, base } = ground;
  fillRandom(kernel, base, walk.all, 1);
  const bytes = walk.pages * PAGE_SIZE;
  return {
    variants: byNative(ground, READS, (read) => ({
      run: () => void read(base + walk.next(), bytes),
    })),
  };
}

/** Copying leaves the pages equal, as comparing needs them. */
function layPairs(ground, walk) {
  const { kernel, base } = ground;
  const other = base + walk.all * PAGE_SIZE;
  const out = kernel.staging.pointer;
  fillRandom(kernel, base, walk.all, 1);
  fillRandom(kernel, other, walk.all, 1);
  return {
    variants: {
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
    },
  };
}

function layFill(ground, walk) {
  const { base } = ground;
  return {
    variants: byNative(ground, { memset: "fillMemset" }, (fill) => ({
      run: () => void fill(base + walk.next(), walk.pages),
    })),
  };
}
