import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planDrain } from "../../src/fleet/control/drain-plan.js";
import { type MoveEstimator, onePassEstimator } from "../../src/fleet/control/estimate.js";
import { placements } from "../../src/fleet/control/placement.js";
import type { Action, Plan } from "../../src/fleet/control/plan.js";
import { promised } from "../../src/fleet/control/promised.js";
import { controllers, createController } from "../../src/fleet/control/registry.js";
import { Room } from "../../src/fleet/control/room.js";
import type { Snapshot } from "../../src/fleet/control/snapshot.js";
import { feasible, together } from "../../src/fleet/control/together.js";
import { SECOND } from "../../src/units.js";
import { GIB, type Scene, type SceneHost, type SceneVm, snapshotOf } from "../fleet-scenes.js";

const HOUR = 3600 * SECOND;

const host: fc.Arbitrary<SceneHost> = fc.record({
  status: fc.constantFrom("on", "on", "on", "on", "asleep", "waking", "maintenance", "failed"),
  rack: fc.nat({ max: 2 }),
  capacity: fc.constantFrom(8, 16),
  failsAtNs: fc.constantFrom(null, null, null, HOUR + 60 * SECOND),
  watts: fc.constantFrom([100, 200], [80, 120, 125]),
});

interface Draws {
  readonly hosts: readonly SceneHost[];
  readonly vms: readonly {
    readonly place: number;
    readonly goes: number;
    readonly gib: number;
    readonly demand: number;
    readonly group: number;
    readonly isFixed: boolean;
    readonly violated: number;
    readonly rests: boolean;
  }[];
  readonly rules: readonly {
    readonly rule: "together" | "apart";
    readonly within: "host" | "rack" | "site";
  }[];
}

const draws: fc.Arbitrary<Draws> = fc.record({
  hosts: fc.array(host, { minLength: 1, maxLength: 7 }),
  vms: fc.array(
    fc.record({
      place: fc.nat({ max: 30 }),
      goes: fc.nat({ max: 30 }),
      gib: fc.integer({ min: 1, max: 24 }),
      demand: fc.double({ min: 0, max: 4, noNaN: true }),
      group: fc.integer({ min: -3, max: 2 }),
      isFixed: fc.integer({ min: 0, max: 9 }).map((digit) => digit === 0),
      violated: fc.constantFrom(0, 0, 0.2, 0.9),
      rests: fc.boolean(),
    }),
    { maxLength: 16 },
  ),
  rules: fc.array(
    fc.record({
      rule: fc.constantFrom("together" as const, "apart" as const),
      within: fc.constantFrom("host" as const, "rack" as const, "site" as const),
    }),
    { minLength: 3, maxLength: 3 },
  ),
});

/** A data centre in which every VM is where it may be: what does not fit or breaks a rule runs nowhere. */
function sceneOf({ hosts, vms, rules }: Draws): Scene {
  const free = hosts.map(() => 64);
  const incoming = hosts.map((): number[] => []);
  const placed: { at: number[]; group: number }[] = [];
  const groups = rules.map(({ rule, within }, index) => ({ name: `g${index}`, rule, within }));
  const isAllowed = (group: number, at: number): boolean => {
    const rule = groups[group];
    if (rule === undefined) return true;
    const others = placed.filter((other) => other.group === group && other.at.length > 0);
    const isSame = (a: number): boolean =>
      domain(hosts, rule.within, a) === domain(hosts, rule.within, at);
    return rule.rule === "apart"
      ? others.every((other) => !other.at.some(isSame))
      : others.every((other) => other.at.every(isSame));
  };
  const takes = (at: number, gib: number, group: number): boolean => {
    const status = hosts[at]?.status;
    const isUp = status === "on" || status === "waking" || status === "maintenance";
    return isUp && (free[at] ?? 0) >= gib && isAllowed(group, at);
  };
  const states = vms.map((vm, index): SceneVm => {
    const { gib, group } = vm;
    const at = vm.place % hosts.length;
    const runs = hosts[at]?.status !== "waking" && takes(at, gib, group);
    const to = vm.goes % (hosts.length * 2);
    const moves = runs && to !== at && to < hosts.length && takes(to, gib, group);
    if (runs) free[at] = (free[at] ?? 0) - gib;
    if (moves) {
      free[to] = (free[to] ?? 0) - gib;
      incoming[to]?.push(index);
    }
    placed.push({ at: [...(runs ? [at] : []), ...(moves ? [to] : [])], group });
    return {
      host: runs ? at : -1,
      memoryBytes: gib * GIB,
      demand: vm.demand,
      granted: vm.demand * (1 - vm.violated / 2),
      size: 4,
      isMigrating: moves,
      violated: vm.violated,
      violations: [vm.violated, vm.violated, vm.violated],
      movedAtNs: vm.rests ? HOUR - 1 : null,
      group,
      flavour: {
        assignedDevices: vm.isFixed ? [{ name: "gpu", hasStandIn: false, standInSlowdown: 0 }] : [],
        contract: {
          availability: 0.9,
          pricePerDowntimeSecond: 0,
          pricePerDegradedSecond: 1,
          freeDowntimeNs: 0,
        },
      },
    };
  });
  const withIncoming = hosts.map((one, index) => ({ ...one, incoming: incoming[index] ?? [] }));
  return { hosts: withIncoming, vms: states, groups, now: HOUR };
}

