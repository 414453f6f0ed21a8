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
    expect(short.series.activeHosts).toHaveLength(3);
    expect(short.series.intervalsLeftOut).toBe(93);
  });
});

test("no VM and no host are null, not a name", () => {
  const event = { atNs: 1e6, kind: "no-room", vm: 3, host: -1, because: "full" } as const;
  const { events } = read(
    fleetToJson({ ...run, result: { ...run.result, events: [event] } }, OPTIONS),
  );
  expect(events).toEqual([{ atMs: 1, kind: "no-room", vm: "vm-3", host: null, because: "full" }]);
});

test("the form is stable", () => {
  const size = { hosts: 2, vms: 1, migrations: 1, intervals: 1 };
  const tiny = sampleRun(size);
  expect(
    fleetToJson({ ...tiny, result: { ...tiny.result, events: [] } }, OPTIONS),
  ).toMatchInlineSnapshot(`
    "{
      "name": "two sites",
      "profile": "godwit",
      "seed": 7,
      "controllers": ["mad-mmt"],
      "durationMs": 86400000,
      "hostCount": 2,
      "vmCount": 1,
      "steps": 12345,
      "migrationCount": 1,
      "migrationOutcomes": {"completed":1,"not-converged":0,"failed":0,"refused":0},
      "migrationBytes": 5592084253,
      "migrationGroups": [{"strategy":"pre-copy","outcome":"completed","count":1,"bytes":5592084253,"totalMs":{"median":305022.777436,"p95":305022.777436,"most":305022.777436},"downtimeMs":{"median":20.021873,"p95":20.021873,"most":20.021873},"waitedMs":{"median":4021.052797,"p95":4021.052797,"most":4021.052797}}],
      "energyJoules": 43655710.9836445,
      "energyKilowattHours": 12.126586384345694,
      "quality": {"overloadedTimeShare":0.0412,"migrationLossShare":0.0009,"violation":0.00003708,"missingShare":0.0123,"downtimeMs":20.021873,"crashDowntimeMs":95000,"brokenContracts":3},
      "costs": {"hosts":91.2,"energy":14.7,"traffic":0.9,"penalties":2.25,"income":180},
      "eventCounts": {},
      "refusalCount": 1,
      "refusals": [{"count":1,"because":"b0 is overloaded, and nowhere is room for vm-0"}],
      "unfinished": [],
      "links": [{"name":"berlin-oslo","bytes":5592084253}],
      "series": {"intervalMs":86400000,"intervalsLeftOut":0,"activeHosts":[2],"energyJoules":[43655710.9836445],"demandedCoreSeconds":[4733256.586719073],"grantedCoreSeconds":[4733256.586719073],"migrations":[1],"migrationBytes":[5592084253],"utilisation":null},
      "migrations": [
        {"vm":"vm-0","source":"b0","target":"b0","strategy":"pre-copy","outcome":"completed","converged":true,"reason":"few enough pages were left","askedBy":"mad-mmt","because":"host 0 is overloaded","askedMs":45223627.711326,"startMs":45227648.764123,"endMs":45532671.541559,"downtimeMs":20.021873,"lostMs":1023.728484,"bytes":5592084253,"rounds":2,"trafficPrice":0,"isExact":false}
      ],
      "migrationsLeftOut": 0,
      "events": [],
      "eventsLeftOut": 0,
      "hosts": [
        {"name":"b0","type":"r740","site":"berlin","energyJoules":21827855.49182225},
        {"name":"o0","type":"r740","site":"oslo","energyJoules":21827855.49182225}
      ],
      "hostsLeftOut": 0
    }
    "
  `);
});
