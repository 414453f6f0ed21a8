import { describe, expect, test } from "vitest";
import { chooseRegion, describeRegion, parseMaps } from "../../../src/probe/process-maps.js";

const MAPS = `55b883587000-55b883589000 r--p 00000000 fe:00 260386                     /usr/bin/qemu-system-x86_64
55b884000000-55b884100000 rw-p 00000000 00:00 0                          [heap]
7f1000000000-7f1020000000 rw-p 00000000 00:00 0 
7f1020000000-7f1030000000 rw-p 00000000 00:00 0 
7f1030000000-7f1030001000 ---p 00000000 00:00 0 
7f1040000000-7f1080000000 rw-s 00000000 00:01 2053                       /memfd:pc.ram (deleted)
7f1090000000-7f1100000000 rwxp 00000000 00:00 0 
7f2000000000-7f3000000000 r--s 00000000 fe:00 99                         /var/lib/disk image.qcow2
7f3000000000-7f4000000000 rw-s 00000000 fe:00 99                         /var/lib/disk.raw
7ffd05c00000-7ffd05c21000 rw-p 00000000 00:00 0                          [stack]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`;

describe("the map of a process", () => {
  const regions = parseMaps(MAPS);

  test("joins mappings that go on, and leaves out what cannot be read", () => {
    expect(regions.map(describeRegion)).toEqual([
      "region 55b883587000-55b883589000, 8 KiB of /usr/bin/qemu-system-x86_64",
      "region 55b884000000-55b884100000, 1 MiB of [heap]",
      "region 7f1000000000-7f1030000000, 768 MiB",
      "region 7f1040000000-7f1080000000, 1 GiB of /memfd:pc.ram (deleted)",
      "region 7f1090000000-7f1100000000, 1.75 GiB",
      "region 7f2000000000-7f3000000000, 64 GiB of /var/lib/disk image.qcow2",
      "region 7f3000000000-7f4000000000, 64 GiB of /var/lib/disk.raw",
      "region 7ffd05c00000-7ffd05c21000, 132 KiB of [stack]",
    ]);
  });

  test("the largest memory is the guest's; files are none", () => {
    expect(chooseRegion(regions, "auto").start).toBe(0x7f1040000000);
    // Where it is known how much the guest has, a larger cache beside it is not mistaken for it.
    expect(chooseRegion(regions, "auto", 768 * 2 ** 20).start).toBe(0x7f1000000000);
    expect(() => chooseRegion(regions, "auto", 700 * 2 ** 20)).toThrow("region");
  });

  test("a region may be asked for, also a part of a mapping", () => {
    const { start, bytes } = chooseRegion(regions, "0x7f1000001000-7F1020002000");
    expect([start, bytes]).toEqual([0x7f1000001000, 0x20001000]);
  });

  test.each([
    ["7f1000000000"],
    ["7f1000000000-7f0000000000"],
    ["7f1000000001-7f1000001001"],
    ["7f1030000000-7f1030001000"],
    ["7f1020000000-7f1050000000"],
    ["zz-yy"],
    [""],
  ])("refuses %j", (wanted) => {
    expect(() => chooseRegion(regions, wanted)).toThrow(/^region: got .*ADDR-ADDR/);
  });

  test("a process without memory is refused", () => {
    expect(() => chooseRegion(parseMaps(""), "auto")).toThrow(/this one has none/);
  });
});
