import { dirname } from "node:path";
import { imageChunks, readTraceFolder } from "./files/contents-files.js";
import { fleetFileContext } from "./files/fleet-files.js";
import { nodeThreads } from "./files/node-threads.js";
import { restBeforeExit } from "./files/process-end.js";
import { fileContext, readYamlFile } from "./files/scenario-files.js";
import { type FleetExperiment, resolveExperiment } from "./fleet/experiment.js";
import type { ScenarioInput } from "./scenario/input.js";
import { resolveScenario } from "./scenario/resolve.js";
import type { Scenario } from "./scenario/scenario.js";
import { type SimulateOptions, type Simulation, simulateWith } from "./simulation/simulate.js";
import {
  buildTestbed,
  type Surroundings,
  type Testbed,
  type TestbedOptions,
} from "./simulation/testbed.js";
import type { ManyOptions } from "./sweep/many.js";
import { runInPool } from "./sweep/pool.js";

export { imageChunks, imageSize, readTraceFolder } from "./files/contents-files.js";
export { openStreamFile } from "./files/stream-files.js";
export type { FleetExperiment } from "./fleet/experiment.js";
export type { FleetRunSettings, FleetScenario } from "./fleet/scenario/resolve.js";
export * from "./index.js";
export type { Manifest, StoredBlock, StoredFile, StoredSection } from "./live/manifest.js";
export type { MemoryComparison } from "./live/memory-comparison.js";
export {
  type ReceiveOptions,
  type ReceivePhase,
  type ReceiveProgress,
  type ReceiveReport,
  receive,
} from "./live/receive.js";
export {
  type RelayedChannel,
  type RelayOptions,
  type RelayProgress,
  type RelayReport,
  relay,
} from "./live/relay.js";
export type { RelayedContents } from "./live/relay-watch.js";
export { type SendOptions, type SendProgress, type SendReport, send } from "./live/send.js";
export { StoredPages, StoredVm } from "./live/stored-vm.js";
export * from "./predict.js";
export {
  observeProcess,
  type ProbeListener,
  type ProcessOptions,
} from "./probe/observe-process.js";
export { observeQemu, type QemuOptions } from "./probe/observe-qemu.js";
export { hasSoftDirtyBits } from "./probe/soft-dirty.js";
export {
  type Outlook,
  type WatchedEnd,
  type WatchOptions,
  watchMigration,
} from "./probe/watch-migration.js";
export type { PageKind } from "./qemu/stream-visitor.js";
export type {
  MigrationInfo,
  MigrationRam,
  MigrationStatus,
  XbzrleCacheInfo,
} from "./qmp/migration-info.js";
export {
  type DirtyRate,
  type DirtyRateMode,
  type MigrationParameters,
  QemuMonitor,
} from "./qmp/qemu-monitor.js";
export { QmpCommandError, QmpConnection, type QmpOptions } from "./qmp/qmp-connection.js";
export type { QmpEvent, QmpGreeting } from "./qmp/qmp-message.js";
export type { ManyOptions } from "./sweep/many.js";

/**
 * Reads a data centre's scenario from a YAML or JSON file, with the traces and observations that it names;
 * `godwit/fleet` runs it: `simulateFleet(fleet, run)`, or `runExperiment` whatever its profile.
 *
 * @throws InvalidOptionError that names what is wrong in the file, such as `hosts.0.type`.
 */
export async function loadFleet(path: string): Promise<FleetExperiment> {
  const value = await readYamlFile("path", path);
  return resolveExperiment(value, fleetFileContext(dirname(path)));
}

const SURROUNDINGS: Surroundings = {
  files: { readTrace: readTraceFolder, readImage: imageChunks },
  threads: nodeThreads,
};

/**
 * Runs an experiment in simulated time. The fields are those of the command line's flags in camelCase,
 * with the same text; traces, images and phases are read from files.
 *
 * @throws InvalidOptionError for fields that are unknown, impossible or contradictory.
 * @throws WireFormatError for damaged files.
 */
export async function simulate(
  input: ScenarioInput,
  options: SimulateOptions = {},
): Promise<Simulation> {
  return runScenario(resolveScenario(input, fileContext(".", "workload", "image")), options);
}

/**
 * Builds the guest and the link of an experiment, to be handed to a strategy: `preCopy(machine, link, options)`.
 * Fields that only concern how it migrates are checked and otherwise left to the strategy's own options.
 */
export async function createTestbed(
  input: ScenarioInput,
  options: TestbedOptions = {},
): Promise<Testbed> {
  restBeforeExit();
  const scenario = resolveScenario(input, fileContext(".", "workload", "image"));
  return buildTestbed(scenario, options, SURROUNDINGS);
}

/** As {@link simulate}, for a scenario that is resolved already. */
export function runScenario(
  scenario: Scenario,
  options: SimulateOptions = {},
): Promise<Simulation> {
  restBeforeExit();
  return simulateWith(scenario, options, SURROUNDINGS);
}

/**
 * Runs many experiments, several at once in threads of their own, and answers in the order of the inputs
 * what {@link simulate} would have answered to each: the same reports, byte for byte.
 *
 * @throws InvalidOptionError for any of the inputs, before the first one starts.
 * @throws AbortedError when the signal ends it; simulations under way are given up at once.
 */
export async function simulateMany(
  inputs: readonly ScenarioInput[],
  options: ManyOptions = {},
): Promise<Simulation[]> {
  const context = fileContext(".", "workload", "image");
  const scenarios = inputs.map((input) => resolveScenario(input, context));
  return runInPool(scenarios, options, (scenario, one) =>
    runScenario(scenario, { ...one, threads: 1 }),
  );
}
