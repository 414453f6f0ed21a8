import { PAGE_SIZE } from "../../dist/units.js";
import { fillRandom } from "./contents.js";
import { byBuilds, byNative } from "./ground.js";
import { createWalk, pageWork } from "./slices.js";

const NATIVE = {
  "c-xxh64": "xxh64Sse2",
  "c-sse2": "xxh3Sse2",
  "c-avx2": "xxh3Avx2",
  "c-avx512": "xxh3Avx512",
};
/** The kernel's digest is XXH3; these are what else is in use, and answer something else. */
const XXH64 = ["c-xxh64", "xxhash-wasm"];

/**
 * Digests of pages, beside native xxHash and packages.
 *
 * @param {import("./slices.js").PageSizes} sizes
 * @returns {import("./ground.js").Case[]}
 */
export function digestCases(sizes) {
  return /** @type {const} */ (["L2", "DRAM"]).map((where) => ({
    name: "digest",
    pattern: `random pages, ${where}`,
    work: pageWork(where, createWalk(where, sizes).pages),
    lay: (ground) => layDigest(ground, createWalk(where, sizes)),
  }));
}

function layDigest(ground, walk) {
  const { kernel, base, peers } = ground;
  const out = kernel.staging.pointer;
  fillRandom(kernel, base, walk.all, 1);
  const digests = new BigUint64Array(kernel.buffer, out, walk.pages);
  return {
    variants: {
      ...byBuilds(ground, (exports) => ({
        run: () => void exports.digestPages(base + walk.next(), walk.pages, out),
      })),
      ...byNative(ground, NATIVE, (digest) => ({
        run: () => void digest(base + walk.next(), walk.pages, out),
      })),
      "xxhash-wasm": { run: () => eachPage(peers.xxhash.h64Raw) },
      "hash-wasm": { run: () => eachPage(xxh3) },
    },
    reset: walk.rewind,
    answer: () => kernel.u8(out, walk.pages * 8).slice(),
    unlike: XXH64,
  };

  /** @param {(page: Uint8Array) => bigint} digest */
  function eachPage(digest) {
    const offset = base + walk.next();
    for (let page = 0; page < walk.pages; page++) {
      digests[page] = digest(kernel.u8(offset + page * PAGE_SIZE, PAGE_SIZE));
    }
  }

  /** hash-wasm answers big-endian bytes. */
  function xxh3(page) {
    const bytes = peers.xxh3.init().update(page).digest("binary");
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  }
}
