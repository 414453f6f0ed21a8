import { MICROSECOND, MILLISECOND, PAGE_SIZE, SECOND } from "../../units.js";
import type { Flavour } from "../model/flavour.js";
import type { Host, HostType } from "../model/host.js";
import { createVmColumns, type RequestedMove, type VmColumns } from "../model/vms.js";
import type { NetworkPlan } from "../network/network-plan.js";
import { buildTopology } from "../network/topology.js";
import { LIMITS } from "./limits.js";

import type { FleetScenario } from "./resolve.js";

/** The measure of a {@link fleetN}. */
export interface FleetNOptions {
  /** At least 2. */
  readonly hosts: number;
  /** `bb`: one more link that all share, a quarter of the hosts' cards. `racks`: 40 hosts each, 4:1. */
  readonly topology: "star" | "bb" | "racks";
  /** Moves begin spread over so many seconds. Default 0: all after one second. */
  readonly staggerSeconds?: number;
  /** Of a host. Default 1, which two VMs must share after a move. */
  readonly cores?: number;
  /** Default 1. */
  readonly vmsPerHost?: number;
  /** Default: one a host. */
  readonly migrations?: number;
}

const GIB = 2 ** 30;
/** 10 Gbit/s. */
const NIC = 1.25e9;
/** A migration's own cap: 5 Gbit/s. */
const CAP = 6.25e8;
const RACK = 40;
const UPLINK = (RACK * NIC) / 4;
const SIZES = 16;
const INTENSITIES = 41;

/**
 * A yardstick of simulators: N hosts in a row, each with VMs of 1 to 16 GiB that write in a circle through
 * half of their memory at 5 to 45 % of 5 Gbit/s, and moves of VM m to the host half of the row further. All
 * that is deterministic: there is nothing to draw.
 */
export function fleetN(options: FleetNOptions): FleetScenario {
  const { hosts: count, cores = 1, vmsPerHost = 1, topology, migrations = count } = options;
  const type = hostType(cores);
  const hosts = Array.from(
    { length: count },
    (_, index): Host => ({ name: `h${index}`, type, site: 0, rack: Math.floor(index / RACK) }),
  );
  return {
    fleet: {
      name: `fleet-${count} ${topology}`,
      providers: [{ name: "local", pricePerByteOut: 0, pricePerJoule: 0 }],
      sites: [{ name: "local", provider: 0 }],
      hosts,
      topology: buildTopology(planOf(topology, count), hosts),
      flavours: flavours(),
      demands: [{ kind: "constant", share: 1 }],
      vms: vmsOf(count, count * vmsPerHost),
      groups: [],
      limits: LIMITS.get("none") as NonNullable<ReturnType<typeof LIMITS.get>>,
      costs: { sourceCpuSecondsPerGiB: 0, targetCpuSecondsPerGiB: 0 },
      faults: [],
      qualities: [],
      bootNs: 0,
      moves: movesOf(count, migrations, options.staggerSeconds ?? 0),
      exactVms: new Set(),
    },
    run: {
      untilNs: 100_000 * SECOND,
      intervalNs: 1000 * SECOND,
      seed: 1,
      profile: "simgrid",
      historyLength: 1,
      withUtilisation: false,
      placement: "first-fit",
      controllers: [],
    },
  };
}

function hostType(cores: number): HostType {
  return {
    name: "host",
    cores,
    coreSpeed: 1,
    memoryBytes: 1024 * GIB,
    diskBytes: Number.POSITIVE_INFINITY,
    nic: NIC,
    power: { watts: [0, 0], sleepWatts: 0, sleepNs: 0, wakeNs: 0 },
    pricePerHour: 0,
  };
}

function planOf(topology: FleetNOptions["topology"], hosts: number): NetworkPlan {
  return {
    kind: topology === "bb" ? "shared" : topology,
    hostLatencyNs: 50 * MICROSECOND,
    backbone: topology === "bb" ? 0.25 * hosts * NIC : null,
    uplink: topology === "racks" ? UPLINK : null,
    oversubscription: 4,
    innerLatencyNs: 10 * MICROSECOND,
    wan: [],
  };
}

/** One for each size and intensity. */
function flavours(): Flavour[] {
  return Array.from({ length: SIZES * INTENSITIES }, (_, index) => {
    const gib = 1 + (index % SIZES);
    const percent = 5 + Math.floor(index / SIZES);
    return flavour(gib, percent / 100, `${gib}GiB-${percent}%`);
  });
}

function flavour(gib: number, intensity: number, name: string): Flavour {
  const pages = (gib * GIB) / 2 / PAGE_SIZE;
  const rate = (CAP * intensity) / PAGE_SIZE;
  return {
    ...{ name, vcpus: 1, vcpuSpeed: 1, memoryBytes: gib * GIB },
    memory: {
      zeroShare: 0,
      curve: [{ kind: "cyclic", pages, rate }],
      workload: [{ kind: "sequential", wssPages: pages, rate, at: 0 }],
    },
    ...{ stateBytes: 0, localDiskBytes: 0, diskWriteRate: 0, assignedDevices: [] },
    networkSwitchMs: 0,
    move: {
      strategy: "pre-copy",
      // SimGrid's max_downtime.
      options: { maxBandwidth: CAP, downtimeLimitMs: (0.03 * SECOND) / MILLISECOND },
    },
    contract: null,
    pricePerHour: 0,
  };
}

function vmsOf(hosts: number, count: number): VmColumns {
  const vms = createVmColumns(count, (vm) => `vm${vm}`);
  for (let vm = 0; vm < count; vm++) {
    vms.host[vm] = vm % hosts;
    vms.flavour[vm] = ((7 * vm) % SIZES) + SIZES * ((11 * vm) % INTENSITIES);
  }
  return vms;
}

function movesOf(hosts: number, count: number, staggerSeconds: number): RequestedMove[] {
  return Array.from({ length: count }, (_, vm) => ({
    vm,
    to: (vm + Math.floor(hosts / 2)) % hosts,
    atNs: SECOND + Math.round((staggerSeconds * SECOND * ((7919 * vm) % 60_000)) / 60_000),
  }));
}
