import { describe, expect, test } from "vitest";
import { InvalidOptionError, isGodwitError } from "../../../../src/errors.js";
import { contextWithoutFleetFiles } from "../../../../src/fleet/scenario/context.js";
import { resolveFleet } from "../../../../src/fleet/scenario/resolve.js";

const context = contextWithoutFleetFiles({
  "load-balancing": {
    create: (settings, _, path) => {
      const { threshold } = settings as { threshold?: unknown };
      if (threshold === undefined) throw new Error("not asked for here");
      throw new InvalidOptionError(`${path}.threshold`, threshold, "a share");
    },
  },
});

function errorOf(input: unknown): string {
  try {
    resolveFleet(input, context);
  } catch (error) {
    if (isGodwitError(error, "InvalidOptionError")) return error.message;
    throw error;
  }
  return "no error";
}

const HOSTS = [{ type: "two-socket", count: 2 }];

test.each<[unknown, string]>([
  [5, "scenario: got 5, expected an object with "],
  [null, "scenario: got null, expected an object with "],
  [{ vms: [] }, "hosts: got nothing, expected hosts to be there"],
  [{ hosts: [], vms: [] }, 'hosts: got "a list of 0", expected at least 1 of them'],
])("%j is no scenario", (input, message) => {
  expect(errorOf(input)).toContain(message);
});

