import { setTimeout } from "node:timers/promises";
import { DirtyBitmap } from "../dist/kernel/dirty-bitmap.js";
import { testGuest } from "../dist/machine/v86/test-guest.js";
import { V86Machine } from "../dist/machine/v86/v86-machine.js";
import { effortOf } from "./effort.js";
import { interleave } from "./interleave.js";
import { resultOf } from "./result.js";
import { textTable, timeText } from "./text-table.js";

const MEMORY = 32 << 20;
/** Instructions in a run, with a harvest at its end: a round of pre-copy over some 100 ms. */
const INSTRUCTIONS = 8_000_000;
/** CPU time for a guest: what the log costs is less than what runs differ by. */
const BUDGET_MS = 20_000;
/** Until v86 has compiled what the guest does. */
const SETTLE_MS = 2000;

const GUESTS = {
  "page tables": { pages: 2048, paging: true, exec: true, report: 100_000 },
  "no page tables": { pages: 2048, report: 100_000 },
};

/**
 * What the dirty log of PCs costs: the patched v86 while it logs beside itself while it does not, and beside v86 as
 * it comes. The first two are one machine, since two that are alike differ by more than the log costs.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchV86({ small, onProgress }) {
  const results = [];
  for (const [pattern, guest] of Object.entries(GUESTS)) {
    onProgress(pattern);
    const instructions = small ? 10_000 : INSTRUCTIONS;
    const settleMs = small ? 50 : SETTLE_MS;
    const [patched, plain] = [
      await settled(guest, "exact", settleMs),
      await settled(guest, "compare", settleMs),
    ];
    const dirty = new DirtyBitmap(patched.memory.pageCount);
    const variants = [
      {
        name: "logging",
        before: () => patched.startLog(),
        run() {
          execute(patched, instructions);
          patched.harvest(dirty);
        },
      },
      {
        name: "patched",
        before: () => patched.stopLog(),
        run: () => execute(patched, instructions),
      },
      { name: "v86", run: () => execute(plain, instructions) },
    ];
    const effort = { ...effortOf(small), ...(small ? {} : { budgetMs: BUDGET_MS }) };
    const samples = await interleave(variants, effort);
    const work = { count: instructions, unit: "instructions" };
    results.push(resultOf({ group: "v86", name: "dirty-log", pattern, work }, samples));
    for (const machine of [patched, plain]) machine.destroy();
  }
  return { results, absent: {}, text: textOf(results) };
}

/** A machine that stands amid its work. */
async function settled(guest, log, settleMs) {
  const machine = await V86Machine.create({ memoryBytes: MEMORY, guest: testGuest(guest), log });
  await machine.resume();
  await setTimeout(settleMs);
  await machine.pause();
  return machine;
}

/** Slices until so many instructions were executed; the last one goes a little further. */
function execute(machine, instructions) {
  const { cpu } = machine.emulator.v86;
  const from = machine.instructions;
  while ((machine.instructions - from) >>> 0 < instructions) cpu.main_loop();
}

/** @param {readonly import("./result.js").Result[]} results */
function textOf(results) {
  const rows = results.map(({ pattern, p10Ms, medianRatioTo, noise }) => [
    pattern,
    timeText(p10Ms),
    ...["patched", "v86"].map(
      (name) => `${medianRatioTo[name].toFixed(3)} ±${Math.round(50 * noise[name])}%`,
    ),
  ]);
  const heads = ["guest", `${INSTRUCTIONS / 1e6} M instructions, logged`, "to no log", "to v86"];
  return textTable(heads, rows, [0]);
}
