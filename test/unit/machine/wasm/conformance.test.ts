import { describe, test } from "vitest";
import { machineConformance } from "../../../../src/machine/conformance.js";
import { BULK, scripted, TABLES, UNALIGNED } from "./modules.js";
import { Rig, underTest } from "./rig.js";

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
