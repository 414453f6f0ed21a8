import { describe, expect, test } from "vitest";
import { quantile, spreadOf } from "../../../src/report/fleet-figures.js";
import {
  fleetTable,
  instantText,
  migrationTable,
  reasonLines,
  refusalReasons,
  unfinishedReasons,
  unfinishedTable,
} from "../../../src/report/fleet-text.js";
import { sampleRun } from "./sample-fleet.js";

const run = sampleRun();
const { result } = run;

function entry(label: string, from = run): string | undefined {
  return fleetTable(from, ["mad-mmt"]).rows.find(([name]) => name?.trim() === label)?.[1];
}

describe("the table of a run", () => {
  test("says what was simulated and what became of it", () => {
    const { rows } = fleetTable(run, ["mad-mmt", "drain"]);
    expect(
      `\n${rows.map(([label, value]) => `${label}: ${value}`).join("\n")}\n`,
    ).toMatchInlineSnapshot(`
      "
      simulated: two sites: 10 hosts, 40 VMs, 24 h, profile godwit, seed 7
      controllers: mad-mmt, drain
      migrations: 24 (23 completed, 1 not converged)
        total time: median 279.3 s, 95 % within 10.03 m, at most 10.21 m
        downtime: median 35 ms, 95 % within 343 ms, at most 412.9 ms
        sent: 143.1 GiB
      energy: 45.64 kWh, 1 902 W in the mean
      hosts on: 9.594 of 10 in the mean
      SLATAH: 4.12 % of the time of active hosts overloaded
      PDM: 0.09 % of demanded CPU lost to migrations
      SLAV: 3.708e-5 (SLATAH x PDM)
      CPU missing: 1.23 % of what was demanded
      stood still: 2.015 s of all VMs in moves
      down: 95 s of all VMs after crashes
      contracts broken: of 3 VMs
      costs: 109.1 (hosts 91.2, energy 14.7, traffic 0.9, penalties 2.25), income 180
      events: 3 hosts to sleep, 3 woken, 3 on again, 1 host failed, 1 repaired, 1 VM lost
      refusals: 8 times
      "
    `);
  });

  test("an empty run has no rows of what there was none of", () => {
    const empty = {
      ...run,
      result: { ...result, migrations: [], events: [], refusals: [], endNs: 0 },
    };
    expect(entry("migrations", empty)).toBe("none");
    expect(entry("total time", empty)).toBeUndefined();
    expect(entry("energy", empty)).toContain("0 W in the mean");
    expect(unfinishedTable(empty, 5).rows).toEqual([]);
    expect(migrationTable(empty).rows).toEqual([]);
  });

  test("a share that is not nothing is not called nothing", () => {
    const quality = { ...result.quality, migrationLossShare: 2e-7 };
    expect(entry("PDM", { ...run, result: { ...result, quality } })).toContain("2.00e-5 %");
  });

  test("instants are a clock's, of short runs seconds", () => {
    expect(instantText(14_910e9, 86_400e9)).toBe("4:08:30");
    expect(instantText(87_300e9, 90_000e9)).toBe("d2 0:15:00");
    expect(instantText(14.91e9, 60e9)).toBe("14.91 s");
  });

  test("without prices it says so", () => {
    const costs = { hosts: 0, energy: 0, traffic: 0, penalties: 0, income: 0 };
    expect(entry("costs", { ...run, result: { ...result, costs } })).toBe("no prices given");
  });
});

test("migrations are all in the table by strategy and outcome", () => {
  const counts = migrationTable(run).rows.map((row) => Number(row[2]));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(result.migrations.length);
});

test("those that did not converge come with their reason", () => {
  const [row] = unfinishedTable(run, 5).rows;
  expect(row).toContain("not converged");
  expect(row?.at(-1)).toMatch(/^dirties \d+ MiB\/s, more than the link carries; .* would do$/);
  expect(unfinishedReasons(run)).toHaveLength(1);
});

test("no more rows than asked for", () => {
  const many = { ...run, result: { ...result, migrations: Array(50).fill(unfinished()) } };
  expect(unfinishedTable(many, 7).rows).toHaveLength(7);
});

function unfinished() {
  return result.migrations.find(({ outcome }) => outcome === "not-converged");
}

test("refusals are grouped, and their counts add up", () => {
  const reasons = refusalReasons(run);
  expect(reasonLines(reasons, 9)).toEqual([
    "6 times: no host has room for … (… missing)",
    "2 times: … is overloaded, and nowhere is room for …",
  ]);
  expect(reasonLines(reasons, 1)[1]).toBe("2 times: other reasons");
});

describe("quantiles by nearest rank", () => {
  test("of a hundred", () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(spreadOf(hundred)).toEqual({ median: 50, p95: 95, most: 100 });
  });

  test("of one, and of none", () => {
    expect(spreadOf([3])).toEqual({ median: 3, p95: 3, most: 3 });
    expect(spreadOf([])).toBeNull();
    expect(quantile([1, 2], 0)).toBe(1);
  });
});
