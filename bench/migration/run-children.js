import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { resultOf } from "../result.js";
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
    runs.get(experiment).push(await runChild(experiment));
  }
  return experiments.map((experiment) => summarize(experiment, runs.get(experiment)));
}

/**
 * @param {Experiment} experiment
 * @returns {Promise<Run>}
 */
async function runChild({ scenario, name, pattern }) {
  const child = fork(CHILD, [JSON.stringify(scenario)]);
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  const ended = once(child, "exit");
  const told = await Promise.race([once(child, "message"), ended.then(() => [null])]);
  // Node may wait for its compiler threads forever when it ends by itself (nodejs/node issue 54918).
  end();
  await ended;
  process.off("exit", end);
  const [run] = told;
  if (run === null) throw new Error(`${name}, ${pattern}: the process ended without a result`);
  if (run.verified === false) throw new Error(`${name}, ${pattern}: source and target differ`);
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
