// How a guest writes, write by write: which pages, and into real bytes.

import { PAGE, RANDOM_STEPS, randomBlock } from "./memory";
import { randomFill } from "./random";

/** Bytes of a region: u32 first page, u32 pages, u32 threshold. */
const REGION: usize = 12;
const COMPRESSIBLE: u32 = 1;
const RANDOM: u32 = 2;

export function drawWrites(
  out: usize,
  count: u32,
  regions: usize,
  regionCount: u32,
  state: usize,
): void {
  const block = randomBlock();
  while (count != 0) {
    const batch = min<u32>(count, 2 * RANDOM_STEPS);
    randomFill(state, block, 2 * batch);
    const end = out + <usize>batch * 4;
    for (let random = block; out != end; out += 4, random += 8) {
      const region = regionOf(regions, regionCount, load<u32>(random));
      const index = (<u64>load<u32>(random, 4) * <u64>load<u32>(region, 4)) >> 32;
      store<u32>(out, load<u32>(region) + <u32>index);
    }
    count -= batch;
  }
}

/** The first region whose threshold is above `random`, or the last one; thresholds ascend. */
function regionOf(regions: usize, count: u32, random: u32): usize {
  while (count > 1) {
    const half = count >> 1;
    const middle = regions + <usize>half * REGION;
    // The first half is passed over when even its last threshold is not above.
    const isAbove = load<u32>(middle - REGION, 8) > random;
    regions = isAbove ? regions : middle;
    count = isAbove ? half : count - half;
  }
  return regions;
}

export function storeWrites(
  guest: usize,
  firstPage: u32,
  pages: u32,
  list: usize,
  count: u32,
  state: usize,
): void {
  const block = randomBlock();
  while (count != 0) {
    const batch = min<u32>(count, RANDOM_STEPS);
    randomFill(state, block, 4 * batch);
    const end = list + <usize>batch * 4;
    for (let random = block; list != end; list += 4, random += 16) {
      const index = load<u32>(list) - firstPage;
      if (index >= pages) continue;
      const slot = (<usize>(load<u32>(random) >> 23)) << 3;
      store<u64>(guest + <usize>index * PAGE + slot, load<u64>(random, 4));
    }
    count -= batch;
  }
}

export function fillPages(base: usize, pages: u32, kind: u32, state: usize): void {
  if (kind == RANDOM) {
    for (; pages != 0; pages--, base += PAGE) randomFill(state, base, <u32>PAGE >> 2);
  } else if (kind == COMPRESSIBLE) {
    for (; pages != 0; pages--, base += PAGE) fillLines(base, state);
  } else {
    memory.fill(base, 0, <usize>pages * PAGE);
  }
}

/** Fills a page with lines of 64 bytes, each the same 16 random bytes four times. */
function fillLines(page: usize, state: usize): void {
  for (const end = page + PAGE; page != end; page += 64) {
    randomFill(state, page, 4);
    const low = load<u64>(page);
    const high = load<u64>(page, 8);
    for (let copy: usize = 16; copy != 64; copy += 16) {
      store<u64>(page + copy, low);
      store<u64>(page + copy, high, 8);
    }
  }
}
