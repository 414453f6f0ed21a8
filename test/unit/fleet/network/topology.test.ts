import { describe, expect, test } from "vitest";
import type { Topology } from "../../../../src/fleet/model/topology.js";
import type { CablePlan, LayeredPlan } from "../../../../src/fleet/network/network-plan.js";
import { buildTopology } from "../../../../src/fleet/network/topology.js";
import { hosts } from "./hosts.js";

const LAYERED: LayeredPlan = {
  kind: "star",
  hostLatencyNs: 50_000,
  backbone: null,
  uplink: null,
  oversubscription: 4,
  innerLatencyNs: 10_000,
  wan: [],
};
const WAN = { from: 0, to: 1, bandwidth: 1e9, latencyNs: 5_000_000 };

function way(topology: Topology, from: number, to: number): [string, number] {
  const { links, latencyNs } = topology.route(from, to);
  return [links.map((link) => topology.links[link]?.name).join(" "), latencyNs];
}

function bandwidth(topology: Topology, name: string): number | undefined {
  return topology.links.find((link) => link.name === name)?.bandwidth;
}

function cable(from: number | string, to: number | string, latencyNs = 10): CablePlan {
  return { name: `${from}=${to}`, from, to, bandwidth: 1e9, latencyNs, isShared: false };
}

describe("layered networks", () => {
  test("a star has only the hosts' own links", () => {
    const topology = buildTopology(LAYERED, hosts(3));
    expect(way(topology, 0, 2)).toEqual(["h0-up h2-down", 100_000]);
    expect(way(topology, 1, 1)).toEqual(["", 0]);
    expect(topology.links).toHaveLength(6);
  });

  test("a shared network has one more, a quarter of all cards", () => {
    const topology = buildTopology({ ...LAYERED, kind: "shared" }, hosts(8));
    expect(way(topology, 5, 1)).toEqual(["h5-up backbone-0 h1-down", 110_000]);
    expect(bandwidth(topology, "backbone-0")).toBe(2.5e9);
  });

  test("traffic leaves a rack only when it must", () => {
    const all = hosts(8, (i) => ({ rack: Math.floor(i / 4), site: 0 }));
    const topology = buildTopology({ ...LAYERED, kind: "racks", oversubscription: 2 }, all);
    expect(way(topology, 0, 3)).toEqual(["h0-up h3-down", 100_000]);
    expect(way(topology, 0, 4)).toEqual(["h0-up rack-0-up rack-1-down h4-down", 120_000]);
    expect(bandwidth(topology, "rack-1-down")).toBe(2.5e9);
    const fixed = buildTopology({ ...LAYERED, kind: "racks", uplink: 7e9 }, all);
    expect(bandwidth(fixed, "rack-0-up")).toBe(7e9);
  });

  test.each([
    ["star", "h0-up wan-0-1 h1-down", 5_100_000],
    ["shared", "h0-up backbone-0 wan-0-1 backbone-1 h1-down", 5_120_000],
    ["racks", "h0-up rack-0-up wan-0-1 rack-1-down h1-down", 5_120_000],
  ] as const)("sites are joined by their own links: %s", (kind, names, latencyNs) => {
    const all = hosts(2, (i) => ({ rack: i, site: i }));
    const topology = buildTopology({ ...LAYERED, kind, wan: [WAN] }, all);
    expect(way(topology, 0, 1)).toEqual([names, latencyNs]);
    expect(way(topology, 1, 0)[0]).toContain("wan-1-0");
    expect(() => buildTopology({ ...LAYERED, kind }, all)).toThrow(/network.wan/);
  });

  test("a hundred thousand hosts keep links, not routes", () => {
    const all = hosts(100_000, (i) => ({ rack: Math.floor(i / 40), site: 0 }));
    const topology = buildTopology({ ...LAYERED, kind: "racks" }, all);
    expect(topology.links).toHaveLength(2 * 100_000 + 2 * 2_500);
    expect(way(topology, 99_999, 0)[0]).toBe("h99999-up rack-2499-up rack-0-down h0-down");
  });
});

describe("graphs", () => {
  test("the way of least latency is taken, then the one of fewest hops, then the first", () => {
    const ends = [cable(0, "a"), cable("b", 1)];
    const long = cable("a", "b", 100);
    const near = [cable("a", "c", 40), cable("c", "b", 40)];
    const topology = buildTopology({ kind: "graph", links: [...ends, long, ...near] }, hosts(2));
    expect(way(topology, 0, 1)).toEqual(["0=a a=c c=b b=1", 100]);
    expect(way(topology, 1, 0)).toEqual(["b=1-back c=b-back a=c-back 0=a-back", 100]);
    const even = [cable("a", "c", 50), cable("c", "b", 50)];
    const few = buildTopology({ kind: "graph", links: [...ends, ...even, long] }, hosts(2));
    expect(way(few, 0, 1)).toEqual(["0=a a=b b=1", 120]);
    const twice = [cable("a", "b", 7), { ...cable("a", "b", 7), name: "second" }];
    const first = buildTopology({ kind: "graph", links: [...ends, ...twice] }, hosts(2));
    expect(way(first, 0, 1)).toEqual(["0=a a=b b=1", 27]);
  });

  test("a shared cable is one link both ways", () => {
    const links = [{ ...cable(0, 1), isShared: true }];
    const topology = buildTopology({ kind: "graph", links }, hosts(2));
    expect(topology.links).toHaveLength(1);
    expect(topology.route(0, 1).links).toEqual(topology.route(1, 0).links);
  });

  test("a host with two cables takes the better one, and passes nothing on", () => {
    const links = [cable(0, "a"), cable(1, "a"), cable(1, "b"), cable(2, "b"), cable("a", "b", 99)];
    const topology = buildTopology({ kind: "graph", links }, hosts(3));
    expect(way(topology, 1, 2)).toEqual(["1=b 2=b-back", 20]);
    expect(way(topology, 0, 2)).toEqual(["0=a a=b 2=b-back", 119]);
  });

  test("hosts that cannot be reached are refused", () => {
    const links = [cable(0, "a"), cable(1, "b")];
    expect(() => buildTopology({ kind: "graph", links }, hosts(2))).toThrow(
      /network.links: got "h1"/,
    );
    expect(() => buildTopology({ kind: "graph", links: [] }, hosts(2))).toThrow(/network.links/);
  });
});
