import type { Pointer, RoundExports } from "../exports.js";
import { BLOCK_PAGES, clearBit, hasBit, setPages } from "./bits.js";
import { holdsPage, mayTake, takeSlot } from "./page-cache.js";

/** Which dirty pages go next. */
export function createRoundExports(buffer: ArrayBuffer): RoundExports {
  const memory = new Uint32Array(buffer);
  const doubles = new Float64Array(buffer);
  return {
    roundTake(pending, summary, exclude, skip, zero, from, to, limit, zeroCost, rawCost, result) {
      const bitmaps = { pending, exclude, skip, zero };
      const costs = { zeroCost, rawCost, deltaCost: 0 };
      const taken = takePages(memory, bitmaps, from, to, limit, costs, () => false);
      const { next, zeros, raws, skipped, bytes } = taken;
      if (exclude === 0) crossOff(memory, summary, from, next);
      doubles.set([next, zeros, raws, skipped, bytes], result / 8);
    },

    roundTakeCached(...call) {
      const [pending, summary, exclude, skip, zero, from, to, limit, zeroCost, rawCost, ...rest] =
        call;
      const [deltaCost, cache, slots, generation, frozen, result] = rest;
      const bitmaps = { pending, exclude, skip, zero };
      const costs = { zeroCost, rawCost, deltaCost };
      const taken = takePages(memory, bitmaps, from, to, limit, costs, (page) =>
        lookUp(memory, cache + 8 * (page % slots), page, generation, frozen),
      );
      const { next, zeros, raws, skipped, bytes, deltas, unchanged } = taken;
      if (exclude === 0) crossOff(memory, summary, from, next);
      doubles.set([next, zeros, raws, skipped, bytes, deltas, unchanged], result / 8);
    },

    roundList(pending, summary, exclude, skip, from, to, out, max, result) {
      let [next, listed, skipped] = [max === 0 ? from : to, 0, 0];
      for (const page of strikeOff(memory, { pending, exclude }, from, next)) {
        if (hasBit(memory, skip, page)) {
          skipped++;
          continue;
        }
        memory[out / 4 + listed++] = page;
        if (listed === max) {
          next = page + 1;
          break;
        }
      }
      if (exclude === 0) crossOff(memory, summary, from, next);
      doubles.set([next, listed, skipped], result / 8);
    },
  };
}

/** Notes that all pages of [from, to) are clean: the blocks that lie in it whole. */
function crossOff(memory: Uint32Array, summary: Pointer, from: number, to: number): void {
  if (summary === 0) return;
  for (let block = Math.ceil(from / BLOCK_PAGES); (block + 1) * BLOCK_PAGES <= to; block++) {
    clearBit(memory, summary, block);
  }
}

interface Bitmaps {
  readonly pending: Pointer;
  readonly exclude: Pointer;
  readonly skip: Pointer;
  readonly zero: Pointer;
}

interface Costs {
  readonly zeroCost: number;
  readonly rawCost: number;
  readonly deltaCost: number;
}

/** Clears the pending pages of [from, to) one by one, but for the excluded ones, and hands each over. */
function* strikeOff(
  memory: Uint32Array,
  { pending, exclude }: Pick<Bitmaps, "pending" | "exclude">,
  from: number,
  to: number,
): Generator<number> {
  for (const page of setPages(memory, pending, from, to)) {
    if (hasBit(memory, exclude, page)) continue;
    clearBit(memory, pending, page);
    yield page;
  }
}

/** Takes pages until their cost is above the limit. */
function takePages(
  memory: Uint32Array,
  bitmaps: Bitmaps,
  from: number,
  to: number,
  limit: number,
  { zeroCost, rawCost, deltaCost }: Costs,
  isCached: (page: number) => boolean,
): Record<"next" | "zeros" | "raws" | "skipped" | "bytes" | "deltas" | "unchanged", number> {
  const taken = { next: to, zeros: 0, raws: 0, skipped: 0, bytes: 0, deltas: 0, unchanged: 0 };
  for (const page of strikeOff(memory, bitmaps, from, to)) {
    if (hasBit(memory, bitmaps.skip, page)) {
      taken.skipped++;
    } else if (hasBit(memory, bitmaps.zero, page)) {
      clearBit(memory, bitmaps.zero, page);
      // A zero page goes to the cache as any other.
      isCached(page);
      taken.zeros++;
      taken.bytes += zeroCost;
    } else if (!isCached(page) || deltaCost > rawCost) {
      taken.raws++;
      taken.bytes += rawCost;
    } else if (deltaCost === 0) {
      taken.unchanged++;
    } else {
      taken.deltas++;
      taken.bytes += deltaCost;
    }
    if (taken.bytes > limit) {
      taken.next = page + 1;
      break;
    }
  }
  return taken;
}

/** Whether the slot holds the page, which is then fresh; a page it does not hold takes it if it may. */
function lookUp(
  memory: Uint32Array,
  slot: Pointer,
  page: number,
  generation: number,
  frozen: number,
): boolean {
  const isHit = holdsPage(memory, slot, page);
  if (frozen === 0 && (isHit || mayTake(memory, slot, generation))) {
    takeSlot(memory, slot, page, generation);
  }
  return isHit;
}
