import { setTimeout } from "node:timers/promises";
import { describe, expect } from "vitest";
import { DirtyBitmap } from "../../src/kernel/dirty-bitmap.js";
import type { Machine } from "../../src/machine/machine.js";
import { putImage, takeImage } from "../../src/machine/machine-image.js";
import { V86Machine } from "../../src/machine/v86/v86-machine.js";
import { PAGE_SIZE } from "../../src/units.js";
import { CHECKED_WORK, Console } from "./linux-console.js";
import { linux, MIB, testWithLinux } from "./linux-guest.js";

describe.each(["ne2k", "virtio"] as const)("a Linux amid its work, with %s", (network) => {
  testWithLinux("goes on in another machine where it stood", async () => {
    const first = await linux({ network });
    const shell = new Console(first);
    await first.resume();
    shell.type(CHECKED_WORK);
    await shell.heard(/OK 3\r/);
    await first.pause();
    const second = await V86Machine.create({ memoryBytes: 64 * MIB, network });
    await putImage(second, await takeImage(first));
    expect(second.mac).toEqual(first.mac);
    first.destroy();
    shell.follow(second);
    await second.resume();
    await shell.heard(/OK 6\r/);
    expect(shell.text).not.toMatch(/WRONG|Oops|panic|segfault/);
    // Each turn once, in order: nothing was done again, nothing was left out.
    const turns = [...shell.text.matchAll(/^OK (\d+)\r/gm)].map(([, turn]) => Number(turn));
    expect(turns).toEqual(turns.map((_, index) => index + 1));
    second.destroy();
  });
});

/** Pages that differ from a copy; the copy is brought up to date. */
function changedPages({ memory }: Machine, copy: Buffer): number[] {
  const changed: number[] = [];
  for (let page = 0; page < memory.pageCount; ) {
    const bytes = memory.read(page, memory.pageCount);
    for (let at = 0; at < bytes.length; at += PAGE_SIZE, page++) {
      const place = page * PAGE_SIZE;
      const now = bytes.subarray(at, at + PAGE_SIZE);
      if (copy.compare(now, 0, PAGE_SIZE, place, place + PAGE_SIZE) === 0) continue;
      copy.set(now, place);
      changed.push(page);
    }
  }
  return changed;
}

testWithLinux("no page that Linux changes is missed in 100 rounds of its dirty log", async () => {
  const machine = await linux();
  expect(machine.log).toBe("exact");
  const shell = new Console(machine);
  const copy = Buffer.alloc(machine.memory.pageCount * PAGE_SIZE);
  const dirty = new DirtyBitmap(machine.memory.pageCount);
  changedPages(machine, copy);
  machine.startLog();
  await machine.resume();
  shell.type(CHECKED_WORK);
  let changed = 0;
  const missed: number[] = [];
  for (let round = 0; round < 100; round++) {
    await setTimeout(30);
    // Between two slices, as all of this thread's work is.
    dirty.clearAll();
    machine.harvest(dirty);
    const pages = changedPages(machine, copy);
    changed += pages.length;
    missed.push(...pages.filter((page) => !dirty.has(page)));
  }
  expect(missed).toEqual([]);
  // The rounds have seen work, and the log says more than nothing and less than everything.
  expect(changed).toBeGreaterThan(1000);
  expect(dirty.count()).toBeLessThan(machine.memory.pageCount / 2);
  expect(shell.text).not.toMatch(/WRONG|Oops|panic|segfault/);
  machine.destroy();
});
