import { DirtyBitmap } from "../../dist/kernel/dirty-bitmap.js";
import { STAGING_U32 } from "../../dist/kernel/load.js";
import { fastbitset, roaring } from "./bitmap-peers.js";
import { fillZero, markRandomly, randomPages, summarize } from "./contents.js";
import { BUILDS, byBuilds, byNative, WITHOUT_TWIN } from "./ground.js";

/** @typedef {import("./ground.js").Case} Case */
/** @typedef {import("./ground.js").Ground} Ground */

/**
 * A bitmap's size: what it is called, its pages, whether the twin and packages bear it.
 *
 * @typedef {{ label: string, pages: number, isLarge: boolean }} Size
 */

const LIST_DENSITIES = [1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.5, 0.9];
const HARVEST_DENSITIES = [1e-6, 1e-3, 0.1, 0.9];
/** Of the bitmaps that are compared with packages: a round that is nearly done, and one that is not. */
const PEER_DENSITIES = [0.01, 0.5];
/** Pages that native code lists a call, so that its list stays in the cache as well: 4 KiB of bitmap. */
const LISTED_PAGES = 32_768;

/**
 * Dirty bitmaps: of the largest guests beside native code, of smaller ones beside the twin and packages.
 *
 * @param {{ guestPages: number, largePages: number, marks: number }} sizes
 * @returns {Case[]}
 */
export function bitmapCases({ guestPages, largePages, marks }) {
  const large = { label: "2^28 pages", pages: largePages, isLarge: true };
  const guest = { label: "2^24 pages", pages: guestPages, isLarge: false };
  const at = (size, densities, name, lay) =>
    densities.map((density) => ({
      name,
      pattern: `${size.label}, density ${density}`,
      work: { count: size.pages, unit: "pages" },
      lay: (ground) => lay(ground, size, density),
    }));
  const set = (size) => ({
    name: "bitmap-set",
    pattern: `${size.label}, random`,
    work: { count: marks, unit: "marks" },
    lay: (ground) => laySet(ground, size, marks),
  });
  return [
    ...[large, guest].map(set),
    ...at(large, [0.1], "bitmap-count", layCount),
    ...at(guest, PEER_DENSITIES, "bitmap-count", layCount),
    ...at(large, HARVEST_DENSITIES, "bitmap-harvest", layHarvest),
    ...at(guest, PEER_DENSITIES, "bitmap-harvest", layHarvest),
    ...at(large, LIST_DENSITIES, "bitmap-list", layList),
    ...at(guest, PEER_DENSITIES, "bitmap-list", layList),
    ...at(large, [1e-3], "bitmap-harvest-and-list", layRound),
    ...["Or", "AndNot"].flatMap((operation) =>
      [large, guest].flatMap((size) =>
        at(
          size,
          size.isLarge ? [0.1] : PEER_DENSITIES,
          operation === "Or" ? "bitmap-or" : "bitmap-and-not",
          (ground, _, density) => layCombine(ground, size, density, operation),
        ),
      ),
    ),
  ];
}

/** @param {Size} size */
function buildsFor({ isLarge }) {
  return isLarge ? WITHOUT_TWIN : BUILDS;
}

/** A list of pages that are marked in an empty bitmap. */
function laySet(ground, size, marks) {
  const { kernel, base } = ground;
  const bytes = size.pages / 8;
  const summary = base + bytes;
  const list = base + DirtyBitmap.bytesFor(size.pages);
  const listed = kernel.u32(list, marks);
  listed.set(randomPages(marks, size.pages));
  const bitmap = kernel.u8(base, bytes);
  const before = () => bitmap.fill(0);
  const references = { c: "bitmapSet", "c-counting": "bitmapSetCounting" };
  return {
    variants: {
      ...byBuilds(
        ground,
        (exports) => ({
          before,
          run: () => void exports.bitmapMarkList(base, summary, list, marks),
        }),
        buildsFor(size),
      ),
      ...byNative(ground, references, (mark) => ({
        before,
        run: () => void mark(base, list, marks),
      })),
      ...(size.isLarge
        ? {}
        : { ...fastbitset(ground).set(listed, size.pages), ...roaring(ground).set(listed) }),
    },
    answer: () => bitmap.slice(),
    unlike: ["fastbitset", "roaring"],
  };
}

function layCount(ground, size, density) {
  const { kernel, base } = ground;
  const out = kernel.result.view;
  markRandomly(kernel, base, size.pages, density);
  summarize(kernel, base, size.pages);
  const answering = (count) => ({
    run() {
      out[0] = count();
    },
  });
  return {
    variants: {
      ...byBuilds(
        ground,
        (exports) =>
          answering(() => exports.bitmapCount(base, base + size.pages / 8, 0, size.pages)),
        buildsFor(size),
      ),
      ...byNative(ground, { c: "bitmapCount" }, (count) =>
        answering(() => count(base, size.pages / 64)),
      ),
      ...peersOf(ground, size, (peer) => peer.count(base, size.pages, answering)),
    },
    answer: () => Uint8Array.from(new Uint8Array(kernel.buffer, kernel.result.pointer, 8)),
  };
}

