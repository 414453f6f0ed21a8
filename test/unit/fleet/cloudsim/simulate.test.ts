import { describe, expect, test } from "vitest";
import type { CloudSimOptions } from "../../../../src/fleet/cloudsim/experiment.js";
import { planetLabExperiment } from "../../../../src/fleet/cloudsim/planetlab.js";
import { simulateCloudSim } from "../../../../src/fleet/cloudsim/simulate.js";
import { syntheticDay } from "./synthetic-day.js";

const host = {
  name: "server",
  cores: 2,
  mipsPerCore: 1000,
  memoryMb: 4096,
  bandwidthKbps: 1_000_000,
  watts: [100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200],
};
const vm = { name: "vm", mips: 1000, memoryMb: 1000, bandwidthKbps: 100_000 };

/** Hosts of one type, VMs of one type, each wanting a constant share. */
function scene(
  hosts: number,
  shares: readonly number[],
  policy: string,
  change: Partial<CloudSimOptions> = {},
): CloudSimOptions {
  return {
    hostTypes: [host],
    hosts: new Array<number>(hosts).fill(0),
    vmTypes: [vm],
    vms: shares.map(() => 0),
    utilisation: shares.map((share) => [share]),
    policy,
    ...change,
  };
}

describe("by hand", () => {
  test("a VM at half a core of two: 125 W from the first look to the last", () => {
    const { energyKwh, migrations, hostShutdowns } = simulateCloudSim(scene(1, [0.5], "dvfs"));
    // The host counts as off before the first look at 300.1 s; the last of a day is at 86,100.1 s.
    expect(energyKwh).toBeCloseTo((125 * 85_800) / 3.6e6, 9);
    expect({ migrations, hostShutdowns }).toEqual({ migrations: 0, hostShutdowns: 0 });
  });

  test("without power management every host draws its most from the beginning", () => {
    const { energyKwh } = simulateCloudSim(scene(3, [0.5], "npa"));
    expect(energyKwh).toBeCloseTo((3 * 200 * 86_100.1) / 3.6e6, 9);
  });

  test("two little used hosts become one, and the move takes memory over half the target's card", () => {
    const change = { durationSeconds: 1000 };
    // Placed one after the other where power rises least, VMs 0 and 2 are on host 0, 1 and 3 on host 1.
    const result = simulateCloudSim(scene(2, [0.2, 0.1, 0.05, 0.05], "thr-mmt-0.8", change));
    expect(result.migrationRecords).toEqual([
      { vm: 1, from: 1, to: 0, startSeconds: 300.1, endSeconds: 300.1 + 16 },
      { vm: 3, from: 1, to: 0, startSeconds: 300.1, endSeconds: 300.1 + 16 },
    ]);
    expect(result.hostShutdowns).toBe(1);
    expect(result.meanSecondsInMigration).toBeCloseTo(16, 9);
    expect([...result.series.activeHosts]).toEqual([2, 1, 1]);
    // For 16 s a tenth of the 150 MIPS is lost; all VMs want 400 MIPS for the 600 s between the first look and the last.
    expect(result.migrationLossShare).toBeCloseTo((0.1 * 150 * 16) / (400 * 600), 9);
    // While they are on their way their new host counts as short of what they want.
    expect(result.overloadedTimeShare).toBeCloseTo(16 / (600 + 16), 9);
  });

  test("an overloaded host is relieved of the VM with the least memory", () => {
    const small = { ...vm, memoryMb: 500 };
    const options = scene(2, [0.9, 0.1, 0.9], "thr-mmt-0.8", {
      vmTypes: [vm, small],
      vms: [0, 0, 1],
      durationSeconds: 400,
    });
    expect(simulateCloudSim(options).migrationRecords).toEqual([
      { vm: 2, from: 0, to: 1, startSeconds: 300.1, endSeconds: 300.1 + 8 },
    ]);
  });

  test("a VM that wants nothing at a look is done, and never comes back", () => {
    const idle = [[0, 0, 0, 1, 1, 1]];
    const result = simulateCloudSim(
      scene(1, [0], "dvfs", { utilisation: idle, durationSeconds: 1800 }),
    );
    expect(result.energyKwh).toBe(0);
  });

  test("what a VM wants is a straight line between samples", () => {
    const steps = { utilisation: [[0, 0.6, 1]], durationSeconds: 700 };
    // At 300.1 s it wants 0.6 + 0.4 / 3000 of a core, at 600.1 s 1: utilisations of the host are half of that.
    const { energyKwh } = simulateCloudSim(scene(1, [0], "dvfs", steps));
    const first = 100 + 100 * ((0.6 + 0.4 / 3000) / 2);
    expect(energyKwh).toBeCloseTo((((first + 150) / 2) * 300) / 3.6e6, 9);
  });
});

describe("properties", () => {
  const experiment = planetLabExperiment(syntheticDay(60, 3), { hosts: 40 });

  test.each(["thr-rs-0.8", "mad-mc-2.5", "lr-mmt-1.2", "iqr-mu-1.5", "dvfs"])(
    "%s: the series add up, and the same again gives the same",
    (policy) => {
      const result = simulateCloudSim({ ...experiment, policy, seed: 5 });
      const sum = (values: ArrayLike<number>): number =>
        Array.from(values).reduce((total, value) => total + value, 0);
      expect(sum(result.series.migrations)).toBe(result.migrations);
      expect(result.migrationRecords).toHaveLength(result.migrations);
      // The energy of moves after the last look is in no interval.
      expect(sum(result.series.energyKwh)).toBeLessThanOrEqual(result.energyKwh + 1e-9);
      expect(sum(result.series.energyKwh)).toBeGreaterThan(0.99 * result.energyKwh);
      expect(simulateCloudSim({ ...experiment, policy, seed: 5 })).toEqual(result);
    },
  );

  test("random selection follows its seed", () => {
    const moves = (seed: number) =>
      simulateCloudSim({ ...experiment, policy: "thr-rs-0.6", seed }).migrationRecords;
    expect(moves(1)).not.toEqual(moves(2));
  });
});

describe("what cannot be is refused", () => {
  const cases: [string, Partial<CloudSimOptions>][] = [
    ["policy", { policy: "xyz-mmt-1" }],
    ["policy", { policy: "thr-mmt-1.5" }],
    ["policy", { policy: "lr-mmt--1" }],
    ["policy", { policy: "lr-mmt-much" }],
    ["intervalSeconds", { intervalSeconds: 0 }],
    ["durationSeconds", { durationSeconds: 1e12 }],
    ["utilisation", { intervalSeconds: 1, vms: new Array(1200).fill(0) }],
    ["hosts[0]", { hosts: [1] }],
    ["hosts", { hosts: [] }],
    ["hosts", { vms: [0, 0, 0], utilisation: [[1], [1], [1]] }],
    ["utilisation", { utilisation: [] }],
    ["utilisation[0]", { utilisation: [[]] }],
    ["utilisation[0][1]", { utilisation: [[0.5, 1.5]] }],
    ["utilisation[0][0]", { utilisation: [[Number.NaN]] }],
    ["vmTypes[0].mips", { vmTypes: [{ ...vm, mips: 0 }] }],
    ["hostTypes[0].watts", { hostTypes: [{ ...host, watts: [1, 2] }] }],
    ["hostTypes[0].cores", { hostTypes: [{ ...host, cores: 1.5 }] }],
  ];
  test.each(cases)("%s", (option, change) => {
    expect(() => simulateCloudSim(scene(1, [0.5], "dvfs", change))).toThrow(
      expect.objectContaining({ tag: "InvalidOptionError", option }),
    );
  });
});
