import { PAGE_SIZE } from "../../units.js";
import type { PageScanExports, Pointer } from "../exports.js";
import { clearBit, setBit } from "./bits.js";

/** Whole pages: all zero, same, digest. */
export function createPageScanExports(buffer: ArrayBuffer): PageScanExports {
  const memory = new Uint32Array(buffer);
  const bytes = new DataView(buffer);

  /** Sets the bits of the pages that have a property and clears the rest of the last word. */
  function markPages(out: Pointer, pages: number, has: (index: number) => boolean): number {
    let marked = 0;
    for (let index = 0; index < 64 * Math.ceil(pages / 64); index++) {
      clearBit(memory, out, index);
      if (index < pages && has(index)) marked += Number(setBit(memory, out, index));
    }
    return marked;
  }

  return {
    pageIsZero: (page) => Number(isZero(memory, page)),
    zeroPages: (base, pages, out) =>
      markPages(out, pages, (index) => isZero(memory, base + index * PAGE_SIZE)),
    differingPages: (a, b, pages, out) =>
      markPages(out, pages, (index) => {
        return differ(memory, a + index * PAGE_SIZE, b + index * PAGE_SIZE);
      }),
    digestPages(base, pages, out) {
      for (let index = 0; index < pages; index++) {
        bytes.setBigUint64(out + 8 * index, digestOf(bytes, base + index * PAGE_SIZE), true);
      }
    },
  };
}

/** Whether all 4096 bytes of a page are zero. */
export function isZero(memory: Uint32Array, page: Pointer): boolean {
  return memory.subarray(page / 4, (page + PAGE_SIZE) / 4).every((word) => word === 0);
}

function differ(memory: Uint32Array, a: Pointer, b: Pointer): boolean {
  for (let offset = 0; offset < PAGE_SIZE / 4; offset++) {
    if (memory[a / 4 + offset] !== memory[b / 4 + offset]) return true;
  }
  return false;
}

const PRIME_1 = 0x9e3779b185ebca87n;
const PRIME_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME_3 = 0x165667b19e3779f9n;
const PRIME_4 = 0x85ebca77c2b2ae63n;

/** XXH64, seed 0, of the 4096 bytes of a page. */
function digestOf(bytes: DataView, page: Pointer): bigint {
  const lanes = [PRIME_1 + PRIME_2, PRIME_2, 0n, -PRIME_1];
  for (let offset = 0; offset < PAGE_SIZE; offset += 8) {
    const lane = (offset / 8) % 4;
    lanes[lane] = mix(lanes[lane] as bigint, bytes.getBigUint64(page + offset, true));
  }
  const [a, b, c, d] = lanes.map(wrap) as [bigint, bigint, bigint, bigint];
  let hash = rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n);
  for (const lane of [a, b, c, d]) hash = (wrap(hash) ^ mix(0n, lane)) * PRIME_1 + PRIME_4;
  hash = wrap(hash + BigInt(PAGE_SIZE));
  hash = wrap((hash ^ (hash >> 33n)) * PRIME_2);
  hash = wrap((hash ^ (hash >> 29n)) * PRIME_3);
  return hash ^ (hash >> 32n);
}

function mix(lane: bigint, input: bigint): bigint {
  return wrap(rotate(wrap(lane + input * PRIME_2), 31n) * PRIME_1);
}

function rotate(value: bigint, by: bigint): bigint {
  return wrap(value << by) | (value >> (64n - by));
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
