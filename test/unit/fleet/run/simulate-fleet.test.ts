import { describe, expect, test } from "vitest";
import type { Controller, Plan } from "../../../../src/fleet/control/plan.js";
import { simulateFleet } from "../../../../src/fleet/run/simulate-fleet.js";
import { GIB, SECOND, TINY_FLAVOUR, tinyFleet } from "./tiny-fleet.js";

const MOVE = [{ atNs: SECOND, vm: 0, to: 1 }];

/** Does what it is told at the look of that number. */
function scripted(plans: Readonly<Record<number, Plan["actions"]>>): Controller {
  let looks = 0;
  return {
    name: "script",
    decide: () => ({ controller: "script", actions: plans[looks++] ?? [], refusals: [] }),
  };
}

describe("a move that is asked for", () => {
  test("happens, and to the page nearly as the fluid says", async () => {
    const fluid = await simulateFleet(tinyFleet(2, [0], [0.5], { moves: MOVE }));
    const exact = await simulateFleet(
      tinyFleet(2, [0], [0.5], { moves: MOVE, exactVms: new Set([0]) }),
    );
    const [a, b] = [fluid.migrations[0], exact.migrations[0]];
    expect([a?.outcome, a?.isExact, b?.outcome, b?.isExact]).toEqual([
      ...["completed", false],
      ...["completed", true],
    ]);
    expect(fluid.vmHosts[0]).toBe(1);
    expect(exact.vmHosts[0]).toBe(1);
    const seconds = (a?.endNs ?? 0) / SECOND;
    expect((b?.endNs ?? 0) / SECOND).toBeCloseTo(seconds, 2);
    expect((b?.bytes ?? 0) / (a?.bytes ?? 1)).toBeCloseTo(1, 2);
  });

  test("shares the links with others, whose bandwidth it takes", async () => {
    const alone = await simulateFleet(tinyFleet(3, [0, 0], [0, 0], { moves: MOVE }));
    const moves = [...MOVE, { atNs: SECOND, vm: 1, to: 2 }];
    const both = await simulateFleet(tinyFleet(3, [0, 0], [0, 0], { moves }));
    const length = ({ startNs, endNs }: { startNs: number; endNs: number }): number =>
      endNs - startNs;
    const [first] = alone.migrations;
    for (const one of both.migrations) {
      expect(length(one) / length(first ?? one)).toBeCloseTo(2, 1);
    }
  });

  test("waits for its turn where limits say so", async () => {
    const moves = [...MOVE, { atNs: SECOND, vm: 1, to: 2 }];
    const unlimited = Number.POSITIVE_INFINITY;
    const limits = { perSource: 1, perTarget: unlimited, total: unlimited };
    const { migrations } = await simulateFleet(tinyFleet(3, [0, 0], [0, 0], { moves, limits }));
    expect(migrations[1]?.startNs).toBe(migrations[0]?.endNs);
  });

  test("is refused where it cannot be, with the reason", async () => {
    const device = { name: "gpu0", hasStandIn: false, standInSlowdown: 0 };
    const bound = { ...TINY_FLAVOUR, assignedDevices: [device] };
    const here = await simulateFleet(tinyFleet(2, [1], [1], { moves: MOVE }));
    const held = await simulateFleet(tinyFleet(2, [0], [1], { moves: MOVE, flavours: [bound] }));
    const large = { ...TINY_FLAVOUR, memoryBytes: 17 * GIB };
    const full = await simulateFleet(tinyFleet(2, [0], [1], { moves: MOVE, flavours: [large] }));
    expect(here.migrations[0]?.reason).toBe("the VM is on h1 already");
    expect(held.migrations[0]?.reason).toContain("gpu0");
    expect(full.migrations[0]?.reason).toBe("host h1 has no memory left for it");
    for (const { migrations } of [here, held, full]) {
      expect(migrations[0]?.outcome).toBe("refused");
    }
  });
});

describe("hosts", () => {
  test("sleep, wake, and moves to them wait until they are on", async () => {
    const controller = scripted({
      0: [{ kind: "sleep", host: 1, because: "empty" }],
      1: [
        { kind: "wake", host: 1, because: "wanted" },
        { kind: "move", vm: 0, to: 1, strategy: null, because: "test" },
      ],
    });
    const result = await simulateFleet(tinyFleet(2, [0], [0]), {
      ...{ untilNs: 300 * SECOND, intervalNs: 100 * SECOND, controllers: [controller] },
    });
    expect(result.events.map(({ kind, atNs }) => [kind, atNs / SECOND])).toEqual([
      ["host-asleep", 0],
      ["host-waking", 100],
      ["host-on", 160],
    ]);
    expect(result.migrations[0]?.startNs).toBe(160 * SECOND);
    // 5 s idle on the way down, 95 s asleep, 60 s to wake, 140 s idle, all but what migrating takes.
    expect(result.hostJoules[1]).toBeCloseTo(5 * 100 + 95 * 10 + 200 * 100, 6);
  });

  test("fail, and what ran there is down until it is started elsewhere", async () => {
    const faults = [{ host: 0, atNs: 50 * SECOND, warningNs: 0, repairNs: 1000 * SECOND }];
    const controller = scripted({ 1: [{ kind: "start", vm: 0, on: 1, because: "lost" }] });
    const result = await simulateFleet(tinyFleet(2, [0], [0], { faults }), {
      ...{ untilNs: 300 * SECOND, intervalNs: 100 * SECOND, controllers: [controller] },
    });
    expect(result.vmHosts[0]).toBe(1);
    expect(result.quality.crashDowntimeNs).toBe(70 * SECOND);
    // A dead host draws nothing.
    expect(result.hostJoules[0]).toBeCloseTo(50 * 100, 6);
  });

  test("that die under a migration leave the guest where it can run", async () => {
    const fault = { atNs: 1.5 * SECOND, warningNs: 0, repairNs: 1000 * SECOND };
    const toDead = tinyFleet(2, [0], [0], { moves: MOVE, faults: [{ ...fault, host: 1 }] });
    const { migrations, vmHosts, events } = await simulateFleet(toDead);
    expect(migrations[0]).toMatchObject({ outcome: "failed", reason: "host h1 failed" });
    expect(vmHosts[0]).toBe(0);
    expect(events.some(({ kind }) => kind === "vm-lost")).toBe(false);
    const postCopy = { ...TINY_FLAVOUR, move: { strategy: "post-copy", options: {} } } as const;
    const fromDead = tinyFleet(2, [0], [0], {
      ...{ moves: MOVE, faults: [{ ...fault, host: 0 }], flavours: [postCopy] },
    });
    // Its memory was on both.
    const lost = await simulateFleet(fromDead);
    expect(lost.vmHosts[0]).toBe(-1);
    expect(lost.events.some(({ kind }) => kind === "vm-lost")).toBe(true);
  });
});

