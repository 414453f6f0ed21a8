import type { Flavour } from "../../../../src/fleet/model/flavour.js";
import type { Fleet } from "../../../../src/fleet/model/fleet.js";
import type { HostType } from "../../../../src/fleet/model/host.js";
import { createVmColumns } from "../../../../src/fleet/model/vms.js";

export const GIB = 2 ** 30;
export const SECOND = 1e9;

/** Two cores, 16 GiB, 100 W idle and 200 W busy. */
export const TINY_HOST: HostType = {
  name: "tiny",
  cores: 2,
  coreSpeed: 1,
  memoryBytes: 16 * GIB,
  diskBytes: Number.POSITIVE_INFINITY,
  nic: 1.25e9,
  power: { watts: [100, 200], sleepWatts: 10, sleepNs: 5 * SECOND, wakeNs: 60 * SECOND },
  pricePerHour: 0,
};

/** One virtual CPU, 1 GiB that is written a little. */
export const TINY_FLAVOUR: Flavour = {
  name: "small",
  vcpus: 1,
  vcpuSpeed: 1,
  memoryBytes: GIB,
  memory: {
    zeroShare: 0,
    curve: [{ kind: "poisson", pages: 1000, rate: 500 }],
    workload: [{ kind: "uniform", wssPages: 1000, rate: 500 }],
  },
  stateBytes: 65_536,
  localDiskBytes: 0,
  diskWriteRate: 0,
  assignedDevices: [],
  networkSwitchMs: 1,
  move: { strategy: "pre-copy", options: {} },
  contract: null,
  pricePerHour: 0,
};

/** So many hosts on one switch; VM i starts on `places[i]` and wants `shares[i]` of its CPU. */
export function tinyFleet(
  hosts: number,
  places: readonly number[],
  shares: readonly number[] = places.map(() => 1),
  more: Partial<Fleet> = {},
): Fleet {
  const vms = createVmColumns(places.length, (vm) => `vm${vm}`);
  vms.host.set(places);
  vms.demand.set(places.map((_, vm) => vm));
  return {
    name: "tiny",
    providers: [{ name: "us", pricePerByteOut: 0, pricePerJoule: 0 }],
    sites: [{ name: "here", provider: 0 }],
    hosts: Array.from({ length: hosts }, (_, host) => ({
      name: `h${host}`,
      type: TINY_HOST,
      site: 0,
      rack: 0,
    })),
    topology: {
      links: Array.from({ length: 2 * hosts }, (_, link) => ({
        name: `l${link}`,
        bandwidth: 1.25e9,
        latencyNs: 0,
      })),
      route: (from, to) => ({
        links: from === to ? [] : [2 * from, 2 * to + 1],
        latencyNs: 100_000,
      }),
    },
    flavours: [TINY_FLAVOUR],
    demands: shares.map((share) => ({ kind: "constant", share })),
    vms,
    groups: [],
    limits: {
      perSource: Number.POSITIVE_INFINITY,
      perTarget: Number.POSITIVE_INFINITY,
      total: Number.POSITIVE_INFINITY,
    },
    costs: { sourceCpuSecondsPerGiB: 0, targetCpuSecondsPerGiB: 0 },
    faults: [],
    qualities: [],
    bootNs: 20 * SECOND,
    moves: [],
    exactVms: new Set(),
    ...more,
  };
}
