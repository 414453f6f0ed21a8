import { describe, expect, test } from "vitest";
import { createDrain, type DrainSettings } from "../../../../src/fleet/control/drain.js";
import {
  compareDrains,
  type DrainOptions,
  PLATFORM_LIMITS,
  planDrain,
} from "../../../../src/fleet/control/drain-plan.js";
import { type MoveEstimator, onePassEstimator } from "../../../../src/fleet/control/estimate.js";
import { SECOND } from "../../../../src/units.js";
import { contextOf, GIB, type Scene, type SceneVm, snapshotOf } from "../../../fleet-scenes.js";

const FREE = { perSource: 100, perTarget: 100, total: 100 };

function drain(scene: Scene, options: Partial<DrainOptions> = {}) {
  const snapshot = snapshotOf(scene);
  const { estimate } = contextOf(snapshot);
  return planDrain(snapshot, 0, { estimate, limits: FREE, ...options });
}

const sized = (gib: number, more: SceneVm = {}): SceneVm => ({
  host: 0,
  memoryBytes: gib * GIB,
  ...more,
});

/** One pass over the memory at 1 GiB/s at most; the VMs named do not converge below a bandwidth. */
function needing(needs: ReadonlyMap<number, number>, scene: Scene): MoveEstimator {
  const onePass = onePassEstimator(snapshotOf(scene).fleet);
  return (vm, bandwidth, strategy) => {
    const outlook = onePass(vm, Math.min(bandwidth, GIB), strategy);
    const isPushed = strategy === null || strategy === "pre-copy";
    if (!isPushed || bandwidth >= (needs.get(vm) ?? 0)) return { ...outlook, converges: true };
    return { ...outlook, ns: Number.POSITIVE_INFINITY, converges: false, because: "too dirty" };
  };
}

