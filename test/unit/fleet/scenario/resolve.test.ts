import { describe, expect, test } from "vitest";
import { contextWithoutFleetFiles } from "../../../../src/fleet/scenario/context.js";
import type { FleetInput } from "../../../../src/fleet/scenario/input.js";
import { type FleetScenario, resolveFleet } from "../../../../src/fleet/scenario/resolve.js";
import { SECOND } from "../../../../src/units.js";

const HOUR = 3600 * SECOND;
const GIB = 2 ** 30;

/** A scenario of two servers and what is put over it. */
function resolve(input: Partial<FleetInput> & Record<string, unknown>): FleetScenario {
  const least = { hosts: [{ type: "two-socket", count: 2 }], vms: [] };
  return resolveFleet({ ...least, ...input }, contextWithoutFleetFiles());
}

describe("a short scenario", () => {
  const { fleet, run } = resolve({
    hosts: [{ type: "two-socket", count: 40 }],
    vms: [{ count: 200, flavour: "m1.medium", demand: { low: "10%", high: "60%" } }],
  });

  test("has a day of five-minute intervals", () => {
    expect(run).toMatchObject({ untilNs: 24 * HOUR, intervalNs: 300 * SECOND, seed: 1 });
    expect(run).toMatchObject({ profile: "godwit", historyLength: 30, controllers: [] });
  });

  test("has hosts h0 to h39 in one rack of one site", () => {
    expect(fleet.hosts).toHaveLength(40);
    expect(fleet.hosts[39]).toMatchObject({ name: "h39", site: 0, rack: 0 });
    expect(fleet.sites).toEqual([{ name: "local", provider: 0 }]);
  });

  test("deals its VMs out in turn", () => {
    expect(fleet.vms.count).toBe(200);
    expect(Array.from(fleet.vms.host)).toEqual(Array.from({ length: 200 }, (_, vm) => vm % 40));
    expect(fleet.vms.name(199)).toBe("vm199");
  });

  test("keeps what VMs share once", () => {
    expect(fleet.flavours.map(({ name }) => name)).toEqual(["m1.medium"]);
    expect(fleet.demands).toEqual([{ kind: "diurnal", low: 0.1, high: 0.6, peakNs: 14 * HOUR }]);
  });
});

describe("flavours", () => {
  const flavourOf = (flavour: object, more: object = {}) => {
    const vms = [{ flavour: "a" }];
    return resolve({ flavours: { a: flavour, ...more }, vms }).fleet.flavours[0];
  };

  test("are read with the words of a scenario of one migration", () => {
    const flavour = flavourOf({
      ...{ vcpus: 4, memory: "8GiB", zero: "30%", policy: "qemu-7.2", downtimeLimit: "300ms" },
      ...{ workload: "sequential:wss=1GiB,rate=9000/s", disk: "local:20GiB,write-rate=10MB/s" },
      ...{ passthrough: "gpu0,failover,degradation=20%", maxBandwidth: "5Gbit/s" },
      contract: { availability: "99.95%", pricePerDowntimeSecond: 0.5, freeDowntime: "100ms" },
    });
    expect(flavour).toMatchObject({
      ...{ vcpus: 4, memoryBytes: 8 * GIB, localDiskBytes: 20 * GIB, diskWriteRate: 1e7 },
      memory: {
        zeroShare: 0.3,
        curve: [{ kind: "cyclic", pages: 262_144, rate: 9000 }],
        workload: [{ kind: "sequential", at: 0 }],
      },
      assignedDevices: [{ name: "gpu0", hasStandIn: true, standInSlowdown: 0.2 }],
      move: {
        strategy: "pre-copy",
        options: { policy: "qemu-7.2", maxBandwidth: 6.25e8, downtimeLimitMs: 300 },
      },
      contract: {
        availability: 0.9995,
        pricePerDowntimeSecond: 0.5,
        pricePerDegradedSecond: 0,
        freeDowntimeNs: 0.1 * SECOND,
      },
    });
  });

  test("take what they do not say from the one they are like", () => {
    const base = { like: "m1.large", downtimeLimit: "30ms" };
    const flavour = flavourOf({ like: "b", vcpus: 6 }, { b: base });
    expect(flavour).toMatchObject({ name: "a", vcpus: 6, memoryBytes: 8 * GIB });
    expect(flavour?.move.options.downtimeLimitMs).toBe(30);
  });

  test("take their memory from an observation", () => {
    const context = {
      ...contextWithoutFleetFiles(),
      readObservation: () => ({
        contents: { totalPages: 1000, nonzeroPages: 250 },
        curve: [
          { horizonMs: 100, pages: 10 },
          { horizonMs: 1000, pages: 60 },
        ],
      }),
    };
    const input = {
      hosts: [{ type: "two-socket" }],
      flavours: { a: { like: "m1.small", observation: "vm.json" } },
      vms: [{ flavour: "a" }],
    };
    expect(resolveFleet(input, context).fleet.flavours[0]).toMatchObject({
      memoryBytes: 4_096_000,
      memory: {
        zeroShare: 0.75,
        workload: null,
        curve: [
          {
            kind: "measured",
            points: [
              { ns: 1e8, pages: 10 },
              { ns: 1e9, pages: 60 },
            ],
          },
        ],
      },
    });
  });
});