describe("what is wrong is named by its path", () => {
  test.each<[object, string]>([
    [{ hots: 3 }, "hots: got 3, expected a field that exists; perhaps hosts?"],
    [
      { hosts: [{ typ: "two-socket" }] },
      "hosts.0.type: got nothing, expected type to be there; perhaps for typ",
    ],
    [
      { interval: "1s", outputs: ["utilisation"], hosts: [{ type: "two-socket", count: 2000 }] },
      'outputs: got "utilisation", expected at most 100000000 hosts times intervals to keep',
    ],
    [{ seed: -1 }, "seed: got -1, expected a whole number from 0 to 4294967295"],
    [{ until: "1" }, 'until: got "1", expected a time with its unit'],
    [{ until: "104d" }, 'until: got "104d", expected a time with its unit'],
    [{ interval: "1ns" }, 'interval: got "1ns", expected a time of which 24h has at most'],
    [
      { profile: "simgird" },
      'profile: got "simgird", expected a name that exists; perhaps simgrid?',
    ],
    [{ hosts: [{ type: 3 }] }, "hosts.0.type: got 3, expected a name, or a list of names"],
    [
      { hosts: [{ type: "two-soket" }] },
      'hosts.0.type: got "two-soket", expected a name that exists; perhaps two-socket?',
    ],
    [
      { hosts: [{ type: "two-socket", count: 0 }] },
      "hosts.0.count: got 0, expected a whole number",
    ],
    [
      { hosts: [{ type: "two-socket", count: 1e6 }, { type: "two-socket" }] },
      "hosts.1.count: got 1, expected at most 1000000 hosts in all",
    ],
    [
      {
        hosts: [
          { type: "two-socket", name: "a" },
          { type: "two-socket", name: "a" },
        ],
      },
      'hosts.1.name: got "a", expected a name that no other host has',
    ],
    [
      {
        hosts: [
          { type: "two-socket", name: "a7" },
          { type: "two-socket", name: "a{}", count: 9 },
        ],
      },
      'hosts.1.name: got "a{}", expected no name twice; a7 is there',
    ],
    [{ hostTypes: { a: { memory: "1GiB" } } }, "hostTypes.a.cores: got nothing"],
    [
      { hostTypes: { a: { like: "b" }, b: { like: "a" } } },
      'hostTypes.b.like: got "a", expected no circle: a is like b is like a',
    ],
    [
      { hostTypes: { a: { like: "two-socket", power: { idle: 3 } } } },
      "hostTypes.a.power.max: got",
    ],
    [{ sites: { a: {}, b: {} } }, "hosts.0.site: got nothing, expected one of a, b"],
    [{ network: "stars" }, 'network: got "stars", expected star, shared, racks'],
    [{ network: { kind: "rack" } }, 'network.kind: got "rack", expected an object whose kind'],
    [
      { network: { kind: "racks", uplik: "1Gbit/s" } },
      "expected a field that exists; perhaps uplink?",
    ],
    [{ flavours: { a: { memory: 4 } } }, "flavours.a.memory: got 4, expected a size with its unit"],
    [
      { flavours: { a: { memory: "1kB" } } },
      'flavours.a.memory: got "1kB", expected a multiple of',
    ],
    [
      { flavours: { a: { strategy: "post-copy", maxRounds: 4 } } },
      "flavours.a.maxRounds: got 4, expected no such option with post-copy",
    ],
    [
      { flavours: { a: { workload: "trace:x" } } },
      'flavours.a.workload: got "x", expected no trace; observe it',
    ],
    [{ flavours: { a: { workload: "uniform:wss=2GiB,rate=1/s" } } }, "flavours.a.workload: got"],
    [{ vms: [{ flavour: "x" }] }, 'vms.0.flavour: got "x", expected one of m1.tiny'],
    [{ vms: [{ flavour: "m1.tiny", demand: 2 }] }, "vms.0.demand: got 2, expected a number from 0"],
    [{ vms: [{ flavour: "m1.tiny", demand: "office" }] }, 'vms.0.demand: got "office"'],
    [
      { vms: [{ flavour: "m1.tiny", demand: { low: "3%" } }] },
      "vms.0.demand.high: got nothing, expected high to be there",
    ],
    [
      { vms: [{ flavour: "m1.tiny", demand: { low: "50%", high: "40%" } }] },
      'vms.0.demand.high: got "40%", expected at least low, 50%',
    ],
    [
      { demands: { a: { trace: "x", format: "azure" } } },
      "demands.a.vmtable: got nothing, expected the file of the VMs",
    ],
    [
      { vms: [{ flavour: "m1.tiny", placement: "round-robbin" }] },
      'vms.0.placement: got "round-robbin", expected a host, or a name that exists; perhaps round-robin?',
    ],
    [
      { vms: [{ flavour: "m1.xlarge", count: 65 }] },
      'vms.0.placement: got "vm64", expected a host with 16 GiB free for it at the start; the emptiest has 0 B',
    ],
    [
      { vms: [{ flavour: "m1.xlarge", count: 33, placement: "h1" }] },
      'vms.0.placement: got "h1", expected a host for vm32 at the start; 0 B of its memory are free',
    ],
    [
      { vms: [{ flavour: "m1.tiny", count: 3, affinity: { rule: "apart" } }] },
      'vms.0.placement: got "vm2", expected a host where vm0..vm2 may be with 512 MiB free',
    ],
    [
      { vms: [{ flavour: "m1.tiny", arrivals: { every: "1us" } }] },
      'vms.0.arrivals.every: got "1us", expected fewer than 10000000 arrivals',
    ],
    [
      { vms: [{ flavour: "m1.tiny", arrive: "2h", depart: "1h" }] },
      'vms.0.depart: got "1h", expected a time after they come',
    ],
    [
      { moves: [{ vm: "vm0", to: "h0" }] },
      'moves.0.vm: got "vm0", expected the name of a VM; there',
    ],
    [
      { vms: [{ flavour: "m1.tiny" }], moves: [{ vm: "vm0", to: "host0" }] },
      'moves.0.to: got "host0", expected the name of a host, h0 to h1',
    ],
    [
      { vms: [{ flavour: "m1.tiny" }], moves: [{ vm: "vm0", to: "h0..h9" }] },
      'moves.0.to: got "h2", expected the name of a host, h0 to h1',
    ],
    [{ faults: [{ host: "h0" }] }, "faults.0.at: got nothing, expected either at, or every"],
    [
      { controllers: ["load-balancin"] },
      'controllers.0: got "load-balancin", expected a name that exists; perhaps load-balancing?',
    ],
    [
      { controllers: [{ name: "load-balancing", threshold: "x" }] },
      'controllers.0.threshold: got "x", expected a share',
    ],
  ])("%j", (input, message) => {
    expect(errorOf({ hosts: HOSTS, vms: [], ...input })).toContain(message);
  });
});
