import { describe, expect, test } from "vitest";
import { onePassEstimator } from "../../../../src/fleet/control/estimate.js";
import { createController } from "../../../../src/fleet/control/registry.js";
import { together } from "../../../../src/fleet/control/together.js";
import type { Fleet } from "../../../../src/fleet/model/fleet.js";
import type { FleetResult } from "../../../../src/fleet/run/result.js";
import { simulateFleet } from "../../../../src/fleet/run/simulate-fleet.js";
import { SECOND, tinyFleet } from "./tiny-fleet.js";

const HOUR = 3600 * SECOND;

type Wanted = readonly (readonly [name: string, settings?: object])[];

/** A run of some hours with controllers by name. */
async function run(fleet: Fleet, wanted: Wanted, hours = 3): Promise<FleetResult> {
  const context = { fleet, estimate: onePassEstimator(fleet) };
  const all = wanted.map(([name, settings]) => createController(name, settings, context));
  return await simulateFleet(fleet, { controllers: [together(all)], untilNs: hours * HOUR });
}

const happened = ({ events }: FleetResult, kind: string): number[] =>
  events.filter((event) => event.kind === kind).map(({ host }) => host);

describe("controllers in a run", () => {
  test("a rolling drain services every host in turn and loses no VM", async () => {
    const fleet = tinyFleet(3, [0, 0, 1, 2], [0.5, 0.5, 0.5, 0.5]);
    const result = await run(fleet, [["drain", { service: "10m" }]]);
    expect(happened(result, "host-closed")).toEqual([0, 1, 2]);
    expect(happened(result, "host-open")).toEqual([0, 1, 2]);
    expect([...result.vmHosts].every((host) => host >= 0)).toBe(true);
    expect(result.migrations.every(({ outcome }) => outcome === "completed")).toBe(true);
    // Two to h1, those and its own back to h0, which is done, and the last likewise.
    expect(result.migrations).toHaveLength(6);
  });

  test("load is evened out once, and then stays", async () => {
    const fleet = tinyFleet(
      4,
      Array.from({ length: 8 }, () => 0),
      Array.from({ length: 8 }, () => 0.25),
    );
    const { vmHosts, migrations } = await run(fleet, [["load-balancing", { rest: "0s" }]]);
    const counts = [0, 1, 2, 3].map((host) => vmHosts.filter((at) => at === host).length);
    expect(counts).toEqual([2, 2, 2, 2]);
    expect(migrations).toHaveLength(6);
  });

  test("a host that will fail is left before it does", async () => {
    const faults = [
      { host: 0, atNs: HOUR, warningNs: HOUR / 2, repairNs: Number.POSITIVE_INFINITY },
    ];
    const fleet = tinyFleet(2, [0, 0], [0.5, 0.5], { faults });
    const result = await run(fleet, [["fault-tolerance"]]);
    expect([...result.vmHosts]).toEqual([1, 1]);
    expect(happened(result, "vm-lost")).toEqual([]);
    const unwarned = {
      ...fleet,
      faults: [{ ...faults[0], warningNs: 0 } as (typeof faults)[number]],
    };
    const lost = await run(unwarned, [["fault-tolerance"]]);
    expect(happened(lost, "vm-lost")).toHaveLength(2);
    expect([...lost.vmHosts]).toEqual([1, 1]);
    expect(lost.quality.crashDowntimeNs).toBeGreaterThan(0);
  });

  test("a hot host is relieved", async () => {
    const fleet = tinyFleet(2, [0, 0, 0, 0], [0.5, 0.5, 0.5, 0.5]);
    const { vmHosts, migrations } = await run(fleet, [["hot-spots"]]);
    expect(migrations.length).toBeGreaterThan(0);
    const onFirst = vmHosts.filter((host) => host === 0).length;
    expect(onFirst).toBeLessThanOrEqual(3);
  });

  test("a drain and a balancer do not undo each other's work", async () => {
    const fleet = tinyFleet(3, [0, 0, 0, 0], [0.4, 0.4, 0.4, 0.4]);
    const drain = { hosts: ["h0"], service: "100h" };
    const result = await run(fleet, [
      ["drain", drain],
      ["load-balancing", { rest: "0s" }],
    ]);
    expect([...result.vmHosts].filter((host) => host === 0)).toEqual([]);
    expect(result.migrations.every(({ outcome }) => outcome === "completed")).toBe(true);
  });
});
