import { describe, expect, test } from "vitest";
import { fleetToJson } from "../../../src/report/fleet-json.js";
import { sampleRun } from "./sample-fleet.js";

const run = sampleRun();
const OPTIONS = { controllers: ["mad-mmt"] };
const read = (text: string) => JSON.parse(text);

describe("a fleet's run as JSON", () => {
  const json = read(fleetToJson(run, OPTIONS));

  test("has every migration, with names and milliseconds", () => {
    const [first] = run.result.migrations;
    expect(json.migrations).toHaveLength(run.result.migrations.length);
    expect(json.migrations[0]).toMatchObject({
      vm: run.fleet.vms.name(first?.vm ?? 0),
      source: run.fleet.hosts[first?.from ?? 0]?.name,
      startMs: (first?.startNs ?? 0) / 1e6,
      bytes: first?.bytes,
      reason: first?.reason,
    });
    expect(Object.keys(json.migrations[0])).toHaveLength(Object.keys(first ?? {}).length);
  });

  test("outcomes, bytes and energy add up", () => {
    const outcomes: number[] = Object.values(json.migrationOutcomes);
    expect(outcomes.reduce((sum, count) => sum + count)).toBe(json.migrationCount);
    const bytes = json.migrations.reduce(
      (sum: number, one: { bytes: number }) => sum + one.bytes,
      0,
    );
    expect(json.migrationBytes).toBe(bytes);
    const joules = json.series.energyJoules.reduce((sum: number, one: number) => sum + one, 0);
    expect(json.energyJoules).toBeCloseTo(joules, 3);
    expect(json.energyKilowattHours).toBeCloseTo(joules / 3.6e6, 6);
  });

  test("equal runs give equal bytes", () => {
    expect(fleetToJson(sampleRun(), OPTIONS)).toBe(fleetToJson(run, OPTIONS));
  });

  test("the utilisation is there when it is asked for, null where a host was not on", () => {
    expect(json.series.utilisation).toBeNull();
    const { series } = read(fleetToJson(run, { ...OPTIONS, withUtilisation: true }));
    expect(series.utilisation).toHaveLength(10 * 96);
    expect(series.utilisation.some((share: number | null) => share === null)).toBe(true);
  });

  test("lists are bounded, and what was left out is counted", () => {
    const short = read(fleetToJson(run, { ...OPTIONS, most: 3 }));
    expect(short.migrations).toHaveLength(3);
    expect(short.migrationsLeftOut).toBe(run.result.migrations.length - 3);
    expect(short.events).toHaveLength(3);
    expect(short.hosts).toHaveLength(3);
    expect(short.hostsLeftOut).toBe(7);
  });
});

test("no VM and no host are null, not a name", () => {
  const event = { atNs: 1e6, kind: "no-room", vm: 3, host: -1, because: "full" } as const;
  const { events } = read(
    fleetToJson({ ...run, result: { ...run.result, events: [event] } }, OPTIONS),
  );
  expect(events).toEqual([{ atMs: 1, kind: "no-room", vm: "vm-3", host: null, because: "full" }]);
});
