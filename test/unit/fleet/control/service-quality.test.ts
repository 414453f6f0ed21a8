import { expect, test } from "vitest";
import { costOf } from "../../../../src/fleet/control/cost.js";
import type { MoveEstimator } from "../../../../src/fleet/control/estimate.js";
import { createServiceQuality } from "../../../../src/fleet/control/service-quality.js";
import type { Contract } from "../../../../src/fleet/model/flavour.js";
import { SECOND } from "../../../../src/units.js";
import { contextOf, GIB, type Scene, type SceneVm, snapshotOf } from "../../../fleet-scenes.js";

const SETTINGS = {
  looks: 3,
  poorSite: 0.5,
  fill: 0.9,
  horizonNs: 3600 * SECOND,
  restNs: 600 * SECOND,
};
const CONTRACT: Contract = {
  availability: 0.95,
  pricePerDowntimeSecond: 1,
  pricePerDegradedSecond: 0.01,
  freeDowntimeNs: SECOND,
};

function decide(scene: Scene, settings = {}) {
  const snapshot = snapshotOf(scene);
  return createServiceQuality({ ...SETTINGS, ...settings }, contextOf(snapshot)).decide(snapshot);
}

const wronged = (host: number, more: SceneVm = {}): SceneVm => ({
  host,
  demand: 1,
  granted: 0.5,
  violated: 0.4,
  violations: [0.4, 0.4, 0.4],
  flavour: { contract: CONTRACT },
  ...more,
});
const fine = (host: number): SceneVm => ({ host, flavour: { contract: CONTRACT } });

const TWO_PROVIDERS = {
  providers: [
    { name: "near", pricePerByteOut: 1 / GIB, pricePerJoule: 0 },
    { name: "far", pricePerByteOut: 0, pricePerJoule: 0 },
  ],
  sites: [
    { name: "a", provider: 0 },
    { name: "b", provider: 0 },
    { name: "c", provider: 1 },
  ],
};

test("a VM whose contract was broken for long enough moves within its site, to where nobody suffers", () => {
  const scene = { hosts: [{}, {}, {}], vms: [wronged(0), fine(0), fine(1), fine(1), fine(2)] };
  const { actions } = decide(scene);
  expect(actions).toMatchObject([{ kind: "move", vm: 0, to: 2 }]);
  expect(actions[0]?.because).toContain("missed CPU in 40 % of the time");
});

test("where several hosts of a site give less than they are asked for, none is filled beyond what they give", () => {
  const scene = { hosts: [{}, {}, {}], vms: [wronged(0), fine(0), wronged(1), fine(1), fine(2)] };
  const { actions, refusals } = decide(scene);
  expect(actions).toEqual([]);
  expect(refusals).toHaveLength(2);
});

test("nothing happens within the contract, without one, or before enough looks", () => {
  const vms = (more: SceneVm) => [wronged(0, more), fine(0), fine(1)];
  const nothing = { actions: [], refusals: [] };
  const hosts = [{}, {}];
  expect(decide({ hosts, vms: vms({ violated: 0.05 }) })).toMatchObject(nothing);
  expect(decide({ hosts, vms: vms({ flavour: { contract: null } }) })).toMatchObject(nothing);
  expect(decide({ hosts, vms: vms({ violations: [0.4, 0.4] }) })).toMatchObject(nothing);
  expect(decide({ hosts, vms: vms({ violations: [0.4, 0, 0.4] }) })).toMatchObject(nothing);
  expect(decide({ hosts, vms: vms({ violations: [0, 0.4] }) }, { looks: 1 }).actions).toHaveLength(
    1,
  );
});

test("of an overloaded host only as many leave as must", () => {
  const vms = Array.from({ length: 12 }, () => wronged(0, { demand: 1.5 }));
  const { actions } = decide({ hosts: [{}, {}, {}], vms }, { poorSite: 1 });
  // 18 of 16 cores are wanted: two VMs of 1.5 bring it to 15.
  expect(actions).toHaveLength(2);
});

