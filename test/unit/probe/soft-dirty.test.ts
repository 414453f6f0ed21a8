import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DeltaSample } from "../../../src/observe/delta-sample.js";
import { horizonsFor } from "../../../src/observe/horizons.js";
import { residentPages } from "../../../src/probe/process-contents.js";
import { ProcessMemory } from "../../../src/probe/process-memory.js";
import { SoftDirtyWatch } from "../../../src/probe/soft-dirty.js";
import { PAGE_SIZE } from "../../../src/units.js";

const PAGES = 16;
const START = 0x10000;
const PRESENT = 1n << 63n;
const WRITTEN = 1n << 55n;
const SWAPPED = 1n << 62n;

let proc = "";
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), "godwit-proc-"));
  mkdirSync(join(proc, "7"));
  const end = START + PAGES * PAGE_SIZE;
  const maps = `${START.toString(16)}-${end.toString(16)} rw-p 00000000 00:00 0 \n`;
  writeFileSync(join(proc, "7/maps"), maps);
  writeFileSync(join(proc, "7/clear_refs"), "");
  writeFileSync(join(proc, "7/mem"), new Uint8Array(end).fill(5, START));
});
afterEach(() => rmSync(proc, { recursive: true }));

/** What the kernel would say of each page; all others are not there. */
function showPages(entries: Readonly<Record<number, bigint>>): void {
  const table = new BigUint64Array(START / PAGE_SIZE + PAGES);
  for (const [page, entry] of Object.entries(entries)) {
    table[START / PAGE_SIZE + Number(page)] = entry;
  }
  writeFileSync(join(proc, "7/pagemap"), new Uint8Array(table.buffer));
}

describe("a process whose kernel keeps soft-dirty bits", () => {
  test("pages that are not there are not read", () => {
    showPages({ 1: PRESENT, 2: SWAPPED, 5: PRESENT | WRITTEN, 15: PRESENT });
    const memory = ProcessMemory.open(7, "auto", null, proc);
    expect([...residentPages(memory)]).toEqual([1, 5, 15]);
    expect(memory.pages).toBe(PAGES);
    memory.close();
  });

  test("pages that were written since the look before count", () => {
    showPages({ 1: PRESENT | WRITTEN, 4: PRESENT | WRITTEN, 5: PRESENT, 15: PRESENT });
    const memory = ProcessMemory.open(7, "auto", null, proc);
    const horizons = horizonsFor(100, 400);
    const watch = new SoftDirtyWatch(memory, residentPages(memory), horizons);
    const deltas = new DeltaSample(horizons, 0);
    // What was written before the first look is nobody's.
    watch.look(memory, () => 0, deltas);
    expect(readFileSync(join(proc, "7/clear_refs"), "utf8")).toBe("4");
    showPages({ 1: PRESENT, 4: PRESENT | WRITTEN, 5: PRESENT, 9: PRESENT | WRITTEN, 15: PRESENT });
    watch.look(memory, () => 100, deltas);
    showPages({ 1: PRESENT, 4: PRESENT | WRITTEN, 5: PRESENT, 15: PRESENT | WRITTEN });
    watch.look(memory, () => 200, deltas);
    deltas.snapshot(200);
    // Page 9 came after the beginning; pages 4 and then 4 and 15 were written.
    expect(watch.counts.at(0)).toMatchObject({ windows: 2, lengthMs: 100, pages: 1.5 });
    expect(watch.counts.at(2)).toMatchObject({ windows: 1, lengthMs: 200, pages: 2 });
    expect(watch.pausedMs).toBeGreaterThan(0);
    expect(memory.bytesRead).toBe(3 * PAGE_SIZE);
    memory.close();
  });

  test("one whose memory ends is said to have ended, one whose mapping goes to have changed", () => {
    showPages({ 1: PRESENT });
    const memory = ProcessMemory.open(7, "auto", null, proc);
    truncateSync(join(proc, "7/mem"), START);
    const into = new Uint8Array(PAGE_SIZE);
    expect(() => memory.read(0, 1, into)).toThrow("process 7: it ended while it was observed");
    const broken = Object.assign(new Error("EIO"), { code: "EIO" });
    expect(memory.lost(broken).message).toMatch(/the mapping changed, or the system answers EIO/);
    memory.close();
  });

  test("one that may not be read is refused", () => {
    rmSync(join(proc, "7/mem"));
    expect(() => ProcessMemory.open(7, "auto", null, proc)).toThrow(
      /^pid: got 7, expected a process/,
    );
    expect(() => ProcessMemory.open(8, "auto", null, proc)).toThrow(
      /there is none with this number/,
    );
  });
});
