import { Script } from "node:vm";
import { describe, expect, test } from "vitest";
import { fleetCharts } from "../../../src/report/fleet-charts.js";
import { fleetLoad, LOAD_LEVELS } from "../../../src/report/fleet-load.js";
import { shownMoves } from "../../../src/report/fleet-map.js";
import { fleetHtml } from "../../../src/report/html.js";
import { sampleFleet, sampleRun } from "./sample-fleet.js";

const HOSTILE = `</script><img src=x onerror=alert(1)>"'&`;
const run = sampleRun();
const { result, fleet } = run;

/** What a place's script reads. */
function valuesOf(page: string, place: string) {
  const at = page.indexOf(`<div class="${place}"><script type="application/json">`);
  const from = page.indexOf(">", page.indexOf("<script", at)) + 1;
  return JSON.parse(page.slice(from, page.indexOf("</script>", from)));
}

describe("a fleet's page", async () => {
  const page = await fleetHtml(run, ["mad-mmt"]);

  test("is one file that loads nothing", () => {
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(
      /<(link|img|iframe|object|embed|base)\b|\bsrc=|@import|url\(|fetch\(|XMLHttpRequest/i,
    );
    expect(page.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/["'(]https?:/);
  });

  test("has scripts that parse", () => {
    const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
      ([, text]) => text ?? "",
    );
    expect(scripts).toHaveLength(5);
    for (const script of scripts) new Script(script);
  });

  test("knows every migration, with the numbers of the result", () => {
    const { moves, looks, moveCount } = valuesOf(page, "fleet-map");
    expect(moveCount).toBe(result.migrations.length);
    const counts = looks.map(({ count }: { count: number }) => count);
    expect(counts.reduce((sum: number, count: number) => sum + count, 0)).toBe(moveCount);
    result.migrations.forEach((one, i) => {
      expect(moves.vm[i]).toBe(fleet.vms.name(one.vm));
      expect([moves.from[i], moves.to[i]]).toEqual([one.from, one.to]);
      expect(moves.bytes[i] / one.bytes).toBeCloseTo(1, 3);
      expect(moves.texts[moves.reason[i]]).toBe(one.reason);
      const look = looks[moves.look[i]].label;
      expect(look).toBe(one.outcome === "completed" ? one.strategy : "not converged");
    });
  });

  test("has the tables", () => {
    for (const words of ["Longest downtimes", "Not completed", "no host has room for", "SLATAH"]) {
      expect(page).toContain(words);
    }
  });

  test("every word is escaped", async () => {
    const hostile = {
      fleet: {
        ...fleet,
        name: HOSTILE,
        hosts: fleet.hosts.map((host) => ({ ...host, name: HOSTILE })),
        sites: fleet.sites.map((site) => ({ ...site, name: HOSTILE })),
        vms: { ...fleet.vms, name: () => HOSTILE },
      },
      result: {
        ...result,
        migrations: result.migrations.map((one) => ({
          ...one,
          reason: HOSTILE,
          because: HOSTILE,
          askedBy: HOSTILE,
        })),
        refusals: [{ vm: 0, host: 0, because: HOSTILE, atNs: 0 }],
      },
    };
    const drawn = await fleetHtml(hostile, [HOSTILE]);
    expect(drawn).not.toContain("<img");
    expect(drawn.match(/<\/script>/g)).toEqual(page.match(/<\/script>/g));
    expect(valuesOf(drawn, "fleet-map").hosts[0]).toBe(HOSTILE);
  });

  test("an empty fleet has a page too", async () => {
    const size = { hosts: 0, vms: 0, migrations: 0, intervals: 1 };
    const series = { ...result.series, length: 0, utilisation: null };
    const empty = { ...result, migrations: [], events: [], refusals: [], series, vmsSeen: 0 };
    const drawn = await fleetHtml({ fleet: sampleFleet(size), result: empty }, []);
    expect(drawn).not.toContain('<div class="fleet-map">');
    expect(drawn).toContain("0 hosts");
  });
});

test("a page of 800 hosts, a day and 30 000 migrations stays below 3 MB", async () => {
  const size = { hosts: 800, vms: 4000, migrations: 30_000, intervals: 288 };
  const page = await fleetHtml(sampleRun(size), []);
  expect(page.length).toBeLessThan(3e6);
});

describe("hosts' load over time", () => {
  const load = fleetLoad(run);
  const cellOf = (host: number, interval: number) => load.cells[host * load.columns + interval];

  test("a character for each host and interval, in steps of 2 %", () => {
    expect([load.rows, load.columns]).toEqual([10, 96]);
    for (let i = 0; i < 96; i++) {
      for (let host = 0; host < 10; host++) {
        const share = result.series.utilisation?.[i * 10 + host] ?? Number.NaN;
        if (Number.isNaN(share)) expect(".!").toContain(cellOf(host, i));
        else expect(LOAD_LEVELS.indexOf(cellOf(host, i) ?? "") / 50).toBeCloseTo(share, 1);
      }
    }
  });

  test("a host that failed is told from one that sleeps", () => {
    const failed = result.events.find(({ kind }) => kind === "host-failed");
    const at = Math.floor((failed?.atNs ?? 0) / result.series.intervalNs) + 1;
    expect(cellOf(failed?.host ?? 0, at)).toBe("!");
    const asleep = result.events.find(({ kind }) => kind === "host-asleep");
    const night = Math.floor((asleep?.atNs ?? 0) / result.series.intervalNs) + 1;
    expect(cellOf(asleep?.host ?? 0, night)).toBe(".");
  });

  test("where it was not kept, events still tell who slept and who failed", () => {
    const series = { ...result.series, utilisation: null };
    const { cells } = fleetLoad({ fleet, result: { ...result, series } });
    expect(new Set(cells)).toEqual(new Set("~.!"));
  });

  test("of very many hosts and intervals, neighbours are taken together in the mean", () => {
    const size = { hosts: 3000, vms: 1, migrations: 0, intervals: 1 };
    const intervals = 2500;
    const utilisation = new Float32Array(3000 * intervals).fill(0.25);
    for (let at = 0; at < utilisation.length; at += 3) utilisation[at] = 0.85;
    utilisation.fill(Number.NaN, 0, 3);
    const series = { ...result.series, length: intervals, utilisation };
    const many = fleetLoad({ fleet: sampleFleet(size), result: { ...result, events: [], series } });
    expect([many.hostsPerRow, many.rows, many.columns]).toEqual([3, 1000, 834]);
    // Hosts 0, 3, 6, ... have 0.85, so every row has one in three: 0.45.
    expect(new Set(many.cells)).toEqual(new Set([LOAD_LEVELS[Math.round(0.45 * 50)]]));
  });
});

describe("moves of which there are too many for a page", () => {
  test("those that were not completed are all there, of the others an even choice", () => {
    const { shown, all } = shownMoves(result.migrations, 10);
    expect([shown.length, all]).toEqual([10, result.migrations.length]);
    expect(shown.filter(({ outcome }) => outcome !== "completed")).toHaveLength(1);
  });

  test("no more than a page holds even where none was completed", () => {
    const failed = result.migrations.map((one) => ({ ...one, outcome: "failed" as const }));
    expect(shownMoves(failed, 10).shown).toHaveLength(10);
  });
});

describe("charts over time", () => {
  test("power times time is the energy, and migrations add up", () => {
    const { charts } = fleetCharts(run);
    const sum = (index: number) =>
      (charts[index]?.lines[0]?.values ?? []).reduce((total, value) => total + value, 0);
    const seconds = result.series.intervalNs / 1e9;
    expect((sum(0) * seconds) / result.energyJoules).toBeCloseTo(1, 4);
    expect(sum(3)).toBe(result.migrations.length);
  });

  test("a run of many intervals has no more points than a page is wide", () => {
    const length = 10_001;
    const column = () => new Float64Array(length).fill(2);
    const series = {
      ...result.series,
      length,
      intervalNs: 1e9,
      activeHosts: column(),
      joules: column(),
      demanded: column(),
      granted: column(),
      migrations: column(),
      bytes: column(),
    };
    const long = fleetCharts({ fleet, result: { ...result, endNs: length * 1e9, series } });
    expect(long.startsMs.length).toBeLessThanOrEqual(1200);
    expect(new Set(long.charts[0]?.lines[0]?.values)).toEqual(new Set([2]));
    expect(new Set(long.charts[1]?.lines[0]?.values)).toEqual(new Set([2]));
  });
});