test("where most of a site suffer it goes to another site, and then to another provider", () => {
  const hosts = [{}, {}, { site: 1 }, { site: 2 }];
  const vms = [wronged(0), wronged(0)];
  expect(decide({ hosts, vms, fleet: TWO_PROVIDERS }).actions[0]).toMatchObject({ to: 2 });
  const both = [...vms, wronged(2)];
  const { actions } = decide({ hosts, vms: both, fleet: TWO_PROVIDERS });
  expect(actions).toMatchObject([{ to: 3 }, { to: 3 }, { to: 3 }]);
});

test("another provider only if staying costs more than moving", () => {
  const hosts = [{}, { site: 2 }];
  // 4 GiB out cost 4; half of an hour lost costs 18, half of ten minutes 3.
  const scene = { hosts, vms: [wronged(0)], fleet: TWO_PROVIDERS };
  expect(decide(scene).actions).toHaveLength(1);
  const { actions, refusals } = decide(scene, { horizonNs: 600 * SECOND });
  expect(actions).toEqual([]);
  expect(refusals[0]?.because).toContain("moving costs 4.00, staying costs 3.00");
});

test("one that cannot move, has only just moved or has nowhere to go is named", () => {
  const fixed = { assignedDevices: [{ name: "gpu", hasStandIn: false, standInSlowdown: 0 }] };
  const vms = [
    wronged(0, { flavour: { contract: CONTRACT, ...fixed } }),
    wronged(0, { movedAtNs: 10 }),
    wronged(0),
    fine(0),
    fine(0),
    fine(0),
  ];
  const { actions, refusals } = decide({ hosts: [{}, { status: "asleep" }], vms, now: 20 });
  expect(actions).toEqual([]);
  const because = refusals.map((refusal) => refusal.because);
  expect(because[0]).toContain("gpu");
  expect(because[1]).toContain("only just moved");
  expect(because[2]).toContain("no host takes it");
});

test("the cost of a plan", () => {
  const device = [{ name: "nic", hasStandIn: true, standInSlowdown: 0.25 }];
  const scene: Scene = {
    hosts: [
      { nic: GIB, watts: [100, 200] },
      { site: 2, watts: [50, 130] },
      { site: 2, status: "asleep" },
    ],
    vms: [
      { host: 0, demand: 4, flavour: { contract: CONTRACT, assignedDevices: device } },
      { host: 0, demand: 8 },
    ],
    fleet: {
      ...TWO_PROVIDERS,
      providers: TWO_PROVIDERS.providers.map((one) => ({ ...one, pricePerJoule: 0.001 })),
      limits: { perSource: 1, perTarget: 9, total: 9 },
    },
  };
  const estimate: MoveEstimator = (vm) => ({
    ns: (vm + 1) * 4 * SECOND,
    downtimeNs: 3 * SECOND,
    lostNs: SECOND,
    bytes: 2 * GIB,
    converges: vm === 0,
    because: "",
  });
  const move = { kind: "move", to: 1, strategy: null, because: "" } as const;
  const actions = [
    { ...move, vm: 0 },
    { ...move, vm: 1 },
    { kind: "wake", host: 2, because: "" } as const,
  ];
  const cost = costOf({ controller: "c", actions, refusals: [] }, snapshotOf(scene), estimate);
  expect(cost).toMatchObject({
    ns: 12 * SECOND,
    bytes: 4 * GIB,
    downtimeNs: 6 * SECOND,
    // A quarter of the four seconds for which the device is replaced.
    lostNs: 3 * SECOND,
    trafficPrice: 4,
    notConverging: [1],
    // 12 of 16 cores: 175 W, 50 W and 5 W; then 100 W, 110 W and 100 W.
    wattsBefore: 230,
    wattsAfter: 310,
  });
  expect(cost.penalties).toBeCloseTo(2 + 0.02, 12);
  expect(cost.savedPerHour).toBeCloseTo(-80 * 3.6, 9);
  expect(cost.moves.map(({ startNs, endNs }) => [startNs, endNs])).toEqual([
    [0, 4 * SECOND],
    [4 * SECOND, 12 * SECOND],
  ]);
});
