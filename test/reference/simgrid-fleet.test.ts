import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { simulateFleet } from "../../src/fleet/run/simulate-fleet.js";
import { fleetN } from "../../src/fleet/scenario/fleet-n.js";
import { SECOND } from "../../src/units.js";
import { referenceData } from "../reference-data.js";

const folder = referenceData && join(referenceData, "simulators");
const NAME = /^contention_N(\d+)_(star|bb|racks)_s(\d+)_(CM02|LV08)_c(\d+)\.csv$/;
const files = folder === null ? [] : readdirSync(folder).filter((file) => NAME.test(file));

/** Relative error on migrations that contend: SimGrid's own rounding adds up over their rounds. */
const TOLERANCE = 1e-5;

interface Row {
  readonly vm: number;
  readonly totalS: number;
  readonly downtimeS: number;
}

function rowsOf(text: string): Row[] {
  const [head = "", ...lines] = text.trim().split("\n");
  const names = head.split(",");
  return lines.map((line) => {
    const cells = line.split(",").map(Number);
    const cell = (name: string): number => cells[names.indexOf(name)] ?? Number.NaN;
    return { vm: cell("vm"), totalS: cell("total_time_s"), downtimeS: cell("downtime_s") };
  });
}

test.skipIf(folder === null).each(files)("SimGrid's %s, migration for migration", async (file) => {
  const [, hosts, topology, stagger, model, cores] = NAME.exec(file) ?? [];
  const rows = rowsOf(readFileSync(join(folder ?? "", file), "utf8"));
  const { fleet } = fleetN({
    hosts: Number(hosts),
    topology: topology as "star" | "bb" | "racks",
    staggerSeconds: Number(stagger),
    cores: Number(cores),
    migrations: rows.length,
  });
  const { migrations } = await simulateFleet(fleet, {
    ...{ profile: "simgrid", simGridModel: model as "CM02" | "LV08", intervalNs: 1e6 * SECOND },
  });
  const byVm = new Map(migrations.map((one) => [one.vm, one]));
  expect(byVm.size).toBe(rows.length);
  let worst = 0;
  let worstDowntime = 0;
  for (const { vm, totalS, downtimeS } of rows) {
    const one = byVm.get(vm);
    expect(one?.outcome).toBe("completed");
    const total = ((one?.endNs ?? 0) - (one?.startNs ?? 0)) / SECOND;
    worst = Math.max(worst, Math.abs(total / totalS - 1));
    worstDowntime = Math.max(worstDowntime, Math.abs((one?.downtimeNs ?? 0) / SECOND - downtimeS));
  }
  expect(worst).toBeLessThan(TOLERANCE);
  expect(worstDowntime).toBeLessThan(2e-6);
});
