import { migrate } from "../migration/migrate.js";
import type { MigrateOptions, ProgressListener } from "../migration/options.js";
import type { MigrationReport, RoundReport } from "../migration/report.js";
import { strategies } from "../migration/strategies.js";
import type { PageTimeMap } from "../report/page-time-map.js";
import type { MigrationSpec, Scenario } from "../scenario/scenario.js";
import { toMilliseconds } from "../units.js";
import type { ContentsFiles } from "./contents.js";
import { MapRecorder } from "./map-recorder.js";
import { buildTestbed } from "./testbed.js";

/** How a simulation is watched and stopped. */
export interface SimulateOptions {
  /** Called after every round. */
  readonly onRound?: (round: RoundReport) => void;
  /** Called after every batch of pages; a promise it answers is waited for. */
  readonly onProgress?: ProgressListener;
  readonly signal?: AbortSignal | null;
  /** Record the page x time map too. Default false. */
  readonly map?: boolean;
}

/** What a simulation gives. */
export interface Simulation {
  readonly report: MigrationReport;
  /** Null unless asked for. */
  readonly map: PageTimeMap | null;
}

/** Runs a scenario: builds its guest and its link in simulated time and migrates the one over the other. */
export async function simulateWith(
  scenario: Scenario,
  options: SimulateOptions,
  files: ContentsFiles,
): Promise<Simulation> {
  const { machine, link } = await buildTestbed(scenario, files);
  const recorder = options.map ? new MapRecorder(machine.pageCount) : null;
  const strategy = strategies[scenario.strategy];
  const report = await migrate(
    strategy,
    machine,
    link,
    migrateOptions(scenario, options),
    recorder,
  );
  return { report, map: recorder?.map(report) ?? null };
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

function migrationSwitches(spec: MigrationSpec): MigrateOptions {
  const { downtimeLimitNs, giveUpAfterNs } = spec;
  return {
    policy: spec.policy,
    maxBandwidth: spec.maxBandwidth ?? undefined,
    downtimeLimitMs: downtimeLimitNs === null ? undefined : toMilliseconds(downtimeLimitNs),
    maxRounds: spec.maxRounds ?? undefined,
    maxBytes: spec.maxBytes ?? undefined,
    dirtyThreshold: spec.dirtyThreshold ?? undefined,
    onNotConverged: spec.onNotConverged ?? undefined,
    giveUpAfterMs: giveUpAfterNs === null ? undefined : toMilliseconds(giveUpAfterNs),
    xbzrleCacheBytes: spec.xbzrleCacheBytes,
    autoConverge: spec.autoConverge,
    order: spec.order,
    skipDirty: spec.skipDirty,
    prepaging: spec.prepaging ?? undefined,
    pivots: spec.pivots,
  };
}
