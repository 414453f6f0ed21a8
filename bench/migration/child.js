// One migration in a process of its own, so that its CPU time and its memory are nobody else's. The
// scenario comes as the first argument; one message goes to the parent, which then ends the process.

import { simulate } from "../../dist/node.js";
import { countCpuTime } from "./cpu-time.js";
import { peakBytes } from "./memory-use.js";
import { simulateRealBytes } from "./real-bytes.js";

const scenario = JSON.parse(process.argv[2]);
const held = process.memoryUsage().rss;
const { report, cpu, kernelShare } = await (scenario.contents === "generated"
  ? simulateRealBytes(scenario)
  : simulateWhole(scenario));
const peak = peakBytes();
const { outcome, rounds, totalMigrationTimeMs, verified } = report;
process.send({
  ...cpu,
  peakBytes: peak,
  addedBytes: Math.max(0, peak - held),
  outcome,
  verified,
  rounds: rounds.length,
  faults: report.faults?.faults ?? 0,
  totalMigrationTimeMs,
  kernelShare,
});

/** From the scenario's text to the report. */
async function simulateWhole(input) {
  const stop = countCpuTime();
  const { report } = await simulate(input);
  return { report, cpu: stop() };
}
