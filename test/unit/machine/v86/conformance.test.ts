import { describe, test } from "vitest";
import { machineConformance } from "../../../../src/machine/conformance.js";
import { BUSY, Pc } from "./pc.js";

describe.each([
  ["a guest with page tables", {}, {}],
  ["a guest without page tables", { paging: false, rest: 7 }, {}],
  ["a log by comparison", {}, { log: "compare" }],
] as const)("a PC with %s", (_, guest, options) => {
  for (const { name, run } of machineConformance(() => Pc.boot({ ...BUSY, ...guest }, options))) {
    test(name, run);
  }
});
