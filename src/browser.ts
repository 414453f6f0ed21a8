import { InvalidOptionError } from "./errors.js";
import type { Scenario } from "./scenario/scenario.js";
import type { ContentsFiles } from "./simulation/contents.js";
import { type SimulateOptions, type Simulation, simulateWith } from "./simulation/simulate.js";

export * from "./index.js";

const NO_FILES: ContentsFiles = {
  readTrace: (folder) => {
    throw new InvalidOptionError("workload", `trace:${folder}`, "a trace brought along in `files`; a browser has no folders");
  },
  readImage: (path) => {
    throw new InvalidOptionError("image", path, "an image brought along in `files`; a browser has no paths");
  },
};

/** Runs a scenario in simulated time; what it reads, the caller brings along in `files`. */
export function simulate(
  scenario: Scenario,
  options: SimulateOptions = {},
  files: ContentsFiles = NO_FILES,
): Promise<Simulation> {
  return simulateWith(scenario, options, files);
}
