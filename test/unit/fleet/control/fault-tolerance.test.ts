import { describe, expect, test } from "vitest";
import type { MoveEstimator } from "../../../../src/fleet/control/estimate.js";
import { createFaultTolerance } from "../../../../src/fleet/control/fault-tolerance.js";
import { SECOND } from "../../../../src/units.js";
import { contextOf, GIB, type Scene, type SceneVm, snapshotOf } from "../../../fleet-scenes.js";

const SETTINGS = {
  reserve: 0,
  mayStop: false,
  restarts: true,
  placement: "best-fit" as const,
  mayWake: false,
};

function decide(scene: Scene, settings = {}, estimate?: MoveEstimator) {
  const snapshot = snapshotOf(scene);
  const context = contextOf(snapshot, estimate);
  return createFaultTolerance({ ...SETTINGS, ...settings }, context).decide(snapshot);
}

const vm = (gib: number, host = 0): SceneVm => ({ host, memoryBytes: gib * GIB });
const failing = (seconds: number) => ({ failsAtNs: seconds * SECOND, nic: GIB });

describe("before a failure", () => {
  test("those leave that are away in time, the quickest first; the others are named", () => {
    const { actions, refusals } = decide({ hosts: [failing(6), {}], vms: [vm(8), vm(4), vm(2)] });
    expect(actions).toMatchObject([
      { kind: "move", vm: 2, to: 1 },
      { kind: "move", vm: 1, to: 1 },
    ]);
    expect(actions[0]?.because).toBe("its host is expected to fail in 6 s");
    expect(refusals).toMatchObject([{ vm: 0, because: expect.stringContaining("takes 8 s") }]);
  });

  test("a reserve is kept", () => {
    const scene = { hosts: [failing(6), {}], vms: [vm(4), vm(2)] };
    expect(decide(scene).actions).toHaveLength(2);
    expect(decide(scene, { reserve: 0.1 }).actions).toHaveLength(1);
  });

  test("the most urgent host comes first, and no VM goes to a host that fails later", () => {
    const hosts = [failing(60), failing(30), { memoryBytes: 4 * GIB }];
    const { actions, refusals } = decide({ hosts, vms: [vm(4, 0), vm(4, 1)] });
    expect(actions).toMatchObject([{ vm: 1, to: 2 }]);
    expect(refusals).toMatchObject([
      { vm: 0, because: expect.stringContaining("expected to fail") },
    ]);
  });

  test("what is too slow live, or does not converge, may be stopped for it", () => {
    const scene = { hosts: [failing(10), {}], vms: [vm(4), vm(2)] };
    const dirty: MoveEstimator = (index, _, strategy) => {
      const isStopped = strategy === "stop-and-copy";
      const ns = isStopped ? 3 * SECOND : index === 0 ? Number.POSITIVE_INFINITY : 20 * SECOND;
      const converges = isStopped ? null : index !== 0;
      return { ns, downtimeNs: 0, lostNs: 0, bytes: 0, converges, because: "" };
    };
    expect(decide(scene, {}, dirty).actions).toEqual([]);
    expect(decide(scene, { mayStop: true }, dirty).actions).toMatchObject([
      { vm: 0, strategy: "stop-and-copy" },
      { vm: 1, strategy: "stop-and-copy" },
    ]);
  });

  test("what is assigned a device stays and is lost; it is said", () => {
    const fixed = { assignedDevices: [{ name: "gpu", hasStandIn: false, standInSlowdown: 0 }] };
    const { refusals } = decide({ hosts: [failing(60), {}], vms: [{ host: 0, flavour: fixed }] });
    expect(refusals).toMatchObject([{ vm: 0, because: expect.stringContaining("gpu") }]);
  });

  test("nothing happens where nothing fails", () => {
    expect(decide({ hosts: [{}, {}], vms: [vm(1)] })).toMatchObject({ actions: [], refusals: [] });
  });
});

describe("after a failure", () => {
  const lost = [{ memoryBytes: 2 * GIB }, { memoryBytes: 8 * GIB }, { memoryBytes: 80 * GIB }];

  test("what runs nowhere is started, the largest first; what has no place is named", () => {
    const hosts = [
      { status: "failed" as const },
      { memoryBytes: 9 * GIB },
      { memoryBytes: 3 * GIB },
    ];
    const { actions, refusals } = decide({ hosts, vms: lost });
    expect(actions).toMatchObject([
      { kind: "start", vm: 1, on: 1 },
      { kind: "start", vm: 0, on: 2 },
    ]);
    expect(refusals).toMatchObject([
      { vm: 2, because: expect.stringContaining("short of memory") },
    ]);
    expect(decide({ hosts, vms: lost }, { restarts: false }).actions).toEqual([]);
  });

  test("a sleeping host is woken for it if it may be", () => {
    const hosts = [{ status: "asleep" as const }];
    const vms = lost.slice(0, 2);
    expect(decide({ hosts, vms }).actions).toEqual([]);
    expect(decide({ hosts, vms }, { mayWake: true }).actions).toMatchObject([
      { kind: "wake", host: 0 },
      { kind: "start", vm: 1, on: 0 },
      { kind: "start", vm: 0, on: 0 },
    ]);
  });
});
