import { createRequire } from "node:module";
import FastBitSet from "fastbitset";
import { createXXHash3 } from "hash-wasm";
import * as lz4 from "lz4-wasm-nodejs";
import createXxhash from "xxhash-wasm";
import { ROARING_FOLDER } from "./native/roaring.js";

/**
 * Packages from npm that do what the kernel does.
 *
 * @typedef {object} Peers
 * @property {typeof FastBitSet} FastBitSet
 * @property {any} RoaringBitmap - Null where its native part is not built.
 * @property {import("xxhash-wasm").XXHashAPI} xxhash
 * @property {import("hash-wasm").IHasher} xxh3
 * @property {typeof lz4} lz4
 */

/** @returns {Promise<Peers>} */
export async function loadPeers() {
  const [xxhash, xxh3] = await Promise.all([createXxhash(), createXXHash3()]);
  return { FastBitSet, RoaringBitmap: loadRoaring(), xxhash, xxh3, lz4 };
}

/** roaring is no dependency: installing it compiles C++ or downloads a program. */
function loadRoaring() {
  for (const folder of [import.meta.url, `${ROARING_FOLDER}/`]) {
    try {
      return createRequire(folder)("roaring").RoaringBitmap32;
    } catch {
      // Not here, or its native part is for another Node.
    }
  }
  return null;
}
