import { WriteGenerator } from "../../dist/kernel/write-generator.js";
import { regionsOf } from "../../dist/workload/regions.js";
import { Random } from "../../dist/world/random.js";
import { markRandomly } from "./contents.js";

/** @typedef {import("./layout.js").Case} Case */
/** @typedef {import("./layout.js").Ground} Ground */

const ZERO_COST = 9;
const RAW_COST = 4104;
/** A probability whose binary digits do not end early. */
const DENSE = 0.8;
const SPARSE = 0.001;

/**
 * What a simulated round is made of: the set of pages it dirties, single writes, and what goes next.
 *
 * @param {{ drawnPages: number, takenPages: number, writes: number }} size
 * @returns {Case[]}
 */
export function roundCases({ drawnPages, takenPages, writes }) {
  const zipf = `Zipf 0.99 over ${drawnPages} pages`;
  return [
    ...[1, SPARSE].map((density) => ({
      name: "round-take",
      pattern: density === 1 ? "all pending" : `density ${density}`,
      work: { count: takenPages, unit: "pages" },
      lay: (/** @type {Ground} */ ground) => layTake(ground, takenPages, density),
    })),
    {
      name: "draw-dirty-set",
      pattern: `every page decided, p = ${DENSE}`,
      work: { count: drawnPages, unit: "pages" },
      lay: (ground) => layDense(ground, drawnPages),
    },
    {
      name: "draw-dirty-set",
      pattern: `jumping, p = ${SPARSE}`,
      work: { count: drawnPages, unit: "pages" },
      lay: (ground) => laySparse(ground, drawnPages),
    },
    {
      name: "draw-writes",
      pattern: zipf,
      work: { count: writes, unit: "writes" },
      lay: (ground) => layWrites(ground, drawnPages, writes),
    },
  ];
}

/** @param {Ground} ground @param {number} pages @param {number} density */
function layTake({ kernel, base }, pages, density) {
  const bytes = pages / 8;
  const { exports, result } = kernel;
  markRandomly(kernel, base + bytes, pages, density);
  const drawn = kernel.u8(base + bytes, bytes);
  return {
    before: () => kernel.u8(base, bytes).set(drawn),
    run() {
      const limit = Number.MAX_SAFE_INTEGER;
      exports.roundTake(base, 0, 0, 0, 0, pages, limit, ZERO_COST, RAW_COST, result.pointer);
    },
  };
}

/** @param {Ground} ground @param {number} pages */
function layDense({ kernel, base }, pages) {
  const { exports, state } = kernel;
  state.view.set(new Random(13).state);
  const high = Math.floor(DENSE * 2 ** 32);
  const low = Math.floor((DENSE * 2 ** 32 - high) * 2 ** 32);
  return { run: () => void exports.drawDirtySet(base, 0, pages, high, low, state.pointer) };
}

/** @param {Ground} ground @param {number} pages */
function laySparse({ kernel, base }, pages) {
  const { exports, state } = kernel;
  const scale = 1 / Math.log1p(-SPARSE);
  state.view.set(new Random(13).state);
  return { run: () => void exports.drawSparseDirtySet(base, 0, pages, scale, state.pointer) };
}

/** Through the wrapper, since it is that which knows how a region's share becomes a threshold. */
function layWrites({ kernel }, pages, writes) {
  const regions = regionsOf({ kind: "zipf", wssPages: pages, rate: 1, skew: 0.99 });
  const generator = new WriteGenerator(kernel);
  const { state } = new Random(17);
  return { run: () => void generator.drawWrites(regions, writes, state) };
}
