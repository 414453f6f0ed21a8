import { expect, test } from "vitest";
import { DirtyBitmap } from "../../../src/kernel/dirty-bitmap.js";
import { CompareLog } from "../../../src/machine/compare-log.js";
import type { MachineMemory } from "../../../src/machine/machine.js";
import { PAGE_SIZE } from "../../../src/units.js";

const PAGES = 9001;

/** Memory that answers no more than some pages at a time. */
function memoryOver(bytes: Uint8Array): MachineMemory {
  return {
    pageCount: bytes.length / PAGE_SIZE,
    read: (from, to) => bytes.subarray(from * PAGE_SIZE, Math.min(to, from + 700) * PAGE_SIZE),
    write: (from, pages) => bytes.set(pages, from * PAGE_SIZE),
  };
}

test("a log by comparison finds what has changed, once", () => {
  const bytes = new Uint8Array(PAGES * PAGE_SIZE);
  const log = new CompareLog(memoryOver(bytes));
  const harvested = (): number[] => {
    const found = new DirtyBitmap(PAGES);
    log.harvest(found);
    return [...found.list()];
  };
  bytes[5] = 1;
  expect(harvested()).toEqual([]);
  log.start();
  expect(harvested()).toEqual([]);
  for (const page of [0, 699, 700, 4096, PAGES - 1]) bytes[(page + 1) * PAGE_SIZE - 1] = 7;
  expect(harvested()).toEqual([0, 699, 700, 4096, PAGES - 1]);
  expect(harvested()).toEqual([]);
  bytes[3 * PAGE_SIZE] = 1;
  log.start();
  bytes[8 * PAGE_SIZE] = 0;
  expect(harvested()).toEqual([]);
  bytes[3 * PAGE_SIZE] = 0;
  expect(harvested()).toEqual([3]);
  log.stop();
  bytes[3 * PAGE_SIZE] = 9;
  expect(harvested()).toEqual([]);
});
