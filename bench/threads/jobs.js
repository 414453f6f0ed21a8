import { createKernel } from "../../dist/kernel/load.js";
import { stretches } from "../../dist/kernel/stretches.js";
import { PAGE_SIZE } from "../../dist/units.js";
import { fillRandom, fillZero } from "../kernel/contents.js";

/** @typedef {import("../../dist/kernel/crew.js").Crew} Crew */
/** @typedef {import("../../dist/kernel/crew.js").Share} Share */

/**
 * @typedef {object} JobSizes
 * @property {number} pages - Of the guest; there are as many in its delta cache.
 * @property {number} slicePages - Pages of a run, which walks on to the next ones.
 * @property {number} batchPages - Most pages that one call encodes.
 * @property {number} spinMs - How long a thread spins at least.
 *
 * @typedef {object} Job
 * @property {string} name
 * @property {() => void} lay - Makes the contents that it works on, from those of the job before.
 * @property {(threads: number) => void} run
 */

const SPUN_PAGES = 64;
/** The longest record, and what the encoder may write behind it. */
const RECORD_BYTES = 4107;
const BEHIND_BYTES = 16;
const CACHE_HEADER_BYTES = 16;
const CHANGED_BYTES = 64;

/**
 * What a sender does to whole pages, done by some of a crew's threads, and what keeps them busy in their
 * own caches.
 *
 * @param {Crew} crew @param {JobSizes} sizes
 * @returns {{ jobs: Job[], wake: () => void, spin: (threads: number) => void }}
 */
export function layJobs(crew, sizes) {
  const ground = layGround(crew, sizes);
  const { kernel, guest, copy } = ground;
  const { pages } = sizes;
  const walked = (name, lay, check, share) => {
    let from = 0;
    const run = (threads) => {
      const answers = crew.run(
        stretches(sizes.slicePages, threads).map((part, index) =>
          share({ from: from + part.from, to: from + part.to }, index),
        ),
      );
      from = (from + sizes.slicePages) % pages;
      check(
        name,
        answers.reduce((sum, answer) => sum + answer, 0),
      );
    };
    return { name, lay, run };
  };
  const scan = (call, name, lay, check, sides) =>
    walked(name, lay, check, ({ from, to }, index) => ({
      place: ground.place,
      call,
      args: [...sides.map((side) => side + from * PAGE_SIZE), to - from, ground.outs[index]],
      copy: null,
    }));
  const jobs = [
    scan(
      "zeroPages",
      "zero-scan",
      () => fillZero(kernel, guest, pages),
      expecting(sizes.slicePages),
      [guest],
    ),
    scan("differingPages", "compare", () => layCopy(crew, ground, sizes), expecting(0), [
      guest,
      copy,
    ]),
    scan(
      "digestPages",
      "digest",
      () => {},
      () => {},
      [guest],
    ),
    walked(
      "delta-encode",
      () => changePages(ground, pages),
      () => checkDeltas(ground, sizes),
      (part, index) => encoding(ground, sizes, part, index, true),
    ),
  ];
  return { jobs, ...createSpin(crew, ground, sizes) };
}

function layGround(crew, { pages, slicePages, batchPages }) {
  const bytes = pages * PAGE_SIZE;
  // Bits or digests of a slice, or the records of a batch.
  const outBytes = Math.max(8 * slicePages, batchPages * RECORD_BYTES + BEHIND_BYTES);
  const all =
    2 * bytes + pages * (CACHE_HEADER_BYTES + 4) + 2 * outBytes + 2 * SPUN_PAGES * PAGE_SIZE;
  const kernel = createKernel(all + crew.homeBytes + 2 ** 16, "simd", { shared: true });
  const guest = kernel.allocate(bytes, PAGE_SIZE);
  const cache = kernel.allocate(pages * CACHE_HEADER_BYTES + bytes, PAGE_SIZE);
  const list = kernel.allocate(4 * pages, 16);
  const outs = [1, 2].map(() => kernel.allocate(outBytes, PAGE_SIZE));
  const spun = [1, 2].map(() => kernel.allocate(SPUN_PAGES * PAGE_SIZE, PAGE_SIZE));
  kernel.u32(list, pages).forEach((_, page, all) => {
    all[page] = page;
  });
  const copy = cache + pages * CACHE_HEADER_BYTES;
  return { kernel, guest, cache, copy, list, outs, spun, place: crew.enter(kernel) };
}

function expecting(count) {
  return (name, found) => {
    if (found !== count) throw new Error(`${name}: ${found} pages instead of ${count}`);
  };
}

/** Random pages go to the delta cache, which then holds a copy of each. */
function layCopy(crew, ground, sizes) {
  fillRandom(ground.kernel, ground.guest, sizes.pages, 1);
  ground.kernel.u8(ground.cache, sizes.pages * CACHE_HEADER_BYTES).fill(0);
  crew.run([encoding(ground, sizes, { from: 0, to: sizes.pages }, 0, false)]);
}

/** A record of each page is another one than the cache holds. */
function changePages({ kernel, guest }, pages) {
  for (let page = 0; page < pages; page++) {
    const offset = (page * CHANGED_BYTES) % PAGE_SIZE;
    kernel.u8(guest + page * PAGE_SIZE + offset, CHANGED_BYTES).fill(0xa5);
  }
}

/** Encodes pages batch by batch; frozen, so that the next run finds the same cache. */
function encoding(
  { place, guest, list, outs, cache },
  { pages, batchPages },
  part,
  index,
  isFrozen,
) {
  const out = outs[index];
  const which = [guest, 0, list + 4 * part.from, batchPages];
  const how = [cache, pages, 1, isFrozen ? 1 : 0, place.homes[index]];
  return {
    place,
    call: "batchEncode",
    times: (part.to - part.from) / batchPages,
    args: [...which, out, 2 ** 32 - 1, ...how],
    strides: [0, 0, 4 * batchPages],
    copy: null,
  };
}

/** Every page of the last batch of the caller's thread was sent as a delta. */
function checkDeltas({ kernel, place }, { batchPages }) {
  const [consumed, zero, raw, delta] = kernel.f64(place.homes[0], 8);
  if (consumed === batchPages && delta === batchPages) return;
  throw new Error(`delta-encode: ${delta} deltas, ${raw} raw and ${zero} zero pages`);
}

/**
 * Threads read a few pages of their own over and over, from their caches. One that does not spin is told to
 * read them once, so that the telling takes the same time.
 */
function createSpin(crew, { place, spun, outs }, { spinMs }) {
  const spin = (...times) =>
    void crew.run(
      times.map((count, index) => ({
        place,
        call: "zeroPages",
        times: count,
        args: [spun[index], SPUN_PAGES, outs[index]],
        copy: null,
      })),
    );
  const wake = () => spin(1, 1);
  let times = 1;
  for (let spent = 0; spent < spinMs; times *= 2) {
    wake();
    const start = performance.now();
    spin(times, 1);
    spent = performance.now() - start;
  }
  return { wake, spin: (threads) => spin(times, threads === 1 ? 1 : times) };
}
