// Holds the profile `simgrid` against SimGrid 3.32's own results: single migrations (simgrid_cases.csv, with
// the transfers of each in simgrid_rounds.csv) and fleets whose migrations contend (contention_*.csv).

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { SimGridMigration, simGridPath } from "../dist/fleet/fluid/simgrid.js";
import { simGridOutlook } from "../dist/fleet/fluid/simgrid-outlook.js";
import { simulateFleet } from "../dist/fleet/run/simulate-fleet.js";
import { fleetN } from "../dist/fleet/scenario/fleet-n.js";
import { FluidCurves } from "../dist/kernel/fluid.js";
import { readTable } from "./csv.mjs";

const SECOND = 1e9;
/** The last digit of the files' times, in seconds; what lies within it is no difference. */
const DIGIT = 1e-9;
/**
 * Downtimes under contention are some ms: the few bytes by which the last round differs, since SimGrid's
 * roundings add up over the rounds before, are nanoseconds. Within a microsecond they count as equal.
 */
const DOWNTIME_SLACK = 1e-6;

/** Goals: relative error of a migration alone, and of one among others. */
export const SIMGRID_GOALS = { alone: 1e-6, contending: 1e-5, verdictMs: 10 };

const CASE_COLUMNS =
  "id network_model crosstraffic ram_bytes host_flops_per_s cpu_utilisation dirty_intensity working_set_bytes migration_speed_cap_Bps link_bandwidth_Bps link_latency_s total_time_s downtime_s stage2_rounds bytes_sent outcome";
const ROUND_COLUMNS = "id bytes";
const FLEET_COLUMNS = "vm total_time_s downtime_s";
const FLEET_NAME = /^contention_N(\d+)_(star|bb|racks)_s(\d+(?:\.\d+)?)_(CM02|LV08)_c(\d+)\.csv$/;

/** Relative error of a time; differences within `slack` seconds are none. */
function errorOf(ours, theirs, slack = DIGIT) {
  const difference = Math.abs(ours - theirs);
  return difference <= slack ? 0 : difference / Math.abs(theirs);
}

/** A single case as the profile is asked about it. */
export function simGridQuestion(row) {
  const guest = {
    ramBytes: Number(row.ram_bytes),
    workingSetBytes: Number(row.working_set_bytes),
    dirtyIntensity: Number(row.dirty_intensity),
    migrationSpeed: Number(row.migration_speed_cap_Bps),
    cpuUtilisation: Number(row.cpu_utilisation),
    hostSpeed: Number(row.host_flops_per_s),
  };
  const path = simGridPath(
    row.network_model === "LV08" ? "LV08" : "CM02",
    Number(row.link_bandwidth_Bps),
    Number(row.link_latency_s) * SECOND,
    row.crosstraffic === "1",
  );
  return { guest, path };
}

/** The cases of a folder, each with the bytes of its transfers where they are told; none without their file. */
export function simGridCases(folder) {
  const file = join(folder, "simgrid_cases.csv");
  if (!existsSync(file)) return [];
  const rounds = join(folder, "simgrid_rounds.csv");
  const transfers = existsSync(rounds) ? readTable(rounds, ROUND_COLUMNS) : [];
  return readTable(file, CASE_COLUMNS).map((row) => ({
    row,
    transfers: transfers.filter(({ id }) => id === row.id).map(({ bytes }) => Number(bytes)),
  }));
}

