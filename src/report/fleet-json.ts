import type { Foreseen } from "../fleet/run/foreseen.js";
import type { FleetRun, MigrationRecord } from "../fleet/run/result.js";
import { toMilliseconds } from "../units.js";
import { bytesOf, countOf, migrationGroups, OUTCOMES } from "./fleet-figures.js";
import { eventCounts, fleetNames, refusalReasons, unfinishedReasons } from "./fleet-text.js";

/** What the JSON of a fleet's run holds besides figures. */
export interface FleetJsonOptions {
  /** Names of those that were in charge. */
  readonly controllers: readonly string[];
  /** What was known to fail before anything moved; left out: nobody looked. */
  readonly foreseen?: readonly Foreseen[];
  /** Longest list of migrations, events, hosts or intervals; the rest is counted. */
  readonly most?: number;
  /** Whether the utilisation of every host at every interval is wanted: hosts times intervals numbers. */
  readonly withUtilisation?: boolean;
}

/** So many rows are some 30 MB; more belong into columns. */
const MOST = 100_000;

/**
 * A fleet's run as JSON that ends in a newline: names rather than indices, units in the fields' names, keys
 * in one fixed order, a line for each migration, event and host. Equal runs give equal bytes.
 */
export function fleetToJson(run: FleetRun, options: FleetJsonOptions): string {
  const most = options.most ?? MOST;
  const { migrations, events, hostJoules } = run.result;
  const parts: [key: string, json: string][] = [
    ...Object.entries(figures(run, options.controllers)).map(([key, value]): [string, string] => [
      key,
      JSON.stringify(value),
    ]),
    ...(options.foreseen === undefined
      ? []
      : [["foreseen", JSON.stringify(options.foreseen)] as [string, string]]),
    ["series", JSON.stringify(seriesOf(run, most, options.withUtilisation ?? false))],
    ["migrations", lines(migrations.slice(0, most).map(migrationOf(run)))],
    ["migrationsLeftOut", String(Math.max(0, migrations.length - most))],
    ["events", lines(events.slice(0, most).map(eventOf(run)))],
    ["eventsLeftOut", String(Math.max(0, events.length - most))],
    ["hosts", lines(run.fleet.hosts.slice(0, most).map(hostOf(run, hostJoules)))],
    ["hostsLeftOut", String(Math.max(0, run.fleet.hosts.length - most))],
  ];
  const body = parts.map(([key, json]) => `  ${JSON.stringify(key)}: ${json}`).join(",\n");
  return `{\n${body}\n}\n`;
}

function lines(values: readonly unknown[]): string {
  if (values.length === 0) return "[]";
  return `[\n${values.map((value) => `    ${JSON.stringify(value)}`).join(",\n")}\n  ]`;
}

function figures(run: FleetRun, controllers: readonly string[]): Record<string, unknown> {
  const { fleet, result } = run;
  const { migrations, quality, costs } = result;
  return {
    name: fleet.name,
    profile: result.profile,
    seed: result.seed,
    controllers,
    durationMs: toMilliseconds(result.endNs),
    hostCount: fleet.hosts.length,
    vmCount: result.vmsSeen,
    steps: result.steps,
    migrationCount: migrations.length,
    migrationOutcomes: Object.fromEntries(
      OUTCOMES.map((outcome) => [outcome, countOf(migrations, outcome)]),
    ),
    migrationBytes: bytesOf(migrations),
    migrationGroups: migrationGroups(migrations),
    energyJoules: result.energyJoules,
    energyKilowattHours: result.energyJoules / 3_600_000,
    quality: {
      overloadedTimeShare: quality.overloadedTimeShare,
      migrationLossShare: quality.migrationLossShare,
      violation: quality.violation,
      missingShare: quality.missingShare,
      downtimeMs: toMilliseconds(quality.downtimeNs),
      crashDowntimeMs: toMilliseconds(quality.crashDowntimeNs),
      brokenContracts: quality.brokenContracts,
    },
    costs: {
      hosts: costs.hosts,
      energy: costs.energy,
      traffic: costs.traffic,
      penalties: costs.penalties,
      income: costs.income,
    },
    eventCounts: Object.fromEntries(eventCounts(result.events)),
    refusalCount: result.refusals.length,
    refusals: refusalReasons(run),
    unfinished: unfinishedReasons(run),
    links: linksOf(run),
  };
}

/** Links that carried anything, busiest first; a fleet has as many as it has hosts, so the list is short. */
function linksOf({ fleet, result }: FleetRun): { name: string; bytes: number }[] {
  const most = 100;
  return [...result.linkBytes]
    .map((bytes, link) => ({ name: fleet.topology.links[link]?.name ?? String(link), bytes }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, most);
}

function migrationOf(run: FleetRun): (one: MigrationRecord) => unknown {
  const names = fleetNames(run);
  return (one) => ({
    vm: names.vm(one.vm),
    source: names.host(one.from),
    target: names.host(one.to),
    strategy: one.strategy,
    outcome: one.outcome,
    converged: one.converged,
    reason: one.reason,
    askedBy: one.askedBy,
    because: one.because,
    askedMs: toMilliseconds(one.askedNs),
    startMs: toMilliseconds(one.startNs),
    endMs: toMilliseconds(one.endNs),
    downtimeMs: toMilliseconds(one.downtimeNs),
    lostMs: toMilliseconds(one.lostNs),
    bytes: one.bytes,
    rounds: one.rounds,
    trafficPrice: one.trafficPrice,
    isExact: one.isExact,
  });
}

function eventOf(run: FleetRun): (event: FleetRun["result"]["events"][number]) => unknown {
  const names = fleetNames(run);
  return ({ atNs, kind, vm, host, because }) => ({
    atMs: toMilliseconds(atNs),
    kind,
    vm: vm < 0 ? null : names.vm(vm),
    host: host < 0 ? null : names.host(host),
    because,
  });
}

function hostOf(
  { fleet }: FleetRun,
  joules: Float64Array,
): (host: FleetRun["fleet"]["hosts"][number], index: number) => unknown {
  return ({ name, type, site }, index) => ({
    name,
    type: type.name,
    site: fleet.sites[site]?.name ?? null,
    energyJoules: joules[index] ?? 0,
  });
}

/** The first intervals; of loads of hosts there are that many more, since each takes a few characters. */
function seriesOf({ fleet, result }: FleetRun, most: number, withUtilisation: boolean): unknown {
  const { series } = result;
  const length = Math.min(series.length, most);
  const first = (column: Float64Array): number[] => [...column.subarray(0, length)];
  const loads = (series.utilisation ?? new Float32Array(0)).subarray(
    0,
    fleet.hosts.length *
      Math.min(length, Math.floor((100 * most) / Math.max(1, fleet.hosts.length))),
  );
  return {
    intervalMs: toMilliseconds(series.intervalNs),
    intervalsLeftOut: series.length - length,
    activeHosts: first(series.activeHosts),
    energyJoules: first(series.joules),
    demandedCoreSeconds: first(series.demanded),
    grantedCoreSeconds: first(series.granted),
    migrations: first(series.migrations),
    migrationBytes: first(series.bytes),
    // Row by row of intervals; NaN, a host that was not on, becomes null.
    utilisation:
      withUtilisation && series.utilisation !== null
        ? Array.from(loads, (share) => Math.round(share * 1e4) / 1e4)
        : null,
  };
}
