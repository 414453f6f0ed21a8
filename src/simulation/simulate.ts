import type { Machine } from "../machine/machine.js";
import { SimulatedMachine } from "../machine/simulated-machine.js";
import { migrate } from "../migration/migrate.js";
import type { MigrateOptions, ProgressListener } from "../migration/options.js";
import type { MigrationReport, RoundReport } from "../migration/report.js";
import { strategies } from "../migration/strategies.js";
import type { PageTimeMap } from "../report/page-time-map.js";
import type { MigrationSpec, Scenario } from "../scenario/scenario.js";
import { toMilliseconds } from "../units.js";
import { Workload } from "../workload/workload.js";
import { SimulatedClock } from "../world/clock.js";
import { Random } from "../world/random.js";
import { SimulatedLink } from "../world/simulated-link.js";
import { type ContentsFiles, createContents } from "./contents.js";
import { MapRecorder } from "./map-recorder.js";

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
  const clock = new SimulatedClock();
  const link = new SimulatedLink(clock, scenario.link);
  const machine = await createMachine(clock, scenario, files);
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

async function createMachine(
  clock: SimulatedClock,
  { machine: spec, seed }: Scenario,
  files: ContentsFiles,
): Promise<Machine> {
  const random = new Random(seed).fork("machine");
  const { store, trace, markZeroPages } = await createContents(spec, random, files);
  const workload = new Workload(spec.workload, {
    random: random.fork("workload"),
    hasContents: store !== null,
    trace,
  });
  return new SimulatedMachine(clock, {
    pageCount: store?.pageCount ?? spec.memoryPages,
    workload,
    parts: spec,
    store,
    markZeroPages,
    writeState: random.fork("written bytes").state,
  });
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
    prepaging: spec.prepaging,
    pivots: spec.pivots,
  };
}
