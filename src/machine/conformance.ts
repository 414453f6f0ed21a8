import { demandCases } from "./conformance/demand-cases.js";
import { logCases } from "./conformance/log-cases.js";
import { powerCases } from "./conformance/power-cases.js";
import { stateCases } from "./conformance/state-cases.js";
import type { ConformanceCase, MachineUnderTest } from "./conformance/subject.js";

export { compareLog, type LogComparison } from "./conformance/log-cases.js";
export type { ConformanceCase, MachineUnderTest } from "./conformance/subject.js";
export { ConformanceError } from "./conformance/subject.js";

/**
 * Holds an implementation of {@link Machine} to what is said of each of its members. Runs under any test
 * framework: every case is a name and a function that rejects with a {@link ConformanceError}.
 *
 * ```ts
 * for (const { name, run } of machineConformance(makeMine)) test(name, run);
 * ```
 *
 * @param make - A new machine that stands, with a guest that works and writes to its memory when it runs.
 */
export function machineConformance(make: () => Promise<MachineUnderTest>): ConformanceCase[] {
  return [...powerCases(make), ...logCases(make), ...stateCases(make), ...demandCases(make)];
}
