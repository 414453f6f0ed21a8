import { PAGE_SIZE } from "../../dist/units.js";
import { Random } from "../../dist/world/random.js";
import { fillRandom } from "./contents.js";
import { createDeltaLoops } from "./delta-loops.js";
import { byNative } from "./ground.js";
import { createWalk, pageWork } from "./slices.js";

/** @typedef {import("./ground.js").Case} Case */
/** @typedef {import("./ground.js").Ground} Ground */
/** @typedef {import("./slices.js").PageSizes} PageSizes */

/** Room of one delta with what the encoder may write behind it. */
const DELTA_ROOM = 2 * PAGE_SIZE;
/** Half the bytes, scattered, make a delta about as long as the page: it is encoded to its end all the same. */
const ROOMY = DELTA_ROOM - 64;
const KIB = 1024;

/** How a page can have changed: a function that changes it. */
const CHANGES = {
  unchanged: () => {},
  "1 byte": (page, random) => flip(page, random.nextBelow(PAGE_SIZE), 1),
  "64-byte record": (page, random) => flip(page, 64 * random.nextBelow(PAGE_SIZE / 64), 64),
  "8 words of 8 bytes": (page, random) => {
    for (let word = 0; word < 8; word++) flip(page, 512 * word + 8 * random.nextBelow(64), 8);
  },
  "1 KiB contiguous": (page, random) => flip(page, random.nextBelow(PAGE_SIZE - KIB), KIB),
  "10 % scattered": (page, random) => scatter(page, random, 0.1),
  "50 % contiguous": (page, random) => flip(page, random.nextBelow(PAGE_SIZE / 2), PAGE_SIZE / 2),
  "50 % scattered": (page, random) => scatter(page, random, 0.5),
  "random page": (page, random) => {
    for (let at = 0; at < PAGE_SIZE; at++) page[at] = random.nextUint32();
  },
};

/**
 * Page deltas, encoded and decoded. A random page's delta would be longer than the page: the encoder gives
 * up, and there is nothing to decode; nor is there of an unchanged page.
 *
 * @param {PageSizes} sizes
 * @returns {Case[]}
 */
export function deltaCases(sizes) {
  const one = (name, change, where, lay) => ({
    name,
    pattern: `${change}, ${where}`,
    work: pageWork(where, createWalk(where, sizes, 2).pages, 2),
    lay: (ground) => lay(ground, createWalk(where, sizes, 2), CHANGES[change]),
  });
  const changes = Object.keys(CHANGES);
  const decoded = changes.filter((change) => !["unchanged", "random page"].includes(change));
  return [
    ...changes.map((change) => one("delta-encode", change, "L2", layEncode)),
    one("delta-encode", "1 byte", "DRAM", layEncode),
    ...decoded.map((change) => one("delta-decode", change, "L2", layDecode)).map(withoutLimit),
  ];
}

/** A decoder reads no more of the page than changes. */
function withoutLimit({ work: { reads: _, ...work }, ...rest }) {
  return { ...rest, work };
}

function layEncode(ground, walk, change) {
  const places = layPages(ground, walk, change);
  return {
    variants: encoders(ground, walk, places),
    reset: walk.rewind,
    answer: () => deltasOf(ground, walk, places),
  };
}

function encoders(ground, walk, { old, page, deltas, room, lengths, limit }) {
  const { kernel, kernels } = ground;
  const loops = loopsOf(kernel);
  const results = new Int32Array(kernel.buffer, lengths, walk.pages);
  const compiled = (encode) => ({
    run() {
      const offset = walk.next();
      encode(old + offset, page + offset, walk.pages, deltas, room, lengths, limit);
    },
  });
  return {
    simd: compiled(loops.simd.encodeAll),
    scalar: compiled(loops.scalar.encodeAll),
    typescript: {
      run() {
        const offset = walk.next();
        for (let index = 0; index < walk.pages; index++) {
          const at = offset + index * PAGE_SIZE;
          const out = deltas + index * room;
          const { deltaEncode } = kernels.typescript.exports;
          results[index] = deltaEncode(old + at, page + at, out, limit);
        }
      },
    },
    ...byNative(
      ground,
      { c: "encodeScalar", "c-avx2": "encodeAvx2", "c-avx512": "encodeAvx512" },
      compiled,
    ),
  };
}

/** Decoding goes on over the page that another has decoded: applied again, a delta changes nothing. */
function layDecode(ground, walk, change) {
  const places = layPages(ground, walk, change);
  const { kernel } = ground;
  const { old, deltas, room, lengths } = places;
  encoders(ground, walk, places).simd.run();
  const loops = loopsOf(kernel);
  const results = new Int32Array(kernel.buffer, lengths, walk.pages);
  const compiled = (decode) => ({
    run: () => void decode(deltas, room, lengths, walk.pages, old),
  });
  return {
    variants: {
      simd: compiled(loops.simd.decodeAll),
      scalar: compiled(loops.scalar.decodeAll),
      typescript: {
        run() {
          const { deltaDecode } = ground.kernels.typescript.exports;
          for (let index = 0; index < walk.pages; index++) {
            deltaDecode(deltas + index * room, results[index], old + index * PAGE_SIZE);
          }
        },
      },
      ...byNative(ground, { c: "decode" }, compiled),
    },
    reset: () => fillRandom(kernel, old, walk.all, 3),
    answer: () => kernel.u8(old, walk.all * PAGE_SIZE).slice(),
  };
}

/** Compiled once, at first use. */
function loopsOf(kernel) {
  loops ??= createDeltaLoops(kernel.parts.memory);
  return loops;
}
let loops;

/** Old pages, what they became, and room for deltas: that of memory's many pages is one page's, used again. */
function layPages({ kernel, base: old }, { all, pages }, change) {
  const page = old + all * PAGE_SIZE;
  const lengths = page + all * PAGE_SIZE;
  const deltas = lengths + Math.ceil((4 * pages) / PAGE_SIZE) * PAGE_SIZE;
  fillRandom(kernel, old, all, 3);
  fillRandom(kernel, page, all, 3);
  const random = new Random(5);
  for (let index = 0; index < all; index++) {
    change(kernel.u8(page + index * PAGE_SIZE, PAGE_SIZE), random);
  }
  const limit = change === CHANGES["random page"] ? PAGE_SIZE : ROOMY;
  return { old, page, lengths, deltas, room: all === pages ? DELTA_ROOM : 0, limit };
}

/** Lengths, and of each delta as much as counts. */
function deltasOf({ kernel }, { pages }, { deltas, room, lengths }) {
  const parts = [kernel.u8(lengths, 4 * pages).slice()];
  if (room === 0) return parts[0];
  for (const [index, length] of new Int32Array(kernel.buffer, lengths, pages).entries()) {
    parts.push(kernel.u8(deltas + index * room, Math.max(0, length)));
  }
  return Buffer.concat(parts);
}

/** @param {Uint8Array} page @param {number} from @param {number} count */
function flip(page, from, count) {
  for (let at = from; at < from + count; at++) page[at] ^= 0x55;
}

function scatter(page, random, share) {
  const below = Math.round(share * 1000);
  for (let at = 0; at < PAGE_SIZE; at++) if (random.nextBelow(1000) < below) flip(page, at, 1);
}
