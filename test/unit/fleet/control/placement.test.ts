import { describe, expect, test } from "vitest";
import { byDemand, placements } from "../../../../src/fleet/control/placement.js";
import { Room } from "../../../../src/fleet/control/room.js";
import { GIB, type Scene, snapshotOf } from "../../../fleet-scenes.js";

/** Where a placement puts the scene's last VM. */
function place(name: keyof typeof placements, scene: Scene, options = {}) {
  const snapshot = snapshotOf(scene);
  const vm = snapshot.vms.at(-1);
  if (vm === undefined) throw new Error("a scene without a VM");
  const room = new Room(snapshot, options);
  return placements[name](room, room.party(vm));
}

const HOSTS = [
  { usedBytes: 63 * GIB },
  { usedBytes: 40 * GIB, demand: 4 },
  { usedBytes: 58 * GIB, demand: 8 },
  { usedBytes: 10 * GIB, demand: 2 },
];

describe("placements", () => {
  test.each([
    ["first-fit", 1],
    ["best-fit", 2],
    ["worst-fit", 3],
    ["least-loaded", 3],
  ] as const)("%s", (name, host) => {
    expect(place(name, { hosts: HOSTS, vms: [{}] }).host).toBe(host);
  });

  test("power-aware takes the host whose power grows least, not the one that draws least", () => {
    const flat = { watts: [150, 160] };
    const steep = { watts: [20, 200] };
    const found = place("power-aware", { hosts: [steep, flat], vms: [{}] });
    expect(found.host).toBe(1);
    expect(found.because).toContain("0.63 W");
  });

  test("of two equal hosts the first is taken", () => {
    for (const name of Object.keys(placements) as (keyof typeof placements)[]) {
      expect(place(name, { hosts: [{}, {}], vms: [{}] }).host, name).toBe(0);
    }
  });

  test("what is full, closed, asleep, failed or about to fail takes nothing, and the answer counts them", () => {
    const hosts = [
      { usedBytes: 62 * GIB },
      { demand: 15.5 },
      { demand: 15.5 },
      { status: "maintenance" as const },
      { status: "asleep" as const },
      { status: "failed" as const },
      { failsAtNs: 5 },
    ];
    for (const name of Object.keys(placements) as (keyof typeof placements)[]) {
      const { host, because } = place(name, { hosts, vms: [{}] });
      expect(host, name).toBeNull();
      expect(because).toContain("2 are short of CPU");
      expect(because).toContain("1 is closed for maintenance");
      expect(because).toContain("1 is expected to fail");
    }
  });

  test("a host that wakes is a place to go", () => {
    expect(place("first-fit", { hosts: [{ status: "waking" }], vms: [{}] }).host).toBe(0);
  });

  test("CPU is counted by demand, by size, and overcommitted as asked", () => {
    const scene = { hosts: [{ capacity: 4 }], vms: [{ host: 0, demand: 1, size: 4 }, { size: 2 }] };
    expect(place("first-fit", scene).host).toBe(0);
    expect(place("first-fit", scene, { counts: "size" }).host).toBeNull();
    expect(place("first-fit", scene, { counts: "size", fill: 1.5 }).host).toBe(0);
  });

  test("VMs on their way count at their target, and no longer at their source", () => {
    const vms = [{ host: 0, demand: 15, isMigrating: true }, { demand: 3 }];
    const room = new Room(snapshotOf({ hosts: [{}, { incoming: [0] }], vms }));
    expect([...room.load]).toEqual([0, 15]);
    expect(place("first-fit", { hosts: [{}, { incoming: [0] }], vms }).host).toBe(0);
  });

  test("local disks need room", () => {
    const flavour = { localDiskBytes: 20 * GIB };
    const hosts = [{ diskBytes: 30 * GIB }, { diskBytes: 50 * GIB }];
    const vms = [{ host: 0, flavour }, { flavour }];
    expect(place("first-fit", { hosts, vms }).host).toBe(1);
    expect(place("first-fit", { hosts: hosts.slice(0, 1), vms }).because).toContain("local disks");
  });

  test("apart: not on a host, in a rack or a site where another of the group is", () => {
    const scene = (within: "host" | "rack" | "site"): Scene => ({
      hosts: [{ rack: 0 }, { rack: 0 }, { rack: 1 }, { rack: 2, site: 1 }],
      vms: [{ host: 0, group: 0 }, { group: 0 }],
      groups: [{ name: "replicas", rule: "apart", within }],
    });
    expect(place("first-fit", scene("host")).host).toBe(1);
    expect(place("first-fit", scene("rack")).host).toBe(2);
    expect(place("first-fit", scene("site")).host).toBe(3);
  });

  test("together: only where the others are", () => {
    const groups = [{ name: "pair", rule: "together", within: "rack" }] as const;
    const hosts = [{ rack: 0 }, { rack: 1 }, { rack: 1, usedBytes: 64 * GIB }];
    const vms = [{ host: 2, group: 0 }, { group: 0 }];
    expect(place("first-fit", { hosts, vms, groups }).host).toBe(1);
  });

  test("those that share a host are placed as one", () => {
    const groups = [{ name: "pair", rule: "together", within: "host" }] as const;
    const hosts = [{}, { usedBytes: 58 * GIB }, {}];
    const vms = [
      { host: 0, group: 0 },
      { host: 0, group: 0 },
    ];
    expect(place("first-fit", { hosts, vms, groups }).host).toBe(2);
  });

  test("charging moves the answer on", () => {
    const snapshot = snapshotOf({
      hosts: [{ memoryBytes: 8 * GIB }, { memoryBytes: 8 * GIB }],
      vms: Array.from({ length: 5 }, () => ({})),
    });
    for (const name of ["first-fit", "best-fit", "power-aware"] as const) {
      const room = new Room(snapshot);
      const hosts = snapshot.vms.map((vm) => {
        const party = room.party(vm);
        const { host } = placements[name](room, party);
        if (host !== null) room.put(party, host);
        return host;
      });
      expect(hosts, name).toEqual([0, 0, 1, 1, null]);
    }
  });

  test("what leaves gives its room back", () => {
    const snapshot = snapshotOf({ hosts: [{ memoryBytes: 4 * GIB }], vms: [{}, {}] });
    const room = new Room(snapshot);
    const [first, second] = snapshot.vms.map((vm) => room.party(vm));
    if (first === undefined || second === undefined) throw new Error("two VMs");
    room.put(first, 0);
    expect(placements["first-fit"](room, second).host).toBeNull();
    room.remove(first, 0);
    expect(placements["first-fit"](room, second).host).toBe(0);
  });

  test("by demand: those that want most first, equal ones by index", () => {
    const { vms } = snapshotOf({ hosts: [], vms: [{ demand: 1 }, { demand: 2 }, { demand: 1 }] });
    expect(byDemand(vms).map(({ vm }) => vm)).toEqual([1, 0, 2]);
  });
});
