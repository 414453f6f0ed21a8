import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";
import { PAGE_SIZE } from "../../dist/units.js";
import { fillRandom } from "./contents.js";
import { byBuilds, byNative } from "./ground.js";

/** @typedef {import("./ground.js").Case} Case */

/** Room of one compressed page with what a compressor may write behind it. */
const BLOCK_ROOM = 2 * PAGE_SIZE;
const ACCELERATION = 1;
const FIXTURE = new URL("../../fixtures/kv-store/base.ram.gz", import.meta.url);

/** What guests have in their pages. */
const CONTENTS = {
  /** Of a recorded guest, but for pages that are zero. */
  heap: () => nonZeroPages(gunzipSync(readFileSync(FIXTURE))),
  ELF: () => readFileSync(process.execPath).subarray(2 ** 24),
  text: () => readFileSync(createRequire(import.meta.url).resolve("typescript")),
};

/**
 * Compressed pages, each a block that stands alone.
 *
 * @param {number} pages
 * @returns {Case[]}
 */
export function lz4Cases(pages) {
  const work = { count: pages, unit: "pages", bytes: pages * PAGE_SIZE };
  const patterns = [...Object.keys(CONTENTS), "incompressible"];
  return [
    ["lz4-compress", layCompress],
    ["lz4-decompress", layDecompress],
  ].flatMap(([name, lay]) =>
    patterns.map((pattern) => ({
      name,
      pattern,
      work,
      lay: (ground) => lay(ground, pages, pattern),
    })),
  );
}

function layCompress(ground, pages, pattern) {
  const { kernel, peers } = ground;
  const { base, blocks, lengths, sizes } = layPages(ground, pages, pattern);
  return {
    variants: {
      ...byBuilds(ground, (exports) => ({
        run: () => compressAll(exports, pages, base, blocks, sizes),
      })),
      ...byNative(ground, { liblz4: "lz4Compress" }, (compress) => ({
        run: () => void compress(base, pages, blocks, BLOCK_ROOM, lengths, ACCELERATION),
      })),
      "lz4-wasm": {
        run() {
          for (let page = 0; page < pages; page++) {
            const bytes = kernel.u8(base + page * PAGE_SIZE, PAGE_SIZE);
            sizes[page] = peers.lz4.compress(bytes).length;
          }
        },
      },
    },
    size: () => sizes.reduce((sum, size) => sum + (size > 0 ? size : PAGE_SIZE), 0),
    answer: () => kernel.u8(lengths, 4 * pages).slice(),
    // Every compressor has matches of its own.
    unlike: ["liblz4", "lz4-wasm"],
  };
}

/** All decode the same blocks; of a page that does not shrink, so that there is something, one of literals. */
function layDecompress(ground, pages, pattern) {
  const { kernel, peers } = ground;
  const { base, blocks, lengths, sizes } = layPages(ground, pages, pattern);
  compressAll(kernel.exports, pages, base, blocks, sizes);
  for (let page = 0; page < pages; page++) {
    if (sizes[page] > 0) continue;
    const block = literals(kernel.u8(base + page * PAGE_SIZE, PAGE_SIZE));
    kernel.u8(blocks + page * BLOCK_ROOM, block.length).set(block);
    sizes[page] = block.length;
  }
  const out = lengths + Math.ceil((4 * pages) / PAGE_SIZE) * PAGE_SIZE;
  const wasm = Array.from({ length: pages }, (_, page) =>
    peers.lz4.compress(kernel.u8(base + page * PAGE_SIZE, PAGE_SIZE)),
  );
  return {
    variants: {
      ...byBuilds(ground, (exports) => ({
        run() {
          for (let page = 0; page < pages; page++) {
            const block = blocks + page * BLOCK_ROOM;
            exports.lz4Decompress(block, sizes[page], out + page * PAGE_SIZE, PAGE_SIZE);
          }
        },
      })),
      ...byNative(ground, { liblz4: "lz4Decompress" }, (decompress) => ({
        run: () => void decompress(blocks, BLOCK_ROOM, lengths, pages, out),
      })),
      "lz4-wasm": {
        run() {
          for (const block of wasm) peers.lz4.decompress(block);
        },
      },
    },
    reset: () => kernel.u8(out, pages * PAGE_SIZE).fill(0),
    answer: () => kernel.u8(out, pages * PAGE_SIZE).slice(),
    unlike: ["lz4-wasm"],
  };
}

/** LZ4's form of bytes without any match: 15 in the token's upper half, the rest of the length in bytes of 255. */
function literals(bytes) {
  const rest = bytes.length - 15;
  const length = [...Array(Math.floor(rest / 255)).fill(255), rest % 255];
  return Uint8Array.from([0xf0, ...length, ...bytes]);
}

function compressAll(exports, pages, base, blocks, sizes) {
  for (let page = 0; page < pages; page++) {
    const source = base + page * PAGE_SIZE;
    const out = blocks + page * BLOCK_ROOM;
    sizes[page] = exports.lz4Compress(source, PAGE_SIZE, out, PAGE_SIZE, ACCELERATION);
  }
}

function layPages({ kernel, base }, pages, pattern) {
  const bytes = pages * PAGE_SIZE;
  fillRandom(kernel, base, pages, 21);
  const contents = CONTENTS[pattern]?.();
  if (contents) kernel.u8(base, bytes).set(spread(contents, bytes));
  const blocks = base + bytes;
  const lengths = blocks + pages * BLOCK_ROOM;
  return { base, blocks, lengths, sizes: new Int32Array(kernel.buffer, lengths, pages) };
}

/** Pages from all over the contents. */
function spread(contents, bytes) {
  const pages = bytes / PAGE_SIZE;
  const step = Math.floor(contents.length / PAGE_SIZE / pages) * PAGE_SIZE;
  return Buffer.concat(
    Array.from({ length: pages }, (_, page) =>
      contents.subarray(page * step, page * step + PAGE_SIZE),
    ),
  );
}

function nonZeroPages(bytes) {
  const pages = [];
  for (let at = 0; at < bytes.length; at += PAGE_SIZE) {
    const page = bytes.subarray(at, at + PAGE_SIZE);
    if (page.some((byte) => byte !== 0)) pages.push(page);
  }
  return Buffer.concat(pages);
}
