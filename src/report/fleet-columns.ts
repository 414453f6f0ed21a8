import type { FleetRun } from "../fleet/run/result.js";
import { toMilliseconds } from "../units.js";
import type { Cell, Column, ColumnType } from "./column.js";
import { fleetNames } from "./fleet-text.js";

/** How a column is made of rows. */
type Maker<Row> = readonly [name: string, type: ColumnType, cell: (row: Row) => Cell];

function columnsOf<Row>(rows: readonly Row[], makers: readonly Maker<Row>[]): Column[] {
  return makers.map(([name, type, cell]) => ({ name, type, values: rows.map(cell) }));
}

/** Every migration, in the order in which they ended; fields as in the JSON. */
export function migrationColumns(run: FleetRun): Column[] {
  const names = fleetNames(run);
  return columnsOf(run.result.migrations, [
    ["vm", "text", ({ vm }) => names.vm(vm)],
    ["source", "text", ({ from }) => names.host(from)],
    ["target", "text", ({ to }) => names.host(to)],
    ["strategy", "text", ({ strategy }) => strategy],
    ["outcome", "text", ({ outcome }) => outcome],
    ["converged", "boolean", ({ converged }) => converged],
    ["reason", "text", ({ reason }) => reason],
    ["askedBy", "text", ({ askedBy }) => askedBy],
    ["because", "text", ({ because }) => because],
    ["askedMs", "double", ({ askedNs }) => toMilliseconds(askedNs)],
    ["startMs", "double", ({ startNs }) => toMilliseconds(startNs)],
    ["endMs", "double", ({ endNs }) => toMilliseconds(endNs)],
    ["downtimeMs", "double", ({ downtimeNs }) => toMilliseconds(downtimeNs)],
    ["lostMs", "double", ({ lostNs }) => toMilliseconds(lostNs)],
    ["bytes", "integer", ({ bytes }) => Math.round(bytes)],
    ["rounds", "integer", ({ rounds }) => rounds],
    ["trafficPrice", "double", ({ trafficPrice }) => trafficPrice],
    ["isExact", "boolean", ({ isExact }) => isExact],
  ]);
}

/** What happened beside migrations; null: of no VM, of no host. */
export function eventColumns(run: FleetRun): Column[] {
  const names = fleetNames(run);
  return columnsOf(run.result.events, [
    ["atMs", "double", ({ atNs }) => toMilliseconds(atNs)],
    ["kind", "text", ({ kind }) => kind],
    ["vm", "text", ({ vm }) => (vm < 0 ? null : names.vm(vm))],
    ["host", "text", ({ host }) => (host < 0 ? null : names.host(host))],
    ["because", "text", ({ because }) => because],
  ]);
}

/** What controllers would have liked to do, and why they could not. */
export function refusalColumns(run: FleetRun): Column[] {
  const names = fleetNames(run);
  return columnsOf(run.result.refusals, [
    ["atMs", "double", ({ atNs }) => toMilliseconds(atNs)],
    ["vm", "text", ({ vm }) => (vm === null ? null : names.vm(vm))],
    ["host", "text", ({ host }) => (host === null ? null : names.host(host))],
    ["because", "text", ({ because }) => because],
  ]);
}

/** Hosts, power, CPU and migrations, a row for each interval. */
export function seriesColumns({ result }: FleetRun): Column[] {
  const { series } = result;
  const startMs = Float64Array.from({ length: series.length }, (_, interval) =>
    toMilliseconds(interval * series.intervalNs),
  );
  return [
    { name: "startMs", type: "double", values: startMs },
    { name: "activeHosts", type: "double", values: series.activeHosts },
    { name: "energyJoules", type: "double", values: series.joules },
    { name: "demandedCoreSeconds", type: "double", values: series.demanded },
    { name: "grantedCoreSeconds", type: "double", values: series.granted },
    { name: "migrations", type: "integer", values: series.migrations },
    { name: "migrationBytes", type: "integer", values: series.bytes.map(Math.round) },
  ];
}

/**
 * Utilisation, a row for each host and interval, in order of time; null where the host was not on. No rows
 * where the run did not keep it.
 */
export function utilisationColumns({ fleet, result }: FleetRun): Column[] {
  const { intervalNs, utilisation } = result.series;
  const hosts = fleet.hosts.length;
  const shares = utilisation ?? new Float32Array(0);
  const cells = (cell: (row: number) => Cell): Cell[] =>
    Array.from({ length: shares.length }, (_, row) => cell(row));
  return [
    {
      name: "startMs",
      type: "double",
      values: cells((row) => toMilliseconds(Math.floor(row / hosts) * intervalNs)),
    },
    { name: "host", type: "text", values: cells((row) => fleet.hosts[row % hosts]?.name ?? null) },
    {
      name: "utilisation",
      type: "double",
      values: cells((row) => {
        const share = shares[row] ?? Number.NaN;
        return Number.isNaN(share) ? null : share;
      }),
    },
  ];
}
