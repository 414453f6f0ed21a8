import { describe, expect, test } from "vitest";
import { HostPool, MipsShares } from "../../../../src/fleet/cloudsim/host-pool.js";
import { PLANETLAB_HOST_TYPES } from "../../../../src/fleet/cloudsim/planetlab.js";

/** One host of two cores of 1000 MIPS, and VMs that want so much; `moving` are in a migration. */
function share(requested: readonly number[], moving: readonly number[], arriving: number[]) {
  const pool = new HostPool({
    hostTypes: [
      {
        ...PLANETLAB_HOST_TYPES[0],
        name: "h",
        cores: 2,
        mipsPerCore: 1000,
        memoryMb: 1,
        bandwidthKbps: 1,
        watts: [],
      },
    ],
    hosts: [0],
    vmTypes: [{ name: "v", mips: 5000, memoryMb: 1, bandwidthKbps: 1 }],
    vms: requested.map(() => 0),
    utilisation: [],
  });
  const isMoving = Uint8Array.from(requested, (_, vm) => (moving.includes(vm) ? 1 : 0));
  const shares = new MipsShares(pool, Float64Array.from(requested), isMoving);
  const vms = requested.map((_, vm) => vm);
  shares.shareOut(0, vms, arriving);
  const { available, wanted, used } = shares;
  const allocated = [...shares.allocated.subarray(0, vms.length)];
  return { allocated, available, wanted, used, spent: vms.map((vm) => shares.spent(vms, vm)) };
}

describe("a host's MIPS", () => {
  test("suffice: each gets what it wants, up to a core", () => {
    expect(share([300, 1500], [], [])).toMatchObject({
      allocated: [300, 1000],
      available: 700,
      wanted: 1800,
      used: 1300,
    });
  });

  test("do not: all get the same fraction, rounded down", () => {
    expect(share([1000, 1000, 1000], [], [])).toMatchObject({
      allocated: [666, 666, 666],
      available: 0,
    });
  });

  test("a VM that leaves lacks a tenth, which the host spends all the same", () => {
    const { allocated, available, spent } = share([500, 500], [1], []);
    expect(allocated).toEqual([500, 450]);
    expect(available).toBe(1000);
    expect(spent).toEqual([500, 500]);
  });

  test("a VM on its way takes a tenth, and is reckoned with in full", () => {
    const { allocated, available, used } = share([500, 500], [1], [1]);
    expect(allocated).toEqual([500, 50]);
    expect(available).toBe(1450);
    expect(used).toBeCloseTo(1000, 9);
  });

  test("moving VMs are scaled down with the others", () => {
    // 1000 + 1000 + 0.1 x 1000 of 2000: the scale is 0.952.
    const { allocated } = share([1000, 1000, 1000], [1, 2], [2]);
    expect(allocated).toEqual([952, 857, 95]);
  });
});

test("watts are straight lines between the points of a table", () => {
  const pool = new HostPool({
    hostTypes: PLANETLAB_HOST_TYPES,
    hosts: [0, 1],
    vmTypes: [],
    vms: [],
    utilisation: [],
  });
  expect(pool.watts(0, 0)).toBe(86);
  expect(pool.watts(0, 1)).toBe(117);
  expect(pool.watts(1, 0.5)).toBe(116);
  expect(pool.watts(1, 0.25)).toBeCloseTo((101 + 105) / 2, 9);
  expect(pool.mips[1]).toBe(5320);
  // 870 MB at half of 1 Gbit/s.
  expect(870 / (pool.migrationRate[0] as number)).toBeCloseTo(13.92, 9);
});
