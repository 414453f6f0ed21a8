import { DirtyBitmap } from "../../dist/kernel/dirty-bitmap.js";
import { randomPages } from "./contents.js";
import { byBuilds, byNative, WITHOUT_TWIN } from "./ground.js";

/** Of a guest that hardly writes. */
const DENSITY = 1e-6;

/**
 * The harvest of a log that knows where it is not clean, beside the walk over all of it.
 *
 * @param {{ largePages: number }} sizes
 * @returns {import("./ground.js").Case[]}
 */
export function summaryCases({ largePages: pages }) {
  return [
    {
      name: "bitmap-harvest-summary",
      pattern: `2^28 pages, density ${DENSITY}`,
      work: { count: pages, unit: "pages" },
      lay: (ground) => layHarvest(ground, pages),
    },
  ];
}

/** Marks a log anew before each run. */
function layHarvest(ground, pages) {
  const { kernel, base } = ground;
  const bytes = pages / 8;
  const whole = DirtyBitmap.bytesFor(pages);
  const [log, into, list] = [0, 1, 2].map((index) => base + index * whole);
  const marks = Math.max(1, Math.round(pages * DENSITY));
  kernel.u8(base, 2 * whole).fill(0);
  const listed = randomPages(marks, pages);
  kernel.u32(list, marks).set(listed);
  const { exports } = kernel;
  const before = () => {
    // Only what the last run left: clearing all of it would empty the caches.
    for (const page of listed) exports.bitmapClear(into, page);
    exports.bitmapMarkList(log, log + bytes, list, marks);
  };
  return {
    variants: {
      ...byBuilds(
        ground,
        (build) => ({
          before,
          run: () => void build.bitmapHarvest(log, log + bytes, into, into + bytes, bytes / 8),
        }),
        WITHOUT_TWIN,
      ),
      ...byNative(ground, { c: "bitmapHarvest" }, (harvest) => ({
        before,
        run: () => void harvest(log, into, bytes / 8),
      })),
    },
    answer: () => Buffer.concat([kernel.u8(log, bytes), kernel.u8(into, bytes)]),
  };
}
