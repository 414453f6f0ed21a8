import { PAGE_SIZE } from "../../dist/units.js";
import { Random } from "../../dist/world/random.js";
import { fillRandom } from "./contents.js";

/** @typedef {import("./layout.js").Case} Case */
/** @typedef {import("./layout.js").Ground} Ground */

/** Room of one delta with what the encoder may write behind it. */
const DELTA_ROOM = 2 * PAGE_SIZE;
const RECORD_BYTES = 64;

/** How a page can have changed: a function that changes it. */
const CHANGES = {
  "1 byte": (page, random) => flip(page, random.nextBelow(PAGE_SIZE)),
  "64-byte record": (page, random) => {
    const start = RECORD_BYTES * random.nextBelow(PAGE_SIZE / RECORD_BYTES);
    for (let at = start; at < start + RECORD_BYTES; at++) flip(page, at);
  },
  "10 % scattered": (page, random) => {
    for (let count = 0; count < PAGE_SIZE / 10; count++) flip(page, random.nextBelow(PAGE_SIZE));
  },
  "random page": (page, random) => {
    for (let at = 0; at < PAGE_SIZE; at++) page[at] = random.nextUint32();
  },
};

/** Page deltas, encoded and decoded; a random page has no delta to decode. */
export function deltaCases(pages) {
  const work = { count: pages, unit: "pages", bytes: pages * PAGE_SIZE };
  const patterns = Object.keys(CHANGES);
  return /** @type {Case[]} */ ([
    ...patterns.map((pattern) => ({
      name: "delta-encode",
      pattern,
      work,
      lay: (ground) => ({ run: layEncode(ground, pages, CHANGES[pattern]).encode }),
    })),
    ...patterns
      .filter((pattern) => pattern !== "random page")
      .map((pattern) => ({
        name: "delta-decode",
        pattern,
        work,
        lay: (ground) => layDecode(ground, pages, CHANGES[pattern]),
      })),
  ]);
}

/** @param {Ground} ground @param {number} pages */
function layEncode({ kernel, base }, pages, change) {
  const next = base + pages * PAGE_SIZE;
  const deltas = next + pages * PAGE_SIZE;
  fillRandom(kernel, base, pages, 3);
  kernel.u8(next, pages * PAGE_SIZE).set(kernel.u8(base, pages * PAGE_SIZE));
  const random = new Random(5);
  for (let page = 0; page < pages; page++) {
    change(kernel.u8(next + page * PAGE_SIZE, PAGE_SIZE), random);
  }
  const { exports } = kernel;
  const lengths = new Int32Array(pages);
  const encode = () => {
    for (let page = 0; page < pages; page++) {
      const offset = page * PAGE_SIZE;
      const delta = deltas + page * DELTA_ROOM;
      lengths[page] = exports.deltaEncode(base + offset, next + offset, delta, PAGE_SIZE);
    }
  };
  return { encode, deltas, lengths };
}

/** A decoded page stays as it is when its delta is applied again, so that a run changes nothing. */
function layDecode(ground, pages, change) {
  const { encode, deltas, lengths } = layEncode(ground, pages, change);
  const { kernel, base } = ground;
  encode();
  return {
    run() {
      for (let page = 0; page < pages; page++) {
        const delta = deltas + page * DELTA_ROOM;
        kernel.exports.deltaDecode(delta, lengths[page], base + page * PAGE_SIZE);
      }
    },
  };
}

/** @param {Uint8Array} page @param {number} at */
function flip(page, at) {
  page[at] ^= 0x55;
}
