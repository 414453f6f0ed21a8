import { DirtyBitmap } from "../../dist/kernel/dirty-bitmap.js";
import { WriteGenerator } from "../../dist/kernel/write-generator.js";
import { regionsOf } from "../../dist/workload/regions.js";
import { Random } from "../../dist/world/random.js";
import { markRandomly } from "./contents.js";
import { byBuilds, byNative } from "./ground.js";

/** @typedef {import("./ground.js").Case} Case */
/** @typedef {import("./ground.js").Ground} Ground */

const ZERO_COST = 9;
const RAW_COST = 4104;
const PROBABILITIES = [0.9, 0.8, 0.5, 0.3, 0.1, 0.03, 0.0143, 0.01, 0.001];

/**
 * What a simulated round is made of: the set of pages it dirties, single writes, and what goes next.
 *
 * @param {{ drawnPages: number, takenPages: number, writes: number }} sizes
 * @returns {Case[]}
 */
export function roundCases({ drawnPages, takenPages, writes }) {
  return [
    ...[1, 0.001].map((density) => ({
      name: "round-take",
      pattern: density === 1 ? "all pending" : `density ${density}`,
      work: { count: takenPages, unit: "pages" },
      lay: (/** @type {Ground} */ ground) => layTake(ground, takenPages, density),
    })),
    ...PROBABILITIES.map((probability) => ({
      name: "draw-dirty-set",
      pattern: `p = ${probability}`,
      work: { count: drawnPages, unit: "pages" },
      lay: (/** @type {Ground} */ ground) => layDraw(ground, drawnPages, probability),
    })),
    {
      name: "draw-writes",
      pattern: "Zipf 0.99 over 2^22 pages",
      work: { count: writes, unit: "writes" },
      lay: (ground) => layWrites(ground, drawnPages, writes),
    },
  ];
}

/** @param {Ground} ground @param {number} pages @param {number} density */
function layTake(ground, pages, density) {
  const { kernel, base } = ground;
  const bytes = pages / 8;
  const { result } = kernel;
  markRandomly(kernel, base + bytes, pages, density);
  const drawn = kernel.u8(base + bytes, bytes);
  const before = () => kernel.u8(base, bytes).set(drawn);
  return {
    variants: byBuilds(ground, (exports) => ({
      before,
      run() {
        const limit = Number.MAX_SAFE_INTEGER;
        exports.roundTake(base, 0, 0, 0, 0, 0, pages, limit, ZERO_COST, RAW_COST, result.pointer);
      },
    })),
    answer: () => kernel.u8(result.pointer, 40).slice(),
  };
}

/** Through the wrapper, which chooses how a probability is drawn; native code draws only as the likely ones are. */
function layDraw(ground, pages, probability) {
  const { kernel } = ground;
  const { pointer, state } = bitmapOf(ground, pages);
  const bitmap = kernel.u8(pointer, pages / 8);
  const high = Math.floor(probability * 2 ** 32);
  const low = Math.floor((probability * 2 ** 32 - high) * 2 ** 32);
  const isDense = probability > 1 / 100;
  return {
    variants: {
      ...byBuilds(ground, (_, build) => {
        const { log, generator } = bitmapOf({ ...ground, kernel: build }, pages);
        return { run: () => void generator.drawDirtySet(log, 0, pages, probability, state) };
      }),
      ...(isDense
        ? byNative(ground, { c: "drawDirtySet" }, (draw) => ({
            run() {
              kernel.state.view.set(state);
              draw(pointer, pages, high, low, kernel.state.pointer);
              state.set(kernel.state.view);
            },
          }))
        : {}),
    },
    reset() {
      bitmap.fill(0);
      state.set(new Random(13).state);
    },
    answer: () => bitmap.slice(),
  };
}

/** The first free place is the same for every build, and stays free: nothing here is kept for long. */
function bitmapOf({ kernel, base }, pages) {
  const [pointer, regions] = [base, base + Math.ceil(DirtyBitmap.bytesFor(pages) / 256) * 256];
  const places = [pointer, regions];
  const borrowed = { ...kernel, allocate: () => places.shift() };
  const log = new DirtyBitmap(pages, borrowed);
  return { pointer, log, generator: new WriteGenerator(borrowed), state: new Random(13).state };
}

/** Through the wrapper, since it is that which knows how a region's share becomes a threshold. */
function layWrites(ground, pages, writes) {
  const regions = regionsOf({ kind: "zipf", wssPages: pages, rate: 1, skew: 0.99 });
  const { state } = new Random(17);
  return {
    variants: byBuilds(ground, (_, kernel) => {
      const { generator } = bitmapOf({ ...ground, kernel }, pages);
      return { run: () => void generator.drawWrites(regions, writes, state) };
    }),
  };
}
