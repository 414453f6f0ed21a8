import { migrate } from "../migration/migrate.js";
import type { MigrateOptions, ProgressListener } from "../migration/options.js";
import type { MigrationReport, RoundReport } from "../migration/report.js";
import { strategies } from "../migration/strategies.js";
import type { PageTimeMap } from "../report/page-time-map.js";
import { migrationSwitches } from "../scenario/migration-switches.js";
import type { Scenario } from "../scenario/scenario.js";
import { MapRecorder } from "./map-recorder.js";
import { buildTestbed, type Surroundings, type Testbed } from "./testbed.js";

/** How a simulation is watched and stopped. */
export interface SimulateOptions {
  /** Called after every round. */
  readonly onRound?: (round: RoundReport) => void;
  /** Called after every batch of pages; a promise it answers is waited for. */
  readonly onProgress?: ProgressListener;
  readonly signal?: AbortSignal | null;
  /** Record the page x time map too. Default false. */
  readonly map?: boolean;
  /**
   * Threads that move and compare the bytes of a guest with real contents, this one among them, 1 to 32; what they do
   * is the same however many they are. Default: as many as the machine runs at once, up to 8; one for a
   * guest of less than 2 GiB, for one without bytes, and where threads cannot share memory.
   */
  readonly threads?: number | undefined;
}

/** What a simulation gives. */
export interface Simulation {
  readonly report: MigrationReport;
  /** Null unless asked for. */
  readonly map: PageTimeMap | null;
  /** Why one thread did what several were asked for or would be the default; null: it did not. */
  readonly singleThreadReason: string | null;
}

/** Runs a scenario: builds its guest and its link in simulated time and migrates the one over the other. */
export async function simulateWith(
  scenario: Scenario,
  options: SimulateOptions,
  surroundings: Surroundings,
): Promise<Simulation> {
  const testbed = await buildTestbed(scenario, options, surroundings);
  try {
    return await run(scenario, options, testbed);
  } finally {
    testbed.close();
  }
}

async function run(
  scenario: Scenario,
  options: SimulateOptions,
  testbed: Testbed,
): Promise<Simulation> {
  const { machine, link } = testbed;
  const recorder = options.map ? new MapRecorder(machine.pageCount) : null;
  const strategy = strategies[scenario.strategy];
  const report = await migrate(
    strategy,
    machine,
    link,
    migrateOptions(scenario, options),
    recorder,
  );
  const map = recorder?.map(report) ?? null;
  // Asked for now, since a thread may be lost on the way.
  return { report, map, singleThreadReason: testbed.singleThreadReason };
}

function migrateOptions(scenario: Scenario, options: SimulateOptions): MigrateOptions {
  return {
    ...migrationSwitches(scenario.migration),
    host: scenario.host,
    serviceLevel: scenario.sla,
    packetLoss: scenario.link.loss,
    seed: scenario.seed,
    onRound: options.onRound,
    onProgress: options.onProgress,
    signal: options.signal,
  };
}
