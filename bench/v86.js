import { setTimeout } from "node:timers/promises";
import { DirtyBitmap } from "../dist/kernel/dirty-bitmap.js";
import { testGuest } from "../dist/machine/v86/test-guest.js";
import { V86Machine } from "../dist/machine/v86/v86-machine.js";
import { effortOf } from "./effort.js";
import { interleave } from "./interleave.js";
import { resultOf } from "./result.js";
import { textTable, timeText } from "./text-table.js";

const MEMORY = 32 << 20;
/** Slices in a run, with a harvest at its end: a round of pre-copy over some 100 ms. */
const SLICES = 100;
/** Until v86 has compiled what the guest does. */
const SETTLE_MS = 2000;

const GUESTS = {
  "page tables": { pages: 2048, paging: true, exec: true, report: 100_000 },
  "no page tables": { pages: 2048, report: 100_000 },
};

/**
 * What the dirty log of PCs costs: slices of v86 as it comes, of the patched one, and of it while it logs.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchV86({ small, onProgress }) {
  const results = [];
  for (const [pattern, guest] of Object.entries(GUESTS)) {
    onProgress(pattern);
    const slices = small ? 2 : SLICES;
    const machines = [];
    const variant = async (name, log, isLogging) => {
      const machine = await V86Machine.create({
        memoryBytes: MEMORY,
        guest: testGuest(guest),
        log,
      });
      machines.push(machine);
      await machine.resume();
      await setTimeout(small ? 50 : SETTLE_MS);
      await machine.pause();
      if (isLogging) machine.startLog();
      const dirty = new DirtyBitmap(machine.memory.pageCount);
      const { cpu } = machine.emulator.v86;
      const run = () => {
        for (let slice = 0; slice < slices; slice++) cpu.main_loop();
        if (isLogging) machine.harvest(dirty);
      };
      return { name, run };
    };
    const variants = [
      await variant("v86", "compare", false),
      await variant("patched", "exact", false),
      await variant("logging", "exact", true),
    ];
    const samples = await interleave(variants, effortOf(small));
    const work = { count: slices, unit: "slices" };
    results.push(resultOf({ group: "v86", name: "dirty-log", pattern, work }, samples));
    for (const machine of machines) machine.destroy();
  }
  return { results, absent: {}, text: textOf(results) };
}

/** @param {readonly import("./result.js").Result[]} results */
function textOf(results) {
  const rows = results.map(({ pattern, p10Ms, medianRatioTo, noise }) => [
    pattern,
    timeText(p10Ms),
    ...["patched", "logging"].map(
      (name) => `${medianRatioTo[name].toFixed(3)} ±${Math.round(50 * noise[name])}%`,
    ),
  ]);
  return textTable(["guest", `${SLICES} slices of v86, p10`, "patched", "logging"], rows, [0]);
}
