import { describe, expect, test } from "vitest";
import { BULK, scripted, TABLES, TWO_MEMORIES, UNALIGNED, VECTORS } from "./modules.js";
import { isAsAfter, missedByLog, pull, Rig, wronglyPulled } from "./rig.js";

const HAS_MEMORIES = WebAssembly.validate(TWO_MEMORIES.slice());

const MODULES: [string, () => Uint8Array | Promise<Uint8Array>][] = [
  ["tables", () => TABLES],
  ["bulk memory", () => BULK],
  ["vectors and atomics", () => VECTORS],
  ["unaligned accesses", () => UNALIGNED],
  ["AssemblyScript", scripted],
];
if (HAS_MEMORIES) MODULES.push(["two memories", () => TWO_MEMORIES]);

describe.each(MODULES)("%s", (_, moduleOf) => {
  test("a machine does what the module does by itself", async () => {
    const module = await moduleOf();
    const rig = await Rig.create(module);
    await rig.run(100);
    rig.machine.startLog();
    await rig.run(100);
    rig.machine.stopLog();
    await rig.run(100);
    expect(isAsAfter(rig, 300)).toBe(true);
    expect(isAsAfter(rig, 299)).toBe(false);
  });

  test("the log misses nothing", async () => {
    const rig = await Rig.create(await moduleOf());
    await rig.run(10);
    const { missed, spared } = await missedByLog(rig, 20, 5);
    expect(missed).toEqual([]);
    expect(spared).toBeGreaterThan(0);
  });

  test("nothing is read that has not arrived", async () => {
    const source = await Rig.create(await moduleOf());
    await source.run(150);
    const pulled = await pull(source, 100);
    expect(wronglyPulled(pulled)).toEqual([]);
    expect(pulled.faults).toBeGreaterThan(0);
    expect(await pulled.target.machine.saveState()).toEqual(await source.machine.saveState());
  });
});
