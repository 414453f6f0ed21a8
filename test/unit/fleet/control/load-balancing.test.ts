import { describe, expect, test } from "vitest";
import { createHotSpots } from "../../../../src/fleet/control/hot-spots.js";
import { createLoadBalancing } from "../../../../src/fleet/control/load-balancing.js";
import { contextOf, GIB, type Scene, type SceneVm, snapshotOf } from "../../../fleet-scenes.js";

const BALANCE = { above: 0.1, downTo: 0.03, fill: 0.9, maxMoves: 100, restNs: 0 };
const HOT = { above: 0.8, downTo: 0.7, looks: 1, restNs: 0 };

function balance(scene: Scene, settings = {}) {
  const snapshot = snapshotOf(scene);
  return createLoadBalancing({ ...BALANCE, ...settings }, contextOf(snapshot)).decide(snapshot);
}

function relieve(scene: Scene, settings = {}) {
  const snapshot = snapshotOf(scene);
  return createHotSpots({ ...HOT, ...settings }, contextOf(snapshot)).decide(snapshot);
}

const many = (count: number, vm: SceneVm): SceneVm[] => Array.from({ length: count }, () => vm);

describe("load balancing", () => {
  test("evens out until the deviation is small, and then has nothing to do", () => {
    const { actions } = balance({ hosts: [{}, {}], vms: many(12, { host: 0 }) });
    expect(actions).toHaveLength(6);
    const half = many(6, { host: 0 }).concat(many(6, { host: 1 }));
    expect(balance({ hosts: [{}, {}], vms: half }).actions).toEqual([]);
  });

  test("between the two bounds nothing begins, but what has begun goes on down to the lower", () => {
    const vms = many(8, { host: 0 }).concat(many(5, { host: 1 }));
    // 50 % and 31 % of 16 cores: a deviation of 9.4 %.
    expect(balance({ hosts: [{}, {}], vms }).actions).toEqual([]);
    expect(balance({ hosts: [{}, {}], vms }, { above: 0.09 }).actions).toHaveLength(1);
  });

  test("of equal gains the VM goes that moves quickest", () => {
    const vms = [{ host: 0, memoryBytes: 8 * GIB }, { host: 0, memoryBytes: 2 * GIB }, { host: 0 }];
    const [action] = balance({ hosts: [{ capacity: 8 }, { capacity: 8 }], vms }).actions;
    expect(action).toMatchObject({ kind: "move", vm: 1, to: 1 });
  });

  test("VMs that have just moved rest", () => {
    const vms = many(12, { host: 0, movedAtNs: 50 });
    const scene = { hosts: [{}, {}], vms, now: 100 };
    expect(balance(scene, { restNs: 60 }).actions).toEqual([]);
    expect(balance(scene, { restNs: 50 }).actions).toHaveLength(6);
  });

  test("never more moves than allowed, and says what it cannot even out", () => {
    const scene = { hosts: [{}, {}], vms: many(12, { host: 0 }) };
    expect(balance(scene, { maxMoves: 2 }).actions).toHaveLength(2);
    const stuck = many(12, {
      host: 0,
      flavour: { assignedDevices: [{ name: "gpu", hasStandIn: false, standInSlowdown: 0 }] },
    });
    const { actions, refusals } = balance({ hosts: [{}, {}], vms: stuck });
    expect(actions).toEqual([]);
    expect(refusals).toEqual([
      { vm: null, host: 0, because: expect.stringContaining("it is used by 75 % and stays so") },
    ]);
  });

  test("hosts that are asleep or closed count neither as load nor as targets", () => {
    const vms = many(8, { host: 0 });
    const hosts = [{}, { status: "asleep" as const }, { status: "maintenance" as const }];
    expect(balance({ hosts, vms }).actions).toEqual([]);
  });
});

describe("hot spots", () => {
  const vms = [
    { host: 0, demand: 2, memoryBytes: 2 * GIB },
    { host: 0, demand: 4, memoryBytes: 4 * GIB },
    { host: 0, demand: 4, memoryBytes: 3 * GIB },
    { host: 0, demand: 5, memoryBytes: 16 * GIB },
  ];

  test("the quickest of those that suffice leaves to the host that is used least", () => {
    // 15 of 16 cores; down to 11.2 is a VM of 3.8 or more.
    const { actions, refusals } = relieve({ hosts: [{}, { demand: 5 }, { demand: 3 }], vms });
    expect(actions).toMatchObject([{ kind: "move", vm: 2, to: 2 }]);
    expect(refusals).toEqual([]);
  });

  test("where none suffices the largest goes first", () => {
    const small = many(16, { host: 0, demand: 1 });
    expect(relieve({ hosts: [{}, {}], vms: small }).actions).toHaveLength(5);
  });

  test("a host below the upper bound is left alone, and one that was not hot for long enough", () => {
    expect(relieve({ hosts: [{}, {}], vms: vms.slice(0, 3) }).actions).toEqual([]);
    const hosts = (history: number[]) => [{ history }, {}];
    expect(relieve({ hosts: hosts([0.9, 0.7]), vms }, { looks: 3 }).actions).toEqual([]);
    expect(relieve({ hosts: hosts([0.9]), vms }, { looks: 3 }).actions).toEqual([]);
    expect(relieve({ hosts: hosts([0.5, 0.9, 0.9]), vms }, { looks: 3 }).actions).toHaveLength(1);
  });

  test("no target is filled above the lower bound; why the host stays hot is said", () => {
    const { actions, refusals } = relieve({ hosts: [{}, { demand: 10 }], vms });
    expect(actions).toEqual([]);
    expect(refusals).toMatchObject([{ host: 0, because: expect.stringContaining("short of CPU") }]);
  });
});