/** Every single case, ours and SimGrid's. */
export function validateSimGridCases(folder) {
  const curves = new FluidCurves();
  return simGridCases(folder).map(({ row, transfers }) => {
    const { guest, path } = simGridQuestion(row);
    const start = performance.now();
    const outlook = simGridOutlook(guest, path, curves);
    const verdictMs = performance.now() - start;
    const common = {
      id: row.id,
      model: row.network_model,
      note: row.note ?? "",
      verdictMs,
      outlook,
    };
    if (row.outcome !== "ok") return { ...common, hasResult: false, isGood: !outlook.converges };
    const totalError = errorOf(outlook.totalNs / SECOND, Number(row.total_time_s));
    const downtimeError = errorOf(outlook.downtimeNs / SECOND, Number(row.downtime_s));
    const roundsEqual = outlook.rounds === Number(row.stage2_rounds);
    const sent = transfers.length > 0 ? transfersOf(guest, path) : [];
    const bytesApart =
      sent.length === transfers.length
        ? Math.max(0, ...sent.map((bytes, index) => Math.abs(bytes - transfers[index])))
        : Number.POSITIVE_INFINITY;
    const isGood =
      outlook.converges &&
      Math.max(totalError, downtimeError) <= SIMGRID_GOALS.alone &&
      roundsEqual &&
      bytesApart <= 1;
    return {
      ...common,
      hasResult: true,
      totalError,
      downtimeError,
      roundsEqual,
      bytesApart,
      isGood,
    };
  });
}

/** Bytes of each transfer of a migration that has the network to itself. */
function transfersOf(guest, path) {
  const bytes = [];
  const migration = new SimGridMigration(guest, path, (round) => bytes.push(round.bytes));
  let event = { now: SECOND, elapsedNs: 0, guestNs: 0 };
  for (;;) {
    const step = migration.next(event);
    if (step.kind === "done") break;
    const rate = Math.min(path.rate, step.cap);
    const elapsedNs = step.kind === "wait" ? step.ns : Math.ceil((step.bytes / rate) * SECOND);
    const guestNs = step.guest === "stopped" ? 0 : elapsedNs;
    event = { now: event.now + elapsedNs, elapsedNs, guestNs };
  }
  // Rounds are told while the guest runs; the last transfer is what they leave.
  const pushed = bytes.reduce((sum, one) => sum + one, 0);
  return [...bytes, migration.progress.bytesSent - pushed];
}

/** What is said of a migration that did not end as SimGrid's did. */
const LOST = {
  total: Number.POSITIVE_INFINITY,
  downtime: Number.POSITIVE_INFINITY,
  downtimeApart: Number.POSITIVE_INFINITY,
};

/** Names of the files of contending fleets in a folder. */
export function simGridFleetFiles(folder) {
  return readdirSync(folder)
    .filter((name) => FLEET_NAME.test(name))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** A fleet as its file's name says, migration for migration; the file may hold any of its migrations. */
export async function validateSimGridFleet(folder, name) {
  const [, hosts, topology, stagger, model, cores] = FLEET_NAME.exec(name);
  const { fleet } = fleetN({
    ...{ hosts: Number(hosts), topology, cores: Number(cores) },
    staggerSeconds: Number(stagger),
  });
  const start = process.cpuUsage();
  const { migrations } = await simulateFleet(fleet, {
    ...{ profile: "simgrid", simGridModel: model, intervalNs: 1e6 * SECOND },
  });
  const used = process.cpuUsage(start);
  const byVm = new Map(migrations.map((one) => [one.vm, one]));
  const errors = readTable(join(folder, name), FLEET_COLUMNS).map((row) => {
    const one = byVm.get(Number(row.vm.replace(/\D/g, "")));
    if (one?.outcome !== "completed") return LOST;
    const downtime = one.downtimeNs / SECOND;
    return {
      total: errorOf((one.endNs - one.startNs) / SECOND, Number(row.total_time_s)),
      downtime: errorOf(downtime, Number(row.downtime_s), DOWNTIME_SLACK),
      downtimeApart: Math.abs(downtime - Number(row.downtime_s)),
    };
  });
  const worst = (figure) => errors.reduce((most, error) => Math.max(most, error[figure]), 0);
  const [totalError, downtimeError] = [worst("total"), worst("downtime")];
  return {
    ...{ name, model, migrations: errors.length, totalError, downtimeError },
    downtimeApart: worst("downtimeApart"),
    cpuSeconds: (used.user + used.system) / 1e6,
    isGood: Math.max(totalError, downtimeError) <= SIMGRID_GOALS.contending,
  };
}
