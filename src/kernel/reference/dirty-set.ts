import { ln } from "../../elementary.js";
import type { DirtySetExports, Pointer } from "../exports.js";
import { BLOCK_PAGES, markPage, setBit } from "./bits.js";
import { nextOfLane } from "./random.js";

/** So many digits are drawn for every block at once. */
const FIRST_DIGITS = 10;

/** The set of pages a guest dirties, drawn at once. */
export function createDirtySetExports(buffer: ArrayBuffer): DirtySetExports {
  const memory = new Uint32Array(buffer);
  return {
    drawDirtySet(bitmap, summary, from, to, high, low, state) {
      let marked = 0;
      if (!(from < to)) return 0;
      const first = Math.floor(from / BLOCK_PAGES);
      const last = Math.floor((to - 1) / BLOCK_PAGES);
      if (summary !== 0) {
        for (let block = first; block <= last; block++) setBit(memory, summary, block);
      }
      for (let block = from - (from % 128); block < to; block += 128) {
        // Bit k of lane l stands for page block + 32 l + k.
        const inside = [0, 1, 2, 3].map((lane) => rangeMask(block + 32 * lane, from, to));
        const drawn = drawBlock(memory, state, inside, high, low);
        for (let page = 0; page < 128; page++) {
          const bits = (drawn[page >> 5] as number) & (inside[page >> 5] as number);
          if ((bits >>> (page & 31)) & 1) marked += Number(setBit(memory, bitmap, block + page));
        }
      }
      return marked;
    },

    drawSparseDirtySet(bitmap, summary, from, to, scale, state) {
      let marked = 0;
      let page = from;
      while (page < to) {
        const random = [0, 1, 2, 3].map((lane) => nextOfLane(memory, state, lane));
        for (const lane of [0, 2]) {
          page += Math.floor(
            ln(fraction(random[lane] as number, random[lane + 1] as number)) * scale,
          );
          if (page < to) marked += Number(markPage(memory, bitmap, summary, page));
          page += 1;
        }
      }
      return marked;
    },
  };
}

/** Decides the 128 pages of a block, of which only those inside the range must be decided to the end. */
function drawBlock(
  memory: Uint32Array,
  state: Pointer,
  inside: readonly number[],
  high: number,
  low: number,
): number[] {
  const digits = lastDigit(high, low) + 1;
  const firsts = Math.min(FIRST_DIGITS, digits);
  // Drawn and possible: what the digits looked at say if those that follow say no, and if they say yes.
  const drawn = [0, 0, 0, 0];
  const possible = [-1, -1, -1, -1];
  for (let digit = firsts - 1; digit >= 0; digit--) {
    const isOne = digitOf(high, low, digit);
    for (let lane = 0; lane < 4; lane++) {
      const random = nextOfLane(memory, state, lane);
      for (const bits of [drawn, possible]) {
        bits[lane] = isOne ? (bits[lane] as number) | random : (bits[lane] as number) & random;
      }
    }
  }
  const open = inside.map((bits, lane) => {
    return bits & ((drawn[lane] as number) ^ (possible[lane] as number));
  });
  for (let digit = firsts; digit < digits && open.some((bits) => bits !== 0); digit++) {
    const isOne = digitOf(high, low, digit);
    for (let lane = 0; lane < 4; lane++) {
      const random = nextOfLane(memory, state, lane);
      const bits = open[lane] as number;
      if (isOne) (drawn[lane] as number) |= bits & random;
      open[lane] = bits & (isOne ? ~random : random);
    }
  }
  return drawn;
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
