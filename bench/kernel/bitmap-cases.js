import { fastbitset, roaring } from "./bitmap-peers.js";
import { fillZero, markRandomly, randomPages } from "./contents.js";
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
/** Pages whose marks are listed a call: 4 KiB of bitmap, as much as a caller asks for. */
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
  const list = base + bytes;
  const listed = kernel.u32(list, marks);
  listed.set(randomPages(marks, size.pages));
  const bitmap = kernel.u8(base, bytes);
  const before = () => bitmap.fill(0);
  const references = { c: "bitmapSet", "c-counting": "bitmapSetCounting" };
  return {
    variants: {
      ...byBuilds(
        ground,
        (exports) => ({ before, run: () => void exports.bitmapMarkList(base, list, marks) }),
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
  const answering = (count) => ({
    run() {
      out[0] = count();
    },
  });
  return {
    variants: {
      ...byBuilds(
        ground,
        (exports) => answering(() => exports.bitmapCount(base, 0, size.pages)),
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
  const { kernel, base } = ground;
  const bytes = size.pages / 8;
  const [log, into, template] = [base, base + bytes, base + 2 * bytes];
  fillZero(kernel, into, Math.ceil(bytes / 4096));
  markRandomly(kernel, template, size.pages, density);
  const drawn = kernel.u8(template, bytes);
  const before = () => {
    kernel.u8(log, bytes).set(drawn);
    kernel.u8(into, bytes).fill(0);
  };
  return {
    variants: {
      ...byBuilds(
        ground,
        (exports) => ({ before, run: () => void exports.bitmapHarvest(log, into, bytes / 8) }),
        buildsFor(size),
      ),
      ...byNative(ground, { c: "bitmapHarvest" }, (harvest) => ({
        before,
        run: () => void harvest(log, into, bytes / 8),
      })),
      ...peersOf(ground, size, (peer) => peer.harvest(template, size.pages)),
    },
    answer: () => kernel.u8(log, 2 * bytes).slice(),
    unlike: ["fastbitset", "roaring"],
  };
}

function layList(ground, size, density) {
  const { kernel, base } = ground;
  const out = base + size.pages / 8;
  markRandomly(kernel, base, size.pages, density);
  return {
    variants: {
      ...byBuilds(
        ground,
        (exports) => ({ run: () => listAll(exports, base, size.pages, out) }),
        buildsFor(size),
      ),
      ...byNative(ground, { c: "bitmapList" }, (list) => ({
        run: () => void list(base, size.pages, out, LISTED_PAGES),
      })),
      ...peersOf(ground, size, (peer) => peer.list(base, size.pages)),
    },
    answer: () => kernel.u8(out, 4 * Math.min(LISTED_PAGES, size.pages)).slice(),
    unlike: ["fastbitset", "roaring"],
  };
}

function listAll(exports, bitmap, pages, out) {
  for (let from = 0; from < pages; from += LISTED_PAGES) {
    exports.bitmapList(bitmap, from, Math.min(from + LISTED_PAGES, pages), out, LISTED_PAGES);
  }
}

/** What the end of a round costs: taking the log in, and finding the pages that are to go. */
function layRound(ground, size, density) {
  const { kernel, base } = ground;
  const bytes = size.pages / 8;
  const [log, into, template, out] = [0, 1, 2, 3].map((index) => base + index * bytes);
  markRandomly(kernel, template, size.pages, density);
  const drawn = kernel.u8(template, bytes);
  const before = () => {
    kernel.u8(log, bytes).set(drawn);
    kernel.u8(into, bytes).fill(0);
  };
  return {
    variants: {
      ...byBuilds(
        ground,
        (exports) => ({
          before,
          run() {
            exports.bitmapHarvest(log, into, bytes / 8);
            listAll(exports, into, size.pages, out);
          },
        }),
        WITHOUT_TWIN,
      ),
      ...byNative(ground, { c: "bitmapHarvest" }, (harvest) => ({
        before,
        run() {
          harvest(log, into, bytes / 8);
          ground.native.references.bitmapList(into, size.pages, out, LISTED_PAGES);
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
