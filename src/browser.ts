import { InvalidOptionError } from "./errors.js";
import { webThreads } from "./kernel/web-threads.js";
import type { ScenarioInput } from "./scenario/input.js";
import { contextWithoutFiles, resolveScenario } from "./scenario/resolve.js";
import type { Scenario } from "./scenario/scenario.js";
import type { ContentsFiles } from "./simulation/contents.js";
import { type SimulateOptions, type Simulation, simulateWith } from "./simulation/simulate.js";
import { buildTestbed, type Testbed, type TestbedOptions } from "./simulation/testbed.js";
import { type ManyOptions, runMany } from "./sweep/many.js";

export * from "./index.js";
export type { ManyOptions } from "./sweep/many.js";

const NO_FILES: ContentsFiles = {
  readTrace: (folder) => {
    throw new InvalidOptionError("workload", `trace:${folder}`, "a trace brought along in `files`");
  },
  readImage: (path) => {
    throw new InvalidOptionError("image", path, "an image brought along in `files`");
  },
};

/**
 * Runs an experiment in simulated time. The fields are those of the command line's flags in camelCase,
 * with the same text; there are no files here, so traces and images need {@link runScenario}.
 *
 * @throws InvalidOptionError for fields that are unknown, impossible or contradictory.
 */
export async function simulate(
  input: ScenarioInput,
  options: SimulateOptions = {},
): Promise<Simulation> {
  return runScenario(resolveScenario(input, contextWithoutFiles()), options);
}

/**
 * Builds the guest and the link of an experiment, to be handed to a strategy: `preCopy(machine, link, options)`.
 * Fields that only concern how it migrates are checked and otherwise left to the strategy's own options.
 */
export async function createTestbed(
  input: ScenarioInput,
  options: TestbedOptions = {},
): Promise<Testbed> {
  const scenario = resolveScenario(input, contextWithoutFiles());
  return buildTestbed(scenario, options, { files: NO_FILES, threads: webThreads });
}

/** As {@link simulate}, for a scenario that is resolved already; what it reads, the caller brings along in `files`. */
export function runScenario(
  scenario: Scenario,
  options: SimulateOptions = {},
  files: ContentsFiles = NO_FILES,
): Promise<Simulation> {
  return simulateWith(scenario, options, { files, threads: webThreads });
}

/**
 * Runs many experiments, one after the other, and answers in the order of the inputs. `threads` is as in
 * Node, but makes nothing faster here.
 *
 * @throws InvalidOptionError for any of the inputs, before the first one starts.
 * @throws AbortedError when the signal ends it.
 */
export async function simulateMany(
  inputs: readonly ScenarioInput[],
  options: ManyOptions = {},
): Promise<Simulation[]> {
  const context = contextWithoutFiles();
  const scenarios = inputs.map((input) => resolveScenario(input, context));
  return runMany(scenarios, options, 1, (scenario, one) =>
    runScenario(scenario, { ...one, threads: 1 }),
  );
}