describe("hosts", () => {
  test("of several types are dealt out in turn, with numbers that go on", () => {
    const { hosts } = resolve({
      hosts: [
        { type: ["hp-ml110-g4", "hp-ml110-g5"], count: 3, rackSize: 2 },
        { type: "two-socket", name: "big" },
        { type: "two-socket", count: 2 },
      ],
    }).fleet;
    expect(hosts.map(({ name, rack, type }) => [name, rack, type.name])).toEqual([
      ["h0", 0, "hp-ml110-g4"],
      ["h1", 0, "hp-ml110-g5"],
      ["h2", 1, "hp-ml110-g4"],
      ["big", 2, "two-socket"],
      ["h3", 2, "two-socket"],
      ["h4", 2, "two-socket"],
    ]);
  });

  test("draw what SPECpower published", () => {
    const { hosts } = resolve({ hosts: [{ type: "hp-ml110-g4" }] }).fleet;
    expect(hosts[0]?.type).toMatchObject({ cores: 2, coreSpeed: 1.86, nic: 1.25e8 });
    expect(hosts[0]?.type.power.watts).toEqual([
      86, 89.4, 92.6, 96, 99.5, 102, 106, 108, 112, 114, 117,
    ]);
  });

  test("belong to sites of providers", () => {
    const { providers, sites, hosts, qualities } = resolve({
      providers: {
        dear: { trafficPricePerGb: 0.05, energyPricePerKwh: 0.36 },
        cheap: { quality: [{ from: "1h", until: "2h", cpu: "60%" }] },
      },
      sites: { zurich: { provider: "dear" }, paris: { provider: "cheap" } },
      hosts: [{ type: "two-socket", site: "paris" }],
    }).fleet;
    expect(providers[0]).toMatchObject({ pricePerByteOut: 5e-11, pricePerJoule: 1e-7 });
    expect(sites[1]).toEqual({ name: "paris", provider: 1 });
    expect(hosts[0]?.site).toBe(1);
    expect(qualities).toEqual([{ provider: 1, fromNs: HOUR, untilNs: 2 * HOUR, cpuShare: 0.6 }]);
  });
});

