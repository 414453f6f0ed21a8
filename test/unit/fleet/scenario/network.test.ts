import { describe, expect, test } from "vitest";
import { contextWithoutFleetFiles } from "../../../../src/fleet/scenario/context.js";
import { fleetN } from "../../../../src/fleet/scenario/fleet-n.js";
import type { FleetInput } from "../../../../src/fleet/scenario/input.js";
import { resolveFleet } from "../../../../src/fleet/scenario/resolve.js";

/** Bandwidths of the way from host 0 to host 3, in Gbit/s, and its latency in us. */
function way(input: Partial<FleetInput>): { gbit: number[]; us: number } {
  const hosts = [{ type: "small", count: 4, rackSize: 2 }];
  const hostTypes = { small: { cores: 4, memory: "16GiB", nic: "10Gbit/s" } };
  const { topology } = resolveFleet(
    { hostTypes, hosts, vms: [], ...input },
    contextWithoutFleetFiles(),
  ).fleet;
  const { links, latencyNs } = topology.route(0, 3);
  const gbit = links.map((link) => (topology.links[link]?.bandwidth ?? 0) / 1.25e8);
  return { gbit, us: latencyNs / 1000 };
}

describe("the way between two hosts", () => {
  test.each<[string, FleetInput["network"], { gbit: number[]; us: number }]>([
    ["a star", "star", { gbit: [10, 10], us: 100 }],
    ["a star with latency", { kind: "star", latency: "5us" }, { gbit: [10, 10], us: 10 }],
    ["one shared link", "shared", { gbit: [10, 10, 10], us: 110 }],
    [
      "one shared link of a rate",
      { kind: "shared", bandwidth: "3Gbit/s", backboneLatency: "1us" },
      { gbit: [10, 3, 10], us: 101 },
    ],
    ["racks", "racks", { gbit: [10, 5, 5, 10], us: 120 }],
    [
      "racks of their own uplinks",
      { kind: "racks", uplink: "7Gbit/s", uplinkLatency: "20us" },
      { gbit: [10, 7, 7, 10], us: 140 },
    ],
    [
      "a graph",
      {
        kind: "graph",
        links: [
          { from: "h0..h1", to: "leaf0", bandwidth: "25Gbit/s", latency: "1us" },
          { from: "h2..h3", to: "leaf1", bandwidth: "25Gbit/s", latency: "1us" },
          { from: "leaf0", to: "leaf1", bandwidth: "40Gbit/s", latency: "2us" },
        ],
      },
      { gbit: [25, 40, 25], us: 4 },
    ],
  ])("through %s", (_, network, expected) => {
    expect(way({ network })).toEqual(expected);
  });

  test("crosses the link between their sites", () => {
    const sites = {
      sites: { a: {}, b: {}, c: {} },
      hosts: [
        { type: "small", site: "a" },
        { type: "small", site: "b", count: 2 },
        { type: "small", site: "c" },
      ],
    };
    expect(way(sites)).toEqual({ gbit: [10, 10, 10], us: 10_100 });
    const named = [
      { bandwidth: "2Gbit/s", latency: "3ms" },
      { between: ["c", "a"] as const, bandwidth: "1Gbit/s", latency: "30ms" },
    ];
    const network = { kind: "star" as const, wan: named };
    expect(way({ ...sites, network })).toEqual({ gbit: [10, 1, 10], us: 30_100 });
  });
});

test.each<[FleetInput["network"], string]>([
  [{ kind: "graph", links: [{ from: "h0", to: "s", bandwidth: "1Gbit/s" }] }, "network.links"],
  [
    { kind: "graph", links: [{ from: "h0", to: "h0", bandwidth: "1Gbit/s" }] },
    'network.links.0.to: got "h0", expected another end than from',
  ],
  [
    { kind: "racks", uplink: "1Gbit/s", oversubscription: 2 },
    "network.oversubscription: got 2, expected no such field with uplink",
  ],
  [
    { kind: "star", wan: { between: ["a", "local"], bandwidth: "1Gbit/s" } },
    'network.wan.between.0: got "a"',
  ],
  [{ kind: "star", wan: { bandwidth: "0Gbit/s" } }, "network.wan.bandwidth: got"],
])("%j is refused", (network, message) => {
  expect(() => way({ network })).toThrow(message);
});

describe("fleet-N", () => {
  test("is the one that other simulators were measured with", () => {
    const { fleet, run } = fleetN({ hosts: 100, topology: "racks", staggerSeconds: 60, cores: 2 });
    const vm = 17;
    const flavour = fleet.flavours[fleet.vms.flavour[vm] as number];
    expect(run.profile).toBe("simgrid");
    expect(fleet.vms.host[vm]).toBe(17);
    // 1 + 7 * 17 mod 16 GiB, half of it written at 5 + 11 * 17 mod 41 % of the cap.
    expect(flavour).toMatchObject({
      memoryBytes: 8 * 2 ** 30,
      memory: { curve: [{ kind: "cyclic", pages: 2 ** 20, rate: (0.28 * 6.25e8) / 4096 }] },
      move: { options: { maxBandwidth: 6.25e8, downtimeLimitMs: 30 } },
    });
    expect(fleet.moves[vm]).toEqual({ vm, to: 67, atNs: 1e9 + ((7919 * vm) % 60_000) * 1e6 });
  });

  test.each([
    ["star", 2, 100_000],
    ["bb", 3, 110_000],
    ["racks", 4, 120_000],
  ] as const)("%s has ways of %i links", (topology, links, latencyNs) => {
    const { fleet } = fleetN({ hosts: 100, topology });
    const route = fleet.topology.route(0, 50);
    expect(route).toMatchObject({ latencyNs });
    expect(route.links).toHaveLength(links);
    const widest = Math.max(
      ...route.links.map((link) => fleet.topology.links[link]?.bandwidth ?? 0),
    );
    expect(widest).toBe({ star: 1.25e9, bb: 0.25 * 100 * 1.25e9, racks: 12.5e9 }[topology]);
  });
});
