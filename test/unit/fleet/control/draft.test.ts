import { describe, expect, test } from "vitest";
import { Draft } from "../../../../src/fleet/control/draft.js";
import type { Action, Controller } from "../../../../src/fleet/control/plan.js";
import { promised } from "../../../../src/fleet/control/promised.js";
import { feasible, together } from "../../../../src/fleet/control/together.js";
import { GIB, type Scene, snapshotOf } from "../../../fleet-scenes.js";

const draftOf = (scene: Scene): Draft => new Draft("test", snapshotOf(scene));

describe("a plan in the making", () => {
  test("moves a VM once, and not one that moves, runs nowhere or is there already", () => {
    const hosts = [{}, {}, { incoming: [1] }];
    const vms = [{ host: 0 }, { host: 0, isMigrating: true }, {}];
    const draft = draftOf({ hosts, vms });
    expect(draft.move(0, 1, "why")).toBeNull();
    expect(draft.move(0, 2, "why")).toBe("a move of it is planned already");
    expect(draft.move(1, 1, "why")).toBe("it is moving already");
    expect(draft.move(2, 1, "why")).toBe("it runs nowhere");
    expect(draft.move(9, 1, "why")).toBe("there is no such VM");
    expect(draftOf({ hosts, vms }).move(0, 0, "why")).toBe("it is on h0 already");
    expect(draft.plan().actions).toEqual([
      { kind: "move", vm: 0, to: 1, strategy: null, because: "why" },
    ]);
  });

  test("a target keeps what it promised, and a source keeps its memory until the move is over", () => {
    const vms = [
      { host: 0, memoryBytes: 40 * GIB },
      { host: 1, memoryBytes: 40 * GIB },
    ];
    const draft = draftOf({ hosts: [{}, {}, {}], vms });
    expect(draft.move(0, 2, "why")).toBeNull();
    expect(draft.move(1, 2, "why")).toBe("h2 has 24 GiB free of 40 GiB needed");
    expect(draft.move(1, 0, "why")).toBe("h0 has 24 GiB free of 40 GiB needed");
  });

  test("a sleeping host is no target until it wakes, one with VMs does not sleep", () => {
    const draft = draftOf({ hosts: [{}, { status: "asleep" }], vms: [{ host: 0 }] });
    expect(draft.sleep(0, "why")).toBe("it has VMs, or some are on the way");
    expect(draft.move(0, 1, "why")).toBe("h1 is asleep");
    expect(draft.wake(0, "why")).toBe("it is on");
    expect(draft.wake(1, "why")).toBeNull();
    expect(draft.move(0, 1, "why")).toBeNull();
    expect(draft.close(1, "why")).toBe("VMs are planned for it");
  });

  test("what is closed takes nothing, and opens again in another plan only", () => {
    const draft = draftOf({ hosts: [{}, {}], vms: [{ host: 0 }] });
    expect(draft.close(1, "why")).toBeNull();
    expect(draft.move(0, 1, "why")).toBe("h1 is closed for maintenance");
    expect(draft.open(1, "why")).toBe("something else is planned for it");
  });

  test("wakes the first sleeping host that has room, and none that is about to fail", () => {
    const asleep = { status: "asleep" as const };
    const small = { ...asleep, memoryBytes: 2 * GIB };
    const draft = draftOf({ hosts: [small, { ...asleep, failsAtNs: 9 }, asleep], vms: [{}] });
    const [vm] = draft.snapshot.vms;
    if (vm === undefined) throw new Error("a VM");
    expect(draft.wakeFor(draft.room.party(vm), "why")).toBe(2);
    expect(draft.wakeFor(draft.room.party(vm), "why")).toBeNull();
  });
});

describe("what was promised", () => {
  test("shows as being under way", () => {
    const snapshot = snapshotOf({ hosts: [{}, {}, { status: "asleep" }], vms: [{ host: 0 }, {}] });
    const actions: Action[] = [
      { kind: "move", vm: 0, to: 1, strategy: null, because: "" },
      { kind: "start", vm: 1, on: 1, because: "" },
      { kind: "wake", host: 2, because: "" },
    ];
    const after = promised(snapshot, { actions });
    expect(after.hosts[0]).toMatchObject({ outgoing: 1, vms: [0], usedBytes: 4 * GIB });
    expect(after.hosts[1]).toMatchObject({ incoming: [0, 1], usedBytes: 8 * GIB });
    expect(after.hosts[2]?.status).toBe("waking");
    expect(after.vms.map(({ isMigrating }) => isMigrating)).toEqual([true, true]);
    expect(after.vm(0)?.isMigrating).toBe(true);
    expect(after.migrating).toBe(1);
    expect(snapshot.hosts[1]?.incoming).toEqual([]);
  });
});

describe("several controllers", () => {
  const wanting = (name: string, actions: Action[]): Controller => ({
    name,
    decide: () => ({ controller: name, actions, refusals: [] }),
  });
  const move = (vm: number, to: number): Action => ({
    kind: "move",
    vm,
    to,
    strategy: null,
    because: "so",
  });

  test("the first comes first; what contradicts it is refused", () => {
    const snapshot = snapshotOf({ hosts: [{}, {}, {}], vms: [{ host: 0 }, { host: 0 }] });
    const both = together([
      wanting("first", [{ kind: "close", host: 1, because: "so" }, move(0, 2)]),
      wanting("second", [move(0, 2), move(1, 1), { kind: "sleep", host: 2, because: "so" }]),
    ]);
    const plan = both.decide(snapshot);
    expect(plan.controller).toBe("first + second");
    expect(plan.actions).toHaveLength(2);
    expect(plan.refusals.map(({ because }) => because)).toEqual([
      "was to move to h2: it is moving already",
      "was to move to h1: h1 is closed for maintenance",
      "was to sleep: it has VMs, or some are on the way",
    ]);
  });

  test("those that share a host go on only if all of them are to go", () => {
    const groups = [{ name: "pair", rule: "together", within: "host" }] as const;
    const vms = [
      { host: 0, group: 0 },
      { host: 0, group: 0 },
    ];
    const snapshot = snapshotOf({ hosts: [{}, {}], vms, groups });
    const one = feasible(snapshot, { controller: "c", actions: [move(0, 1)], refusals: [] });
    expect(one.actions).toEqual([]);
    expect(one.refusals[0]?.because).toContain("vm1 must come along");
    const actions = [move(0, 1), move(1, 1)];
    expect(feasible(snapshot, { controller: "c", actions, refusals: [] }).actions).toEqual(actions);
  });

  test("of two wishes for a VM the first counts", () => {
    const snapshot = snapshotOf({ hosts: [{}, {}, {}], vms: [{ host: 0 }] });
    for (const second of [move(0, 1), move(0, 2)]) {
      const actions = [move(0, 1), second];
      const plan = feasible(snapshot, { controller: "c", actions, refusals: [] });
      expect(plan.actions).toEqual([move(0, 1)]);
      expect(plan.refusals).toMatchObject([{ because: expect.stringContaining("planned for it") }]);
    }
  });
});