describe("VMs", () => {
  test("start where their group says", () => {
    const place = (placement: unknown) =>
      Array.from(
        resolve({
          hosts: [{ type: "two-socket", count: 4 }],
          vms: [
            { flavour: "m1.xlarge", placement: "h0" },
            { flavour: "m1.small", count: 5, placement: placement as string },
          ],
        }).fleet.vms.host.slice(1),
      );
    expect(place("round-robin")).toEqual([0, 1, 2, 3, 0]);
    expect(place("first-fit")).toEqual([0, 0, 0, 0, 0]);
    expect(place("emptiest")).toEqual([1, 2, 3, 1, 2]);
    expect(place("on-arrival")).toEqual([-1, -1, -1, -1, -1]);
    expect(place("h2")).toEqual([2, 2, 2, 2, 2]);
    expect(place("h1..h3")).toEqual([1, 2, 3, 1, 2]);
    expect(place({ by: "round-robin", on: ["h3", "h1"] })).toEqual([3, 1, 3, 1, 3]);
  });

  test("first fit goes on where a host is full", () => {
    const vms = [{ flavour: "m1.xlarge", count: 33, placement: "first-fit" }];
    const { host } = resolve({ vms }).fleet.vms;
    expect([host[31], host[32]]).toEqual([0, 1]);
  });

  test("that are to be apart start apart", () => {
    const { fleet } = resolve({
      hosts: [{ type: "two-socket", count: 6, rackSize: 2 }],
      vms: [
        {
          ...{ name: "db", count: 6, flavour: "m1.small", placement: "first-fit" },
          affinity: { rule: "apart", within: "rack", sets: 3 },
        },
      ],
    });
    expect(Array.from(fleet.vms.host)).toEqual([0, 2, 4, 0, 2, 4]);
    expect(fleet.groups.map(({ name }) => name)).toEqual(["db0..db2", "db3..db5"]);
  });

  test("that are to be together start together", () => {
    const affinity = { rule: "together" };
    const vms = [{ count: 3, flavour: "m1.small", affinity }];
    expect(Array.from(resolve({ vms }).fleet.vms.host)).toEqual([0, 0, 0]);
  });

  test("come by chance, the same for the same seed", () => {
    const draw = (seed: number) =>
      resolve({
        seed,
        vms: [
          {
            flavour: "m1.small",
            arrivals: { every: "1m" },
            lifetime: { mean: "1h", distribution: "pareto" },
          },
        ],
      }).fleet.vms;
    const { count, arrivesNs, departsNs, host } = draw(1);
    // 1440 in the mean, with a deviation of 38.
    expect(Math.abs(count - 1440)).toBeLessThan(5 * 38);
    expect(draw(1).departsNs).toEqual(departsNs);
    expect(draw(2).departsNs).not.toEqual(departsNs);
    expect(arrivesNs.every((at, vm) => at < (departsNs[vm] as number))).toBe(true);
    expect(Array.from(arrivesNs)).toEqual(Array.from(arrivesNs).sort((a, b) => a - b));
    expect(host.every((at) => at === -1)).toBe(true);
  });

  test("want what a range allows", () => {
    const vms = [{ count: 1000, flavour: "m1.tiny", demand: "10%..40%" }];
    const { fleet } = resolve({ vms });
    const shares = fleet.demands.map((demand) => (demand.kind === "constant" ? demand.share : -1));
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.1);
    expect(Math.max(...shares)).toBeLessThanOrEqual(0.4);
    expect(new Set(fleet.vms.demand).size).toBeGreaterThan(200);
  });
});

test("moves and faults are written out", () => {
  const { fleet } = resolve({
    vms: [{ name: "web", count: 4, flavour: "m1.small", placement: "h0" }],
    moves: [{ vm: "web1..web3", to: ["h1", "h0"], at: "10s", every: "1s" }],
    faults: [{ host: "h1", at: "2h", warning: "10m", repair: "1h" }],
    exact: ["web0"],
  });
  expect(fleet.moves).toEqual([
    { vm: 1, to: 1, atNs: 10 * SECOND },
    { vm: 2, to: 0, atNs: 11 * SECOND },
    { vm: 3, to: 1, atNs: 12 * SECOND },
  ]);
  expect(fleet.faults).toEqual([{ host: 1, atNs: 2 * HOUR, warningNs: HOUR / 6, repairNs: HOUR }]);
  expect([...fleet.exactVms]).toEqual([0]);
});

test("limits are those of a system, or one's own", () => {
  const none = Number.POSITIVE_INFINITY;
  const of = (limits: FleetInput["limits"]) => resolve({ limits }).fleet.limits;
  expect(of("kubevirt")).toEqual({ perSource: 2, perTarget: none, total: 5 });
  expect(of({ like: "nova", total: 9 })).toEqual({ perSource: 1, perTarget: none, total: 9 });
  expect(of(undefined)).toEqual({ perSource: 2, perTarget: 2, total: none });
});
