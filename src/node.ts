import type { Scenario } from "./scenario/scenario.js";
import { type SimulateOptions, type Simulation, simulateWith } from "./simulation/simulate.js";
import { imageChunks, readTraceFolder } from "./world/files.js";

export * from "./index.js";
export { imageChunks, imageSize, readTraceFolder } from "./world/files.js";

/** Runs a scenario in simulated time; traces and images are read from files. */
export function simulate(scenario: Scenario, options: SimulateOptions = {}): Promise<Simulation> {
  return simulateWith(scenario, options, { readTrace: readTraceFolder, readImage: imageChunks });
}