describe("the plan of a drain", () => {
  test("closes the host, then moves everything, in the order asked for", () => {
    const curve = (rate: number) => ({
      memory: {
        zeroShare: 0,
        curve: [{ kind: "poisson" as const, pages: 1e5, rate }],
        workload: null,
      },
    });
    const vms = [
      sized(2, { flavour: curve(10) }),
      sized(1, { flavour: curve(30) }),
      sized(3, { flavour: curve(20) }),
    ];
    const order = (options: Partial<DrainOptions>) => {
      const { actions } = drain({ hosts: [{}, {}], vms }, options).plan;
      expect(actions[0]).toMatchObject({ kind: "close", host: 0 });
      return actions.slice(1).map((action) => (action.kind === "move" ? action.vm : -1));
    };
    expect(order({})).toEqual([1, 0, 2]);
    expect(order({ order: "longest-first" })).toEqual([2, 0, 1]);
    expect(order({ order: "most-dirty-first" })).toEqual([1, 2, 0]);
  });

  test("the schedule shares the network card of the host among those that leave at once", () => {
    const scene = { hosts: [{ nic: GIB }, { nic: 8 * GIB }], vms: [sized(2), sized(4)] };
    const together = drain(scene);
    // Each gets half: the smaller ends after 4 s, the larger then has 2 GiB left.
    expect(together.schedule.map(({ startNs, endNs }) => [startNs, endNs])).toEqual([
      [0, 4 * SECOND],
      [0, 6 * SECOND],
    ]);
    const single = drain(scene, { limits: PLATFORM_LIMITS.nova });
    expect(single.schedule.map(({ startNs, endNs }) => [startNs, endNs])).toEqual([
      [0, 2 * SECOND],
      [2 * SECOND, 6 * SECOND],
    ]);
    expect(single.lastLeavesNs).toBe(6 * SECOND);
  });

  test("limits hold at sources, targets and in all", () => {
    const scene = { hosts: [{ nic: GIB }, {}], vms: Array.from({ length: 6 }, () => sized(1)) };
    const most = (limits: DrainOptions["limits"]) => {
      const { schedule } = drain(scene, { limits });
      return Math.max(
        ...schedule.map(
          ({ startNs }) =>
            schedule.filter((other) => other.startNs <= startNs && other.endNs > startNs).length,
        ),
      );
    };
    expect(most(PLATFORM_LIMITS.kubevirt)).toBe(2);
    expect(most(PLATFORM_LIMITS.nova)).toBe(1);
    expect(most({ perSource: 9, perTarget: 3, total: 9 })).toBe(3);
    expect(most({ perSource: 9, perTarget: 9, total: 4 })).toBe(4);
    expect(most({ perSource: 0, perTarget: 0, total: 0 })).toBe(1);
  });

  test("says for each VM that stays why: a device, no room, no convergence, still arriving", () => {
    const scene: Scene = {
      hosts: [{ incoming: [4] }, { memoryBytes: 8 * GIB }],
      vms: [
        sized(1, {
          flavour: { assignedDevices: [{ name: "gpu0", hasStandIn: false, standInSlowdown: 0 }] },
        }),
        sized(16),
        sized(2),
        sized(1),
        sized(1, { host: 1, isMigrating: true }),
      ],
    };
    const plan = drain(scene, { estimate: needing(new Map([[2, 1e12]]), scene) });
    expect(plan.empties).toBe(false);
    expect(plan.plan.actions.map(({ kind }) => kind)).toEqual(["close", "move"]);
    const because = new Map(plan.plan.refusals.map((refusal) => [refusal.vm, refusal.because]));
    expect(because.get(0)).toContain("gpu0");
    expect(because.get(1)).toContain("1 is short of memory");
    expect(because.get(2)).toContain("would not converge: too dirty");
    expect(because.get(4)).toContain("on its way");
  });

  test("what does not converge may leave by post-copy, and a device with a stand-in is no obstacle", () => {
    const flavour = { assignedDevices: [{ name: "nic1", hasStandIn: true, standInSlowdown: 0.1 }] };
    const scene = { hosts: [{}, {}], vms: [sized(1, { flavour })] };
    const estimate = needing(new Map([[0, 1e12]]), scene);
    const { plan, empties } = drain(scene, { estimate, ifNotConverging: "post-copy" });
    expect(plan.actions[1]).toMatchObject({ vm: 0, strategy: "post-copy" });
    expect(empties).toBe(true);
  });

  test("those that share a host leave to one", () => {
    const groups = [{ name: "pair", rule: "together", within: "host" }] as const;
    const hosts = [{}, { memoryBytes: 4 * GIB }, { memoryBytes: 8 * GIB }];
    const { plan } = drain({
      hosts,
      vms: [sized(4, { group: 0 }), sized(4, { group: 0 })],
      groups,
    });
    expect(plan.actions.slice(1)).toMatchObject([
      { vm: 0, to: 2 },
      { vm: 1, to: 2 },
    ]);
  });

  test("a deadline that cannot be kept is said", () => {
    const scene = { hosts: [{ nic: GIB }, {}], vms: [sized(2), sized(4)] };
    expect(drain(scene, { deadlineNs: 6 * SECOND })).toMatchObject({ isInTime: true });
    const late = drain(scene, { deadlineNs: 5 * SECOND });
    expect(late).toMatchObject({ isInTime: false, empties: true });
    expect(late.plan.refusals).toEqual([
      { vm: null, host: 0, because: "the last VM leaves only after 6 s; the deadline is 5 s" },
    ]);
  });
});

describe("drains compared", () => {
  test("the best is the quickest of those after which least stays", () => {
    const scene = { hosts: [{ nic: GIB }, { nic: GIB }, { nic: GIB }], vms: [sized(1), sized(2)] };
    // Beside another, VM 1 has half the bandwidth, which is not enough for it.
    const estimate = needing(new Map([[1, 0.9 * GIB]]), scene);
    const plans = compareDrains(snapshotOf(scene), 0, { estimate }, 3);
    expect(plans).toHaveLength(9);
    expect(plans[0]).toMatchObject({ empties: true, lastLeavesNs: 3 * SECOND });
    expect(plans[0]?.limits.perSource).toBe(1);
    const parallel = plans.filter(({ limits }) => limits.perSource > 1);
    expect(parallel.every(({ schedule }) => schedule.length === 2)).toBe(true);
  });

  test("a VM that does not converge beside another is done when it is alone again", () => {
    const scene = { hosts: [{ nic: GIB }, { nic: GIB }], vms: [sized(1), sized(2)] };
    const estimate = needing(new Map([[1, 0.9 * GIB]]), scene);
    const plan = planDrain(snapshotOf(scene), 0, { estimate, limits: FREE });
    // VM 0 takes two seconds at half the bandwidth, in which VM 1 gets nowhere.
    expect(plan.schedule.map(({ endNs }) => endNs)).toEqual([2 * SECOND, 4 * SECOND]);
  });
});