test("VMs that come are placed, and those that find no room are told of", async () => {
  const fleet = tinyFleet(
    2,
    Array.from({ length: 40 }, () => -1),
    Array(40).fill(0),
  );
  fleet.vms.arrivesNs.fill(10 * SECOND, 20);
  const { vmHosts, events } = await simulateFleet(fleet);
  expect(vmHosts.filter((host) => host === 0)).toHaveLength(16);
  expect(vmHosts.filter((host) => host === 1)).toHaveLength(16);
  expect(events.filter(({ kind }) => kind === "no-room")).toHaveLength(8);
});

test("bad options are refused by name", async () => {
  const fleet = tinyFleet(1, []);
  await expect(simulateFleet(fleet, { intervalNs: 0 })).rejects.toThrow("intervalNs");
  await expect(simulateFleet(fleet, { seed: -1 })).rejects.toThrow("seed");
  await expect(simulateFleet(fleet, { historyLength: 1.5 })).rejects.toThrow("historyLength");
  await expect(simulateFleet(fleet, { profile: "x" as "godwit" })).rejects.toThrow("profile");
});

test("an aborted simulation ends", async () => {
  const abort = new AbortController();
  const moves = Array.from({ length: 2000 }, (_, index) => ({
    ...{ vm: 0, to: (index + 1) % 2, atNs: index * 10 * SECOND },
  }));
  const running = simulateFleet(tinyFleet(2, [0], [0], { moves }), {
    signal: abort.signal,
    onProgress: () => abort.abort(),
  });
  await expect(running).rejects.toMatchObject({ tag: "AbortedError" });
});

describe("what was lost to migrations", () => {
  const OVERLOADED = [0, 0, 0];

  test("is not what an overloaded host could not give anyway", async () => {
    const { quality } = await simulateFleet(
      tinyFleet(2, OVERLOADED, [1, 1, 1], { moves: [{ atNs: SECOND, vm: 0, to: 1 }] }),
      { untilNs: 2 * SECOND },
    );
    // Three want what two have: a third is missing, and the move has lost only its downtime.
    expect(quality.missingShare).toBeGreaterThan(0.15);
    expect(quality.migrationLossShare).toBeLessThan(0.01);
  });

  test("is the CPU that migrations take where there is none to spare", async () => {
    const costs = { sourceCpuSecondsPerGiB: 0.5, targetCpuSecondsPerGiB: 0 };
    const { quality } = await simulateFleet(
      tinyFleet(2, [0, 0], [1, 1], { costs, moves: [{ atNs: SECOND, vm: 0, to: 1 }] }),
      { untilNs: 4 * SECOND },
    );
    // Half a core second of eight, and the downtime.
    expect(quality.migrationLossShare).toBeGreaterThan(0.5 / 8);
    expect(quality.migrationLossShare).toBeLessThan(0.6 / 8);
    expect(quality.missingShare).toBeCloseTo(quality.migrationLossShare, 9);
  });

  test("is part of what is missing", async () => {
    const { quality } = await simulateFleet(
      tinyFleet(2, [0], [0.5], { moves: [{ atNs: SECOND, vm: 0, to: 1 }] }),
      { untilNs: 10 * SECOND },
    );
    expect(quality.migrationLossShare).toBeGreaterThan(0);
    expect(quality.missingShare).toBeCloseTo(quality.migrationLossShare, 12);
  });
});

test.each([
  [undefined, "controller"],
  [{ controller: "own", actions: null, refusals: [] }, "own.actions"],
  [
    { controller: "own", actions: [{ kind: "move", vm: 9, to: 0 }], refusals: [] },
    "own.actions.0.vm",
  ],
  [
    { controller: "own", actions: [{ kind: "sleep", host: 2 }], refusals: [] },
    "own.actions.0.host",
  ],
  [{ controller: "own", actions: [{ kind: "fly" }], refusals: [] }, "own.actions.0.kind"],
  [
    { controller: "own", actions: [{ kind: "move", vm: 0, to: 1, strategy: "x" }], refusals: [] },
    "own.actions.0.strategy",
  ],
])("a plan that says what none may is refused by where it does: %j", async (plan, option) => {
  const own = { name: "own", decide: () => plan as unknown as Plan };
  const running = simulateFleet(tinyFleet(2, [0]), { controllers: [own], untilNs: SECOND });
  await expect(running).rejects.toMatchObject({ tag: "InvalidOptionError", option });
});
