import { describe, test } from "vitest";
import { type MachineUnderTest, machineConformance } from "../../../../src/machine/conformance.js";
import { BULK, scripted, TABLES, UNALIGNED } from "./modules.js";
import { isAsAfter, Rig } from "./rig.js";

/** A machine whose guest is intact if its memory is what its module makes of it by itself. */
function underTest(rig: Rig): MachineUnderTest {
  return {
    machine: rig.machine,
    progress: () => rig.steps,
    isIntact: () => isAsAfter(rig, rig.steps),
    makeEmpty: async () => underTest(await rig.twin()),
  };
}

const SUBJECTS: [string, () => Promise<Rig>][] = [
  ["unaligned accesses", () => Rig.create(UNALIGNED)],
  ["bulk memory, growing", () => Rig.create(BULK)],
  ["tables, found by comparing", () => Rig.create(TABLES, { log: "compare" })],
  ["AssemblyScript", async () => Rig.create(await scripted())],
  ["without a way to wait for pages", () => Rig.create(UNALIGNED, { demand: null })],
];

describe.each(SUBJECTS)("%s", (_, make) => {
  for (const { name, run } of machineConformance(async () => underTest(await make()))) {
    test(name, run);
  }
});