describe("the drain controller", () => {
  const SETTINGS: DrainSettings = {
    hosts: ["h0", "h1"],
    startNs: 100,
    serviceNs: 50,
    deadlineNs: null,
    ifLate: "wait",
    atOnce: 1,
    order: "smallest-first",
    placement: "best-fit",
    ifNotConverging: "refuse",
  };
  const decide = (scene: Scene, settings: Partial<DrainSettings> = {}) => {
    const snapshot = snapshotOf(scene);
    return createDrain({ ...SETTINGS, ...settings }, contextOf(snapshot)).decide(snapshot);
  };
  const VMS = [sized(1), sized(1, { host: 1 })];

  test("waits for its time, then closes the first of its list", () => {
    expect(decide({ hosts: [{}, {}, {}], vms: VMS, now: 99 }).actions).toEqual([]);
    expect(decide({ hosts: [{}, {}, {}], vms: VMS, now: 100 }).actions).toMatchObject([
      { kind: "close", host: 0 },
      // Rather to a host that will not be emptied after.
      { kind: "move", vm: 0, to: 2 },
    ]);
  });

  test("opens a host when it was empty for long enough, counted from when it was closed", () => {
    const first = { status: "maintenance" as const, statusSinceNs: 110, emptySinceNs: 0 };
    const scene = (now: number) => ({ hosts: [first, {}, {}], vms: [sized(1, { host: 1 })], now });
    expect(decide(scene(159)).actions).toEqual([]);
    expect(decide(scene(160)).actions).toMatchObject([
      { kind: "open", host: 0 },
      { kind: "close", host: 1 },
      { kind: "move", vm: 0 },
    ]);
  });

  test("what is done is not done again, and is where VMs go first", () => {
    const hosts = [{ maintainedAtNs: 150 }, {}, {}];
    const { actions } = decide({ hosts, vms: [sized(1, { host: 1 })], now: 200 });
    expect(actions).toMatchObject([
      { kind: "close", host: 1 },
      { kind: "move", vm: 0, to: 0 },
    ]);
    const done = hosts.map(() => ({ maintainedAtNs: 150 }));
    expect(decide({ hosts: done, vms: VMS, now: 300 }).actions).toEqual([]);
    // An older maintenance was another one.
    const old = hosts.map(() => ({ maintainedAtNs: 50 }));
    expect(decide({ hosts: old, vms: VMS, now: 300 }).actions).toHaveLength(2);
  });

  test("several at once are no targets for each other", () => {
    const { actions } = decide({ hosts: [{}, {}, {}], vms: VMS, now: 100 }, { atOnce: 2 });
    expect(actions).toMatchObject([
      { kind: "close", host: 0 },
      { kind: "close", host: 1 },
      { kind: "move", vm: 0, to: 2 },
      { kind: "move", vm: 1, to: 2 },
    ]);
  });

  test("one that is late keeps the list waiting, or is skipped", () => {
    const first = { status: "maintenance" as const, statusSinceNs: 110 };
    const stuck = { assignedDevices: [{ name: "gpu", hasStandIn: false, standInSlowdown: 0 }] };
    const scene = { hosts: [first, {}, {}], vms: [sized(1, { flavour: stuck }), ...VMS], now: 200 };
    const wait = decide(scene, { deadlineNs: 80 });
    expect(wait.actions.map(({ kind }) => kind)).toEqual(["move"]);
    expect(wait.refusals.map(({ vm }) => vm)).toContain(0);
    const skip = decide(scene, { deadlineNs: 80, ifLate: "skip" });
    expect(skip.actions.slice(0, 2)).toMatchObject([
      { kind: "open", host: 0 },
      { kind: "close", host: 1 },
    ]);
  });

  test("hosts that sleep or have failed are passed over; an unknown one is refused", () => {
    const hosts = [{ status: "asleep" as const }, {}, {}];
    const vms = [sized(1, { host: 1 })];
    expect(decide({ hosts, vms, now: 100 }).actions[0]).toMatchObject({ kind: "close", host: 1 });
    expect(() => decide({ hosts, vms }, { hosts: ["h9"] })).toThrow(/hosts: got "h9"/);
    expect(decide({ hosts, vms, now: 100 }, { hosts: "all" }).actions).toHaveLength(2);
  });
});
