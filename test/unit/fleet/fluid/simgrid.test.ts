// Holds simgrid.ts and simgrid-outlook.ts; test/reference/simgrid.test.ts holds them to SimGrid itself.
import { expect, test } from "vitest";
import {
  type SimGridGuest,
  SimGridMigration,
  simGridPath,
} from "../../../../src/fleet/fluid/simgrid.js";
import { simGridOutlook } from "../../../../src/fleet/fluid/simgrid-outlook.js";
import { FluidCurves } from "../../../../src/kernel/fluid.js";
import { drive } from "./constant-rate.js";

const curves = new FluidCurves();
/** 1 GiB whose half is dirtied while it is sent. */
const HALF: SimGridGuest = {
  ramBytes: 2 ** 30,
  workingSetBytes: 2 ** 30,
  dirtyIntensity: 0.5,
  migrationSpeed: 2 ** 27,
  cpuUtilisation: 1,
  hostSpeed: 2 ** 30,
};

test("each round halves what is dirty, until it goes within 30 ms", () => {
  const path = simGridPath("CM02", 2 ** 27, 0, false);
  const outlook = simGridOutlook(HALF, path, curves);
  // 8 s, 4 s, ... 31.25 ms while the guest runs, and the last 15.625 ms.
  expect(outlook).toMatchObject({ converges: true, rounds: 8, downtimeNs: 15_625_000 });
  expect(outlook.totalNs).toBeCloseTo(16e9 - 15_625_000, 0);
  expect(outlook.bytes).toBe(2 ** 31 - 2 ** 21);
  const migration = new SimGridMigration(HALF, path);
  const { end, totalNs, steps } = drive(migration, 2 ** 27);
  expect(end).toMatchObject({ outcome: "completed", guest: "target" });
  expect(totalNs).toBe(16e9 - 15_625_000);
  expect(steps.map(({ guest }) => guest)).toEqual([...Array(9).fill("source"), "stopped"]);
});

test("without a migration speed nothing is ever dirty", () => {
  const path = simGridPath("LV08", 1.25e8, 0, true);
  const outlook = simGridOutlook({ ...HALF, migrationSpeed: 0 }, path, curves);
  expect(outlook).toMatchObject({ rounds: 0, downtimeNs: 0, bytes: 2 ** 30 });
  expect(outlook.totalNs / 1e9).toBeCloseTo((2 ** 30 * 1.05) / (1.25e8 * 0.97), 9);
});

test("a guest that dirties more than the link carries never converges, and it says so at once", () => {
  const guest = { ...HALF, migrationSpeed: 2 ** 29, workingSetBytes: 2 ** 28 };
  const outlook = simGridOutlook(guest, simGridPath("CM02", 2 ** 27, 0, false), curves);
  expect(outlook).toMatchObject({ converges: false, forcedDowntimeNs: 2e9 });
  expect(outlook.reason).toMatch(/leaves 268435456 dirty bytes.*every further round is the same/);
  const migration = new SimGridMigration(guest, simGridPath("CM02", 2 ** 27, 0, false));
  const { end, steps } = drive(migration, 2 ** 27);
  expect(end).toMatchObject({ outcome: "not-converged", guest: "source" });
  expect(steps.length).toBeLessThan(10);
});

test("latency counts into bandwidth, so on a long way a guest slower than the link need not converge", () => {
  const path = simGridPath("CM02", 1.25e8, 5e7, false);
  const outlook = simGridOutlook(
    { ...HALF, migrationSpeed: 1e8, dirtyIntensity: 0.9 },
    path,
    curves,
  );
  expect(outlook).toMatchObject({ converges: false });
  expect(outlook.leastDowntimeLimitNs).toBeGreaterThan(5e7);
});
