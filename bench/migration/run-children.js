import { fileURLToPath } from "node:url";
import { resultOf } from "../result.js";
import { runChild } from "../run-child.js";
import { median, shuffled } from "../statistics.js";

/** @typedef {import("./scenarios.js").Experiment} Experiment */

/**
 * What a child tells of one migration.
 *
 * @typedef {object} Run
 * @property {number} cpuMs
 * @property {number} systemMs
 * @property {number} peakBytes
 * @property {number} addedBytes
 * @property {string} outcome
 * @property {boolean | null} verified
 * @property {number} rounds
 * @property {number} faults
 */

const CHILD = fileURLToPath(new URL("child.js", import.meta.url));

/**
 * Runs experiments as often as each asks for, all of them in random order.
 *
 * @param {readonly Experiment[]} experiments
 * @param {(text: string) => void} onProgress
 */
export async function runExperiments(experiments, onProgress) {
  const runs = new Map(experiments.map((experiment) => [experiment, []]));
  const turns = experiments.flatMap((experiment) => Array(experiment.repeats).fill(experiment));
  for (const experiment of shuffled(turns)) {
    onProgress(`${experiment.name}, ${experiment.pattern}`);
    runs.get(experiment).push(await runOne(experiment));
  }
  return experiments.map((experiment) => summarize(experiment, runs.get(experiment)));
}

/**
 * @param {Experiment} experiment
 * @returns {Promise<Run>}
 */
async function runOne({ scenario, name, pattern }) {
  const title = `${name}, ${pattern}`;
  const run = await runChild(CHILD, scenario, title);
  if (run.verified === false) throw new Error(`${title}: source and target differ`);
  return run;
}

/**
 * @param {Experiment} experiment
 * @param {readonly Run[]} runs
 */
function summarize({ name, pattern, pages, scenario }, runs) {
  const [first] = runs;
  const hasBytes = scenario.contents === "generated";
  const work = { count: pages, unit: "pages", ...(hasBytes ? { bytes: pages * 4096 } : {}) };
  const samples = new Map([["godwit", runs.map(({ cpuMs }) => cpuMs)]]);
  const result = resultOf({ group: "migration", name, pattern, work }, samples);
  return {
    ...result,
    systemMs: median(runs.map((one) => one.systemMs)),
    peakBytes: median(runs.map((one) => one.peakBytes)),
    addedBytes: median(runs.map((one) => one.addedBytes)),
    outcome: first.outcome,
    verified: first.verified,
    ...(hasBytes ? { kernelShare: median(runs.map((one) => one.kernelShare)) } : {}),
    rounds: first.rounds,
    faults: first.faults,
    nsPerPageAndRound: (result.medianMs * 1e6) / (pages * first.rounds),
  };
}
