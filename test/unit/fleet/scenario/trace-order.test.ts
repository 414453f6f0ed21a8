import { expect, test } from "vitest";
import { folderOrder } from "../../../../src/fleet/cloudsim/folder-order.js";
import { contextWithoutFleetFiles } from "../../../../src/fleet/scenario/context.js";
import { resolveFleet } from "../../../../src/fleet/scenario/resolve.js";

const NAMES = ["a_host", "b_host", "c_host", "d_host"];

/** The first value of each VM's trace, by which it is known. */
function tracesOf(profile: string, format: string, nameOf: (name: string) => string): number[] {
  const vms = NAMES.map((name, index) => ({ name: nameOf(name), shares: [index / 100] }));
  const { fleet } = resolveFleet(
    {
      profile,
      hosts: [{ type: "two-socket" }],
      vms: [{ flavour: "m1.tiny", count: 3, demand: { trace: "day", format, first: 1 } }],
    },
    { ...contextWithoutFleetFiles(), readTrace: () => ({ intervalNs: 300e9, vms }) },
  );
  return Array.from({ length: fleet.vms.count }, (_, vm) => {
    const demand = fleet.demands[fleet.vms.demand[vm] as number];
    return demand?.kind === "trace" ? Math.round((demand.shares[0] as number) * 100) : -1;
  });
}

test("CloudSim's profile takes PlanetLab's traces as their folder is listed, from tables and files", () => {
  const listed = folderOrder(NAMES);
  expect(listed).not.toEqual([0, 1, 2, 3]);
  for (const nameOf of [
    (n: string) => n,
    (n: string) => `day/${n}`,
    (n: string) => `day/${n}.gz`,
  ]) {
    expect(tracesOf("cloudsim", "planetlab", nameOf)).toEqual(listed.slice(1));
  }
});

test("other profiles and formats take traces in the order of their names", () => {
  expect(tracesOf("godwit", "planetlab", (name) => name)).toEqual([1, 2, 3]);
  expect(tracesOf("cloudsim", "bitbrains", (name) => name)).toEqual([1, 2, 3]);
});
