import { describe, expect, test } from "vitest";
import { machineConformance } from "../../src/machine/conformance.js";
import type { WasmApplication } from "../../src/machine/wasm/application.js";
import { TABLES, TWO_MEMORIES, UNALIGNED, VECTORS } from "../unit/machine/wasm/modules.js";
import { Rig, underTest } from "../unit/machine/wasm/rig.js";

const SUBJECTS: [string, Uint8Array, Partial<WasmApplication>][] = [
  ["unaligned accesses, blocking", UNALIGNED, { demand: "blocking" }],
  ["unaligned accesses, suspending", UNALIGNED, { demand: "suspending" }],
  ["vectors, suspending", VECTORS, { demand: "suspending" }],
  ["tables, suspending", TABLES, { demand: "suspending" }],
];
// Chromium has several memories, Node only since version 22.
if (WebAssembly.validate(TWO_MEMORIES.slice())) {
  SUBJECTS.push(["two memories, suspending", TWO_MEMORIES, { demand: "suspending" }]);
}

describe.each(SUBJECTS)("a module in a page: %s", (_, module, options) => {
  test("it waits for pages as it was asked to", async () => {
    const { machine } = await Rig.create(module, options);
    expect(machine.demand).toBe(options.demand);
  });
  const make = async () => underTest(await Rig.create(module, options));
  for (const { name, run } of machineConformance(make)) test(name, run);
});
