// Holds the profile `cloudsim` against CloudSim 3.0.3's own results (cloudsim_planetlab_reference.csv, a row a
// policy and day) over PlanetLab's traces: DATE.csv with a row a VM, or CloudSim's folder DATE with a file a VM.

import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fleetFileContext } from "../dist/files/fleet-files.js";
import { planetLabExperiment } from "../dist/fleet/cloudsim/planetlab.js";
import { simulateCloudSim } from "../dist/fleet/cloudsim/simulate.js";
import { readTable } from "./csv.mjs";

const FILE = "cloudsim_planetlab_reference.csv";
const COLUMNS = "experiment energy_kwh migrations";
/** Goals: relative errors, and CPU seconds of a policy. */
export const CLOUDSIM_GOALS = { energy: 0.005, migrations: 0.01, cpuSeconds: 0.5 };
/** Draws of the policies that select at random. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

/** CloudSim's rows, each with its day and the policy's name as we write it; none without the file. */
export function cloudSimRows(folder) {
  const file = join(folder, FILE);
  if (!existsSync(file)) return [];
  return readTable(file, COLUMNS).map((row) => {
    const [day = "", ...policy] = row.experiment.split("_");
    return { row, day, policy: policy.join("-") };
  });
}

/** Where the traces of days are, unless it is said: in `../traces/planetlab` beside the results. */
export function tracesBeside(folder) {
  return join(dirname(resolve(folder)), "traces", "planetlab");
}

/** A day of PlanetLab as CloudSim's examples set it up; null where its traces are not there. */
export function planetLabDay(traces, day, hosts = 800) {
  const path = [`${day}.csv`, day].find((name) => existsSync(join(traces, name)));
  if (path === undefined) return null;
  const request = { path, format: "planetlab", vmtable: null };
  const { vms } = fleetFileContext(traces).readTrace("--traces", request);
  return planetLabExperiment(
    vms.map(({ shares }) => Float64Array.from(shares, (share) => Math.round(share * 100))),
    { hosts, names: vms.map(({ name }) => name.replace(/^.*\//, "").replace(/\.gz$/, "")) },
  );
}

/** Every row of CloudSim's beside what we make of it; the error's words where we make nothing of it. */
export function validateCloudSim(folder, traces = tracesBeside(folder)) {
  const days = new Map();
  return cloudSimRows(folder).map(({ row, day, policy }) => {
    const hosts = Number(row.hosts || 800);
    const key = `${day} ${hosts}`;
    if (!days.has(key)) days.set(key, planetLabDay(traces, day, hosts));
    const experiment = days.get(key);
    if (experiment === null) return { day, policy, skipped: `no traces of ${day} in ${traces}` };
    try {
      return compared(row, { day, policy }, experiment);
    } catch (error) {
      return { day, policy, skipped: error.message };
    }
  });
}

function compared(row, { day, policy }, experiment) {
  const isRandom = policy.split("-")[1] === "rs";
  const seeds = isRandom ? SEEDS : [1];
  const start = process.cpuUsage();
  const results = seeds.map((seed) => simulateCloudSim({ ...experiment, policy, seed }));
  const used = process.cpuUsage(start);
  const [first] = results;
  const energy = figure(results, "energyKwh", Number(row.energy_kwh), 0.005);
  const migrations = figure(results, "migrations", Number(row.migrations), 0);
  return {
    ...{ day, policy, isRandom, energy, migrations },
    slatah: [100 * first.overloadedTimeShare, Number(row.slatah_pct || Number.NaN)],
    pdm: [100 * first.migrationLossShare, Number(row.pdm_pct || Number.NaN)],
    shutdowns: [first.hostShutdowns, Number(row.host_shutdowns || Number.NaN)],
    cpuSeconds: (used.user + used.system) / 1e6 / seeds.length,
    theirCpuSeconds: Number(row.cpu_s_with_printing) || null,
    isGood: energy.error <= CLOUDSIM_GOALS.energy && migrations.error <= CLOUDSIM_GOALS.migrations,
  };
}

/**
 * A figure of ours and CloudSim's, and the relative error; within `slack`, the last digit that is printed, there
 * is none. Of random draws ours is the mean, and the error that of the range which the draws span.
 */
function figure(results, name, theirs, slack) {
  const values = results.map((result) => result[name]);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const ours = values.reduce((sum, value) => sum + value, 0) / values.length;
  const apart = Math.max(0, least - theirs, theirs - most);
  const error = apart <= slack ? 0 : apart / Math.abs(theirs);
  return { ours, theirs, least, most, error };
}
