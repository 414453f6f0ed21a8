import { fileContext } from "../files/scenario-files.js";
import { runScenario } from "../node.js";
import { refuseMoreThanMemory } from "../scenario/memory-need.js";
import { resolveScenario } from "../scenario/resolve.js";
import type { Scenario } from "../scenario/scenario.js";
import { numberCell, type PointPlace, type SweepKind } from "./kind.js";
import { located } from "./located.js";

/** One migration in simulated time; the base is a scenario. */
export const SIMULATE_KIND: SweepKind = {
  columns: [
    { name: "outcome", type: "text" },
    { name: "runningOn", type: "text" },
    { name: "converged", type: "boolean" },
    { name: "reason", type: "text" },
    { name: "totalMigrationTimeMs", type: "double" },
    { name: "downtimeMs", type: "double" },
    { name: "bytesSent", type: "integer" },
    { name: "rounds", type: "integer" },
    { name: "zeroPages", type: "integer" },
    { name: "rawPages", type: "integer" },
    { name: "deltaPages", type: "integer" },
    { name: "faults", type: "integer" },
    { name: "networkFaults", type: "integer" },
    { name: "stallMs", type: "double" },
    { name: "lostMs", type: "double" },
    { name: "degradation", type: "double" },
    { name: "sourceCpuSeconds", type: "double" },
    { name: "targetCpuSeconds", type: "double" },
    { name: "diskBytesSent", type: "integer" },
    { name: "packetsLost", type: "double" },
    { name: "penalty", type: "double" },
    { name: "verified", type: "boolean" },
  ],
  fileFields: [],
  groundField: null,
  check: (input, place) => void scenarioOf(input, place),
  async run(input, place) {
    const { report } = await runScenario(scenarioOf(input, place), { threads: 1 });
    const { faults, degradation, pagesSent, storage, network } = report;
    return [
      report.outcome,
      report.runningOn,
      report.converged,
      report.reason,
      numberCell(report.totalMigrationTimeMs),
      numberCell(report.downtimeMs),
      report.bytesSent,
      report.rounds.length,
      pagesSent.zero,
      pagesSent.raw,
      pagesSent.delta,
      faults.faults,
      report.networkFaults,
      numberCell(faults.stallMs),
      numberCell(degradation.lostMs),
      numberCell(degradation.share),
      numberCell(degradation.sourceCpuSeconds),
      numberCell(degradation.targetCpuSeconds),
      storage?.bytesSent ?? null,
      numberCell(network.packetsLost),
      numberCell(report.penalty),
      report.verified,
    ];
  },
};

function scenarioOf(input: Readonly<Record<string, unknown>>, place: PointPlace): Scenario {
  const nameOf = place.nameOf ?? ((field: string): string => field);
  const files = fileContext(place.folder, nameOf("workload"), nameOf("image"));
  const locate = (field: string, path: string): string => located(nameOf(field), path, place);
  const scenario = resolveScenario(input, { ...files, locate, nameOf });
  refuseMoreThanMemory(scenario.machine, place.memoryBytes, nameOf);
  return scenario;
}