function domain(hosts: readonly SceneHost[], within: "host" | "rack" | "site", at: number): number {
  if (within === "host") return at;
  return (within === "rack" ? hosts[at]?.rack : hosts[at]?.site) ?? 0;
}

/** Some VMs do not converge: those of an odd index below half of the network card. */
function estimatorFor(snapshot: Snapshot): MoveEstimator {
  const onePass = onePassEstimator(snapshot.fleet);
  return (vm, bandwidth, strategy) => {
    const outlook = onePass(vm, bandwidth, strategy);
    if (vm % 5 !== 3 || strategy !== null) return { ...outlook, converges: true };
    return { ...outlook, ns: Number.POSITIVE_INFINITY, converges: false, because: "too dirty" };
  };
}

/** What every plan must keep, whoever made it. */
function expectSound(snapshot: Snapshot, plan: Plan): void {
  const { fleet } = snapshot;
  const seen = new Set<number>();
  const status = new Map(snapshot.hosts.map((state) => [state.host, state.status]));
  const used = snapshot.hosts.map(({ usedBytes }) => usedBytes);
  for (const action of plan.actions) {
    if (action.kind === "move" || action.kind === "start") {
      const state = snapshot.vm(action.vm);
      const to = action.kind === "move" ? action.to : action.on;
      expect(state).toBeDefined();
      expect(state?.isMigrating, "moves already").toBe(false);
      expect(seen.has(action.vm), "planned twice").toBe(false);
      expect(state?.host === -1).toBe(action.kind === "start");
      expect(["on", "waking"]).toContain(status.get(to));
      expect(to).not.toBe(state?.host);
      const devices = fleet.flavours[fleet.vms.flavour[action.vm] ?? 0]?.assignedDevices ?? [];
      if (action.kind === "move") expect(devices).toEqual([]);
      seen.add(action.vm);
      used[to] = (used[to] ?? 0) + (state?.memoryBytes ?? 0);
    } else {
      const before = status.get(action.host);
      const state = snapshot.hosts[action.host];
      if (action.kind === "wake") expect(before).toBe("asleep");
      if (action.kind === "open") expect(before).toBe("maintenance");
      if (action.kind === "close") expect(["on", "waking"]).toContain(before);
      if (action.kind === "sleep")
        expect([...(state?.vms ?? []), ...(state?.incoming ?? [])]).toEqual([]);
      const after = { wake: "waking", open: "on", close: "maintenance", sleep: "asleep" } as const;
      status.set(action.host, after[action.kind]);
    }
  }
  snapshot.hosts.forEach(({ memoryBytes, usedBytes }, index) => {
    if (used[index] !== usedBytes) expect(used[index]).toBeLessThanOrEqual(memoryBytes);
  });
  expectAffinity(snapshot, plan);
  for (const { because } of [...plan.actions, ...plan.refusals]) expect(because).not.toBe("");
}

/** While moves are under way `apart` holds for where VMs are and will be; afterwards `together` does. */
function expectAffinity(snapshot: Snapshot, plan: Plan): void {
  const { fleet } = snapshot;
  const after = promised(snapshot, plan);
  const source = new Map(after.vms.map(({ vm, host: at }) => [vm, at]));
  const target = new Map(
    after.hosts.flatMap(({ host: at, incoming }) => incoming.map((vm) => [vm, at])),
  );
  const domainOf = (within: "host" | "rack" | "site", at: number): number =>
    within === "host"
      ? at
      : ((within === "rack" ? fleet.hosts[at]?.rack : fleet.hosts[at]?.site) ?? -1);
  fleet.groups.forEach(({ rule, within }, group) => {
    const members = after.vms.filter(({ vm }) => fleet.vms.group[vm] === group);
    const places = members.map(({ vm }) => {
      const ways = [source.get(vm) ?? -1, target.get(vm) ?? -1].filter((at) => at >= 0);
      return [
        ...new Set((rule === "apart" ? ways : ways.slice(-1)).map((at) => domainOf(within, at))),
      ];
    });
    const all = places.flat();
    if (rule === "apart") expect(new Set(all).size, "apart").toBe(all.length);
    else expect(new Set(all).size, "together").toBeLessThanOrEqual(1);
  });
}

