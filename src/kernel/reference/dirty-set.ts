import { ln } from "../../elementary.js";
import type { DirtySetExports } from "../exports.js";
import { setBit } from "./bits.js";
import { nextOfLane } from "./random.js";

/** The set of pages a guest dirties, drawn at once. */
export function createDirtySetExports(buffer: ArrayBuffer): DirtySetExports {
  const memory = new Uint32Array(buffer);
  return {
    drawDirtySet(bitmap, from, to, high, low, state) {
      let marked = 0;
      if (!(from < to)) return 0;
      for (let block = from - (from % 128); block < to; block += 128) {
        // Bit k of lane l stands for page block + 32 l + k; open: not decided yet.
        const open = [0, 1, 2, 3].map((lane) => rangeMask(block + 32 * lane, from, to));
        const drawn = [0, 0, 0, 0];
        for (let digit = 0; digit <= lastDigit(high, low); digit++) {
          if (open.every((bits) => bits === 0)) break;
          const isOne = digitOf(high, low, digit);
          for (let lane = 0; lane < 4; lane++) {
            const random = nextOfLane(memory, state, lane);
            const bits = open[lane] as number;
            if (isOne) (drawn[lane] as number) |= bits & ~random;
            open[lane] = bits & (isOne ? random : ~random);
          }
        }
        for (let page = 0; page < 128; page++) {
          const isDrawn = (((drawn[page >> 5] as number) >>> (page & 31)) & 1) === 1;
          if (isDrawn) marked += Number(setBit(memory, bitmap, block + page));
        }
      }
      return marked;
    },

    drawSparseDirtySet(bitmap, from, to, scale, state) {
      let marked = 0;
      let page = from;
      while (page < to) {
        const random = [0, 1, 2, 3].map((lane) => nextOfLane(memory, state, lane));
        for (const lane of [0, 2]) {
          page += Math.floor(
            ln(fraction(random[lane] as number, random[lane + 1] as number)) * scale,
          );
          if (page < to) marked += Number(setBit(memory, bitmap, page));
          page += 1;
        }
      }
      return marked;
    },
  };
}

/** The bits of the 32 pages from `page` on that lie in [from, to). */
function rangeMask(page: number, from: number, to: number): number {
  const below = Math.min(Math.max(from - page, 0), 32);
  const count = Math.min(Math.max(to - page, 0), 32) - below;
  return count <= 0 ? 0 : (0xffffffff >>> (32 - count)) << below;
}

/** Whether binary digit 0 .. 63 of (high * 2^32 + low) / 2^64 is 1; digit 0 weighs 1/2. */
function digitOf(high: number, low: number, digit: number): boolean {
  return (((digit < 32 ? high : low) >>> (31 - (digit % 32))) & 1) === 1;
}

/** The last digit that is 1, or -1. */
function lastDigit(high: number, low: number): number {
  let digit = 63;
  while (digit >= 0 && !digitOf(high, low, digit)) digit--;
  return digit;
}

/** Two random u32 as a fraction in (0, 1] of 52 bits. */
function fraction(high: number, low: number): number {
  return (high * 2 ** 20 + (low >>> 12) + 1) / 2 ** 52;
}
