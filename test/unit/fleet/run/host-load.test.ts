import fc from "fast-check";
import { expect, test } from "vitest";
import { HostLoad } from "../../../../src/fleet/run/host-load.js";
import { SECOND, tinyFleet } from "./tiny-fleet.js";

function loaded(shares: readonly number[]): HostLoad {
  const fleet = tinyFleet(
    2,
    shares.map(() => 0),
    shares,
  );
  const load = new HostLoad(fleet);
  for (const [vm, share] of shares.entries()) {
    load.wants[vm] = share;
    load.enter(vm, 0, 0);
  }
  return load;
}

test("who wants less than a fair share gets it, the others share what is left", () => {
  const load = loaded([0.2, 0.9, 1]);
  expect(load.paceOf(0)).toBe(1);
  expect(load.paceOf(1)).toBe(1);
  const crowded = loaded([0.2, 1, 1, 1]);
  expect(crowded.paceOf(0)).toBe(1);
  expect(crowded.paceOf(1)).toBeCloseTo(0.6, 12);
  expect(crowded.paceOf(3)).toBeCloseTo(0.6, 12);
});

test("a host's CPU is all given or all wanted is granted, whatever the VMs want", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
      (shares) => {
        const load = loaded(shares);
        const granted = shares.reduce((sum, share, vm) => sum + share * load.paceOf(vm), 0);
        const wanted = shares.reduce((sum, share) => sum + share, 0);
        expect(granted).toBeCloseTo(Math.min(2, wanted), 9);
      },
    ),
  );
});

test("energy is the integral of power, and lost time that of missing pace", () => {
  const load = loaded([1, 1, 1, 1]);
  load.settle(0, 10 * SECOND);
  expect(load.joules[0]).toBeCloseTo(2000, 9);
  expect(load.lostNs[2]).toBeCloseTo(5 * SECOND, 3);
  load.leave(3, 10 * SECOND);
  load.leave(2, 10 * SECOND);
  load.leave(1, 10 * SECOND);
  load.settle(0, 20 * SECOND);
  // One of two cores.
  expect(load.joules[0]).toBeCloseTo(3500, 9);
  expect(load.overloadedNs[0]).toBe(10 * SECOND);
  load.settle(1, 20 * SECOND);
  expect(load.joules[1]).toBeCloseTo(2000, 9);
});

test("a stopped VM wants nothing, and migrations take theirs first", () => {
  const load = loaded([1, 1]);
  load.take(0, 0.5, 0);
  expect(load.paceOf(0)).toBeCloseTo(0.75, 12);
  load.setPaused(1, true, 0);
  expect(load.paceOf(0)).toBe(1);
  expect(load.paceOf(1)).toBe(0);
});