function run(check: (snapshot: Snapshot, estimate: MoveEstimator) => void): void {
  fc.assert(
    fc.property(draws, (drawn) => {
      const snapshot = snapshotOf(sceneOf(drawn));
      check(snapshot, estimatorFor(snapshot));
    }),
    { numRuns: 150 },
  );
}

const names = Object.keys(controllers);

describe.each(names)("%s", (name) => {
  const settings = name === "load-balancing" ? { above: "1%", downTo: "0.5%" } : {};
  test("its plans are sound, and the same for the same snapshot", () => {
    run((snapshot, estimate) => {
      const make = () => createController(name, settings, { fleet: snapshot.fleet, estimate });
      const plan = make().decide(snapshot);
      expectSound(snapshot, plan);
      expect(make().decide(snapshot)).toEqual(plan);
    });
  });
});

const wishes: fc.Arbitrary<Action[]> = fc.array(
  fc
    .record({
      kind: fc.constantFrom("move", "move", "move", "start", "sleep", "wake", "close", "open"),
      vm: fc.nat({ max: 6 }),
      host: fc.nat({ max: 4 }),
    })
    .map(({ kind, vm, host: at }): Action => {
      const because = "a wish";
      if (kind === "move") return { kind, vm, to: at, strategy: null, because };
      if (kind === "start") return { kind, vm, on: at, because };
      return { kind, host: at, because };
    }),
  { maxLength: 25 },
);

test("what is feasible of any wishes is sound, and the rest is refused", () => {
  fc.assert(
    fc.property(draws, wishes, (drawn, actions) => {
      const snapshot = snapshotOf(sceneOf(drawn));
      const plan = feasible(snapshot, { controller: "wishes", actions, refusals: [] });
      expectSound(snapshot, plan);
      expect(plan.actions.length + plan.refusals.length).toBeGreaterThanOrEqual(actions.length);
    }),
    { numRuns: 500 },
  );
});

test("controllers together do not contradict each other", () => {
  run((snapshot, estimate) => {
    const context = { fleet: snapshot.fleet, estimate };
    const all = [...names].reverse().map((name) => createController(name, undefined, context));
    expectSound(snapshot, together(all).decide(snapshot));
  });
});

describe("a drain", () => {
  test.each(["refuse", "post-copy"] as const)(
    "leaves nobody, or says why (%s)",
    (ifNotConverging) => {
      run((snapshot, estimate) => {
        const { plan, schedule, empties } = planDrain(snapshot, 0, { estimate, ifNotConverging });
        const moved = new Set(plan.actions.flatMap((one) => (one.kind === "move" ? [one.vm] : [])));
        const refused = new Set(plan.refusals.map(({ vm }) => vm));
        const { vms = [], incoming = [] } = snapshot.hosts[0] ?? {};
        for (const vm of vms) {
          const ways = [moved.has(vm), refused.has(vm), snapshot.vm(vm)?.isMigrating === true];
          expect(ways.filter(Boolean), `vm ${vm}`).toHaveLength(1);
        }
        for (const vm of incoming) expect(refused.has(vm)).toBe(true);
        expect(schedule.map(({ vm }) => vm).sort()).toEqual([...moved].sort());
        if (refused.size > 0) expect(empties).toBe(false);
        const closed = plan.actions.some(({ kind }) => kind === "close");
        expect(closed).toBe(["on", "waking"].includes(snapshot.hosts[0]?.status ?? ""));
      });
    },
  );
});

test("a place that is found takes the VM, and where none is found no host does", () => {
  run((snapshot) => {
    for (const [name, place] of Object.entries(placements)) {
      const room = new Room(snapshot);
      for (const vm of snapshot.vms) {
        const party = room.party(vm);
        const { host: found } = place(room, party);
        const fitting = snapshot.hosts
          .map((state) => state.host)
          .filter((at) => at !== vm.host && room.obstacle(party, at) === null);
        if (found === null) expect(fitting, name).toEqual([]);
        else expect(fitting, name).toContain(found);
        if (found !== null && vm.host < 0) room.put(party, found);
      }
    }
  });
});
