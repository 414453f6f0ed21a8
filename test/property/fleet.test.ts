import fc from "fast-check";
import { expect, test } from "vitest";
import type { Controller } from "../../src/fleet/control/plan.js";
import type { Snapshot } from "../../src/fleet/control/snapshot.js";
import type { Fleet } from "../../src/fleet/model/fleet.js";
import type { FleetResult } from "../../src/fleet/run/result.js";
import { simulateFleet } from "../../src/fleet/run/simulate-fleet.js";
import { SECOND, TINY_FLAVOUR, tinyFleet } from "../unit/fleet/run/tiny-fleet.js";

const HOSTS = 4;
const INTERVAL = 10 * SECOND;
const END = 12 * INTERVAL;

const host = fc.nat(HOSTS - 1);
const instant = fc.nat(100).map((seconds) => seconds * SECOND);
const strategy = fc.constantFrom("pre-copy", "post-copy", "hybrid", "cold", "stop-and-copy");

/** Small data centres in which much happens: moves, departures, late arrivals, crashes, one exact VM. */
const fleets = fc
  .record({
    places: fc.array(fc.integer({ min: -1, max: HOSTS - 1 }), { minLength: 1, maxLength: 14 }),
    shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 14, maxLength: 14 }),
    moves: fc.array(fc.record({ vm: fc.nat(13), to: host, atNs: instant }), { maxLength: 20 }),
    departs: fc.array(fc.record({ vm: fc.nat(13), atNs: instant }), { maxLength: 3 }),
    arrives: fc.array(fc.record({ vm: fc.nat(13), atNs: instant }), { maxLength: 3 }),
    faults: fc.array(fc.record({ host, atNs: instant, warningNs: instant, repairNs: instant }), {
      maxLength: 2,
    }),
    perSource: fc.constantFrom(1, 2, Number.POSITIVE_INFINITY),
    total: fc.constantFrom(1, 3, Number.POSITIVE_INFINITY),
    strategy,
    isExact: fc.boolean(),
    cpuCost: fc.constantFrom(0, 0.25, 5),
  })
  .map((given): Fleet => {
    const { places, moves, departs, arrives, perSource, total } = given;
    const isThere = ({ vm }: { vm: number }): boolean => vm < places.length;
    const fleet = tinyFleet(HOSTS, places, given.shares.slice(0, places.length), {
      moves: moves.filter(isThere),
      faults: given.faults,
      flavours: [{ ...TINY_FLAVOUR, move: { strategy: given.strategy, options: {} } }],
      limits: { perSource, total, perTarget: Number.POSITIVE_INFINITY },
      costs: { sourceCpuSecondsPerGiB: given.cpuCost, targetCpuSecondsPerGiB: given.cpuCost },
      exactVms: given.isExact ? new Set([0]) : new Set(),
    });
    for (const { vm, atNs } of departs.filter(isThere)) fleet.vms.departsNs[vm] = atNs + SECOND;
    for (const { vm, atNs } of arrives.filter(isThere)) fleet.vms.arrivesNs[vm] = atNs;
    return fleet;
  });

/** Looks at everything, restarts who was lost, and does no more. */
function watcher(seen: Snapshot[]): Controller {
  return {
    name: "watcher",
    decide: (snapshot) => {
      seen.push(snapshot);
      const lost = snapshot.vms.filter((vm) => vm.host === -1);
      const on = snapshot.hosts.find(({ status }) => status === "on")?.host ?? 0;
      return {
        controller: "watcher",
        actions: lost.map(({ vm }) => ({ kind: "start", vm, on, because: "it was lost" })),
        refusals: [],
      };
    },
  };
}

async function run(fleet: Fleet): Promise<{ result: FleetResult; seen: Snapshot[] }> {
  const seen: Snapshot[] = [];
  const result = await simulateFleet(fleet, {
    ...{ untilNs: END, intervalNs: INTERVAL, controllers: [watcher(seen)] },
    withUtilisation: true,
  });
  return { result, seen };
}

function check(fleet: Fleet, result: FleetResult, seen: readonly Snapshot[]): void {
  for (const { hosts, vms } of seen) {
    const where = hosts.flatMap(({ host, vms: here }) => here.map((vm) => [vm, host]));
    // Every VM is on the host that has it, and on no other.
    expect(new Set(where.map(([vm]) => vm)).size).toBe(where.length);
    const placed = vms.filter((vm) => vm.host >= 0);
    expect(new Map(where as [number, number][])).toEqual(
      new Map(placed.map(({ vm, host }) => [vm, host])),
    );
    for (const one of hosts) {
      const own = one.vms.reduce((sum) => sum + TINY_FLAVOUR.memoryBytes, 0);
      expect(one.usedBytes).toBeGreaterThanOrEqual(own);
    }
  }
  const carried = new Float64Array(fleet.topology.links.length);
  for (const {
    from,
    to,
    bytes,
    outcome,
    startNs,
    endNs,
    askedNs,
    downtimeNs,
  } of result.migrations) {
    expect(askedNs).toBeLessThanOrEqual(startNs);
    expect(startNs).toBeLessThanOrEqual(endNs);
    expect(downtimeNs).toBeGreaterThanOrEqual(0);
    expect(downtimeNs).toBeLessThanOrEqual(endNs - startNs);
    if (outcome === "refused") expect(bytes).toBe(0);
    else
      for (const link of fleet.topology.route(from, to).links)
        carried[link] = (carried[link] ?? 0) + bytes;
  }
  for (const [link, bytes] of carried.entries()) {
    expect(Math.abs(bytes - (result.linkBytes[link] as number))).toBeLessThan(1e-6 * bytes + 100);
  }
  const joules = result.series.joules.reduce((sum, one) => sum + one, 0);
  expect(joules).toBeCloseTo(result.energyJoules, 3);
  const granted = result.series.granted.reduce((sum, one) => sum + one, 0);
  const demanded = result.series.demanded.reduce((sum, one) => sum + one, 0);
  expect(granted).toBeLessThanOrEqual(demanded * (1 + 1e-9) + 1e-9);
}

test("no VM is lost or twice, links carry what migrations sent, energy is the integral of power", async () => {
  await fc.assert(
    fc.asyncProperty(fleets, async (fleet) => {
      const { result, seen } = await run(fleet);
      check(fleet, result, seen);
      // The same again is the same.
      const again = await run(fleet);
      expect(again.result).toEqual(result);
    }),
    { numRuns: 60 },
  );
});

test("no host ever has more memory promised than it has", async () => {
  const crowded = fc.array(fc.record({ vm: fc.nat(39), to: host, atNs: instant }), {
    minLength: 30,
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(crowded, async (moves) => {
      // Ten VMs of a GiB on each of four hosts with 16.
      const places = Array.from({ length: 40 }, (_, vm) => vm % HOSTS);
      const { seen, result } = await run(tinyFleet(HOSTS, places, undefined, { moves }));
      for (const { hosts, migrating } of seen) {
        // What only waits for its turn has no place yet.
        if (migrating > 0) continue;
        for (const one of hosts) expect(one.usedBytes).toBeLessThanOrEqual(one.memoryBytes);
      }
      const reached = new Int32Array(HOSTS);
      for (const at of result.vmHosts) reached[at] = (reached[at] ?? 0) + 1;
      for (const count of reached) expect(count).toBeLessThanOrEqual(16);
    }),
    { numRuns: 30 },
  );
});
