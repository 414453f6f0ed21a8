import wasm from "v86/build/v86.wasm?url";
import { describe, test } from "vitest";
import { machineConformance } from "../../src/machine/conformance.js";
import { BUSY, Pc } from "../unit/machine/v86/pc.js";

describe.each(["blocking", "suspending"] as const)("a PC in a page, %s for pages", (demand) => {
  const make = (): Promise<Pc> => Pc.boot(BUSY, { wasm, demand });
  for (const { name, run } of machineConformance(make)) test(name, run);
});
