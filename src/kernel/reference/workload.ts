import { PAGE_SIZE } from "../../units.js";
import type { Pointer, WorkloadExports } from "../exports.js";
import { nextOfLane } from "./random.js";

const COMPRESSIBLE = 1;
const RANDOM = 2;

/** How a guest writes, write by write. */
export function createWorkloadExports(buffer: ArrayBuffer): WorkloadExports {
  const memory = new Uint32Array(buffer);

  function step(state: Pointer): [number, number, number, number] {
    return [0, 1, 2, 3].map((lane) => nextOfLane(memory, state, lane)) as [
      number,
      number,
      number,
      number,
    ];
  }

  return {
    drawWrites(out, count, regions, regionCount, state) {
      function pageOf(choice: number, position: number): number {
        let region = regions / 4;
        const last = region + 3 * (regionCount - 1);
        while (region < last && (memory[region + 2] as number) <= choice) region += 3;
        const pages = memory[region + 1] as number;
        return (memory[region] as number) + scaled(position, pages);
      }
      for (let index = 0; index < count; index += 2) {
        const [a, b, c, d] = step(state);
        memory[out / 4 + index] = pageOf(a, b);
        memory[out / 4 + index + 1] = pageOf(c, d);
      }
    },

    storeWrites(guest, firstPage, pages, list, count, state) {
      for (let index = 0; index < count; index++) {
        const [slot, low, high] = step(state);
        const page = (memory[list / 4 + index] as number) - firstPage;
        if (page < 0 || page >= pages) continue;
        const at = (guest + page * PAGE_SIZE) / 4 + 2 * (slot >>> 23);
        memory[at] = low;
        memory[at + 1] = high;
      }
    },

    fillPages(base, pages, kind, state) {
      for (let at = base; at < base + pages * PAGE_SIZE; at += 64) {
        const line = memory.subarray(at / 4, at / 4 + 16);
        line.fill(0);
        if (kind === COMPRESSIBLE) {
          const content = step(state);
          for (let copy = 0; copy < 16; copy += 4) line.set(content, copy);
        } else if (kind === RANDOM) {
          for (let copy = 0; copy < 16; copy += 4) line.set(step(state), copy);
        }
      }
    },
  };
}

/** floor(fraction * pages / 2^32), where the product may need 64 bits. */
function scaled(fraction: number, pages: number): number {
  const high = Math.floor(fraction / 2 ** 16) * pages;
  const low = (fraction % 2 ** 16) * pages;
  return Math.floor((high + Math.floor(low / 2 ** 16)) / 2 ** 16);
}
