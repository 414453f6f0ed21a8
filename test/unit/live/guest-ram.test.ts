import { expect, test } from "vitest";
import { parseRamRanges } from "../../../src/live/guest-ram.js";

const TEXT = `FlatView #1
 AS "cpu-smm-0", root: memory
 Root memory region: memory
  0000000000000000-0000000000ffffff (prio 0, ram): other

FlatView #2
 AS "memory", root: system
 AS "cpu-memory-0", root: system
 Root memory region: system
  0000000000000000-000000000009ffff (prio 0, ram): pc.ram
  00000000000a0000-00000000000bffff (prio 1, i/o): vga-lowmem
  00000000000c0000-00000000000dffff (prio 1, rom): pc.rom
  00000000000e0000-00000000000fffff (prio 0, rom): pc.bios @0000000000020000
  00000000000f0000-00000000bfffffff (prio 0, ram): pc.ram @00000000000f0000
  0000000100000000-00000001787fffff (prio 0, ram): pc.ram @00000000c0000000

FlatView #3
 AS "I/O", root: io
`;

test("RAM is found behind a guest's addresses, from 1 MiB on and beyond the hole below 4 GiB", () => {
  expect(parseRamRanges(TEXT.replaceAll("\n", "\r\n"))).toEqual([
    { block: "pc.ram", address: 2 ** 20, offset: 2 ** 20, length: 0xc0000000 - 2 ** 20 },
    { block: "pc.ram", address: 2 ** 32, offset: 0xc0000000, length: 0x78800000 },
  ]);
  expect(parseRamRanges("nothing of the kind")).toEqual([]);
});
