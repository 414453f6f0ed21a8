import type { PageContents } from "../observe/observation.js";
import { scatter } from "../observe/page-hash.js";
import { PageTally } from "../observe/page-tally.js";
import { PAGE_SIZE, type PageCount } from "../units.js";
import { readBatches } from "./page-watch.js";
import type { ProcessMemory } from "./process-memory.js";

/** Contents are counted in full up to so many pages (2 GiB), and from a sample of half as many beyond. */
const COUNTED_PAGES: PageCount = 2 ** 19;
/** Parts of the memory for which it is told how much of them is not zero. */
const PARTS = 64;
/** Pages between two pauses: 8 MiB, some milliseconds of work. */
const STRIDE_PAGES = 2048;

/** Pages of the region that are there, ascending. */
export function residentPages(memory: ProcessMemory): Uint32Array {
  const bits = new Uint8Array(Math.ceil(memory.pages / 8));
  let count = 0;
  memory.eachPresent((page) => {
    bits[page >>> 3] = (bits[page >>> 3] ?? 0) | (1 << (page & 7));
    count++;
  });
  const pages = new Uint32Array(count);
  let next = 0;
  for (let page = 0; next < count; page++) {
    if (((bits[page >>> 3] ?? 0) >>> (page & 7)) & 1) pages[next++] = page;
  }
  return pages;
}

/**
 * What the pages hold that are there; all others count as zero. Repeats are looked for only where all pages
 * are read, since a sample meets few of them.
 *
 * @param pause - Waited for after every few milliseconds of work; may throw to end it.
 */
export async function readContents(
  memory: ProcessMemory,
  resident: Uint32Array,
  seed: number,
  pause: (share: number) => Promise<void>,
): Promise<PageContents> {
  const isWhole = resident.length <= COUNTED_PAGES;
  const share = COUNTED_PAGES / 2 / resident.length;
  const pages = isWhole
    ? resident
    : resident.filter((page) => scatter(page ^ seed) / 2 ** 32 < share);
  const tally = new PageTally(pages.length);
  const nonzeroByPart: number[] = [];
  for (let part = 0, start = 0; part < PARTS; part++) {
    const bound = Math.floor(((part + 1) * memory.pages) / PARTS);
    const end = firstFrom(pages, bound);
    const before = tally.nonzeroPages;
    for (let from = start; from < end; from += STRIDE_PAGES) {
      const to = Math.min(end, from + STRIDE_PAGES);
      readBatches(memory, pages.subarray(from, to), (bytes) => tally.add(bytes));
      await pause(to / pages.length);
    }
    const found = tally.nonzeroPages - before;
    nonzeroByPart.push(isWhole ? found : Math.round(found / share));
    start = end;
  }
  const nonzero = pages.length > 0 ? tally.nonzeroPages / pages.length : 0;
  // Laplace's estimate: a sample without a zero page does not prove that there is none.
  const likely = (tally.nonzeroPages + 1) / (pages.length + 2);
  const error = Math.sqrt((likely * (1 - likely)) / Math.max(1, pages.length));
  return {
    totalPages: memory.region.bytes / PAGE_SIZE,
    nonzeroPages: Math.round(nonzero * resident.length),
    nonzeroPagesError: isWhole ? 0 : error * resident.length,
    repeatedPages: isWhole ? tally.repeatedPages() : null,
    compressedShare: tally.compressedShare(),
    nonzeroByPart,
  };
}

/** Where the first page from `bound` on stands in an ascending list. */
function firstFrom(pages: Uint32Array, bound: PageCount): number {
  let low = 0;
  let high = pages.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pages[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