/** Moves a log into an empty bitmap. */
function layHarvest(ground, size, density) {
  const { kernel } = ground;
  const { log, into, bytes, before, harvest, template } = layLog(ground, size, density);
  return {
    variants: {
      ...byBuilds(ground, (exports) => ({ before, run: () => harvest(exports) }), buildsFor(size)),
      ...byNative(ground, { c: "bitmapHarvest" }, (harvest) => ({
        before,
        run: () => void harvest(log, into, bytes / 8),
      })),
      ...peersOf(ground, size, (peer) => peer.harvest(template, size.pages)),
    },
    answer: () => Buffer.concat([kernel.u8(log, bytes), kernel.u8(into, bytes)]),
    unlike: ["fastbitset", "roaring"],
  };
}

/** A log that is marked anew before each run, and the empty bitmap that takes it in. */
function layLog({ kernel, base }, { pages }, density) {
  const bytes = pages / 8;
  const whole = DirtyBitmap.bytesFor(pages);
  const [log, into, template, free] = [0, 1, 2, 3].map((index) => base + index * whole);
  fillZero(kernel, into, Math.ceil(whole / 4096));
  markRandomly(kernel, template, pages, density);
  summarize(kernel, template, pages);
  const drawn = kernel.u8(template, whole);
  return {
    log,
    into,
    template,
    free,
    bytes,
    before() {
      kernel.u8(log, whole).set(drawn);
      kernel.u8(into, whole).fill(0);
    },
    harvest: (exports) =>
      void exports.bitmapHarvest(log, log + bytes, into, into + bytes, bytes / 8),
  };
}

function layList(ground, size, density) {
  const { kernel, base } = ground;
  const out = base + DirtyBitmap.bytesFor(size.pages);
  const { view } = kernel.result;
  markRandomly(kernel, base, size.pages, density);
  summarize(kernel, base, size.pages);
  return {
    variants: {
      ...byBuilds(
        ground,
        (exports) => ({
          run() {
            view[0] = listAll(
              exports,
              base,
              size.pages,
              new Uint32Array(kernel.buffer, out, STAGING_U32),
            );
          },
        }),
        buildsFor(size),
      ),
      ...byNative(ground, { c: "bitmapList" }, (list) => ({
        run() {
          view[0] = list(base, size.pages, out, LISTED_PAGES);
        },
      })),
      ...peersOf(ground, size, (peer) => peer.list(base, size.pages)),
    },
    answer: () => kernel.u8(kernel.result.pointer, 8).slice(),
    unlike: ["fastbitset", "roaring"],
  };
}

/** Lists all pages as DirtyBitmap does, as many as its list holds a call; answers how many. */
function listAll(exports, bitmap, pages, list) {
  const summary = bitmap + pages / 8;
  let from = 0;
  let listed = 0;
  for (;;) {
    const found = exports.bitmapList(bitmap, summary, from, pages, list.byteOffset, list.length);
    listed += found;
    if (found < list.length) return listed;
    from = list[found - 1] + 1;
  }
}

/** What the end of a round costs: taking the log in, and finding the pages that are to go. */
function layRound(ground, size, density) {
  const { kernel } = ground;
  const { log, into, free, bytes, before, harvest } = layLog(ground, size, density);
  const list = new Uint32Array(kernel.buffer, free, STAGING_U32);
  return {
    variants: {
      ...byBuilds(
        ground,
        (exports) => ({
          before,
          run() {
            harvest(exports);
            listAll(exports, into, size.pages, list);
          },
        }),
        WITHOUT_TWIN,
      ),
      ...byNative(ground, { c: "bitmapHarvest" }, (harvest) => ({
        before,
        run() {
          harvest(log, into, bytes / 8);
          ground.native.references.bitmapList(into, size.pages, free, LISTED_PAGES);
        },
      })),
    },
  };
}

/** One bitmap into another. Done again, both operations change nothing and cost the same. */
function layCombine(ground, size, density, operation) {
  const { kernel, base } = ground;
  const bytes = size.pages / 8;
  const from = base + bytes;
  markRandomly(kernel, base, size.pages, density, 11);
  markRandomly(kernel, from, size.pages, density, 12);
  const peers = peersOf(ground, size, (peer) => peer.combine(base, from, size.pages, operation));
  const kept = kernel.u8(base, bytes).slice();
  return {
    variants: {
      ...byBuilds(
        ground,
        (exports) => ({ run: () => exports[`bitmap${operation}`](base, from, bytes / 8) }),
        buildsFor(size),
      ),
      ...byNative(ground, { c: `bitmap${operation}` }, (combine) => ({
        run: () => void combine(base, from, bytes / 8),
      })),
      ...peers,
    },
    reset: () => kernel.u8(base, bytes).set(kept),
    answer: () => kernel.u8(base, bytes).slice(),
    unlike: ["fastbitset", "roaring"],
  };
}

/** Packages, where the bitmap is not too large for them. */
function peersOf(ground, { isLarge }, work) {
  return isLarge ? {} : { ...work(fastbitset(ground)), ...work(roaring(ground)) };
}
