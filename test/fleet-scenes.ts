import { type MoveEstimator, onePassEstimator } from "../src/fleet/control/estimate.js";
import type { HostState, Snapshot, VmState } from "../src/fleet/control/snapshot.js";
import type { Flavour } from "../src/fleet/model/flavour.js";
import type { Fleet } from "../src/fleet/model/fleet.js";
import type { Host } from "../src/fleet/model/host.js";
import type { AffinityGroup } from "../src/fleet/model/vms.js";
import { createVmColumns } from "../src/fleet/model/vms.js";
import { SECOND } from "../src/units.js";

export const GIB: number = 2 ** 30;

/** A host of a scene: 16 cores, 64 GiB, on, in rack 0 of site 0 unless it is said otherwise. */
export interface SceneHost extends Partial<Omit<HostState, "host" | "vms" | "incoming">> {
  readonly name?: string;
  readonly rack?: number;
  readonly site?: number;
  readonly watts?: readonly number[];
  readonly nic?: number;
  readonly diskBytes?: number;
  /** VMs on their way to it. */
  readonly incoming?: readonly number[];
}

/** A VM of a scene: 4 GiB, 2 cores of which it wants one; nowhere unless it is said otherwise. */
export interface SceneVm extends Partial<Omit<VmState, "vm">> {
  readonly flavour?: Partial<Flavour>;
  readonly group?: number;
  readonly violations?: readonly number[];
}

/** A data centre for tests of controllers. */
export interface Scene {
  readonly hosts: readonly SceneHost[];
  readonly vms: readonly SceneVm[];
  readonly groups?: readonly AffinityGroup[];
  readonly now?: number;
  readonly fleet?: Partial<Fleet>;
}

export const FLAVOUR: Flavour = {
  name: "small",
  vcpus: 2,
  vcpuSpeed: 1,
  memoryBytes: 4 * GIB,
  memory: { zeroShare: 0, curve: [], workload: null },
  stateBytes: 0,
  localDiskBytes: 0,
  diskWriteRate: 0,
  assignedDevices: [],
  networkSwitchMs: 0,
  move: { strategy: "pre-copy", options: {} },
  contract: null,
  pricePerHour: 0,
};

/** The snapshot that a controller would see. */
export function snapshotOf(scene: Scene): Snapshot {
  const fleet = fleetOf(scene);
  const vms = scene.vms.map((vm, index) => vmState(vm, index));
  const now = scene.now ?? 0;
  return {
    now,
    intervalNs: 300 * SECOND,
    fleet,
    hosts: scene.hosts.map((host, index) => hostState(host, index, vms, fleet)),
    vms,
    vm: (index) => vms[index],
    vmHistory: (index) => [(vms[index]?.demand ?? 0) / (vms[index]?.size ?? 1)],
    violationHistory: (index) => scene.vms[index]?.violations ?? [],
    migrating: vms.filter(({ isMigrating }) => isMigrating).length,
  };
}

/** What controllers are made with: one pass over the memory, unless a test brings something else. */
export function contextOf(
  { fleet }: Snapshot,
  estimate: MoveEstimator = onePassEstimator(fleet),
): { fleet: Fleet; estimate: MoveEstimator } {
  return { fleet, estimate };
}

function vmState({ flavour, group: _, violations: __, ...state }: SceneVm, vm: number): VmState {
  const demand = state.demand ?? 1;
  return {
    vm,
    host: -1,
    demand,
    granted: demand,
    size: 2,
    memoryBytes: flavour?.memoryBytes ?? FLAVOUR.memoryBytes,
    isMigrating: false,
    violated: 0,
    movedAtNs: null,
    ...state,
  };
}

function hostState(
  host: SceneHost,
  index: number,
  vms: readonly VmState[],
  fleet: Fleet,
): HostState {
  const { incoming = [] } = host;
  const own = vms.filter((vm) => vm.host === index);
  const sum = (states: readonly VmState[], key: "demand" | "memoryBytes"): number =>
    states.reduce((total, state) => total + state[key], 0);
  const coming = incoming.flatMap((vm) => vms[vm] ?? []);
  const type = fleet.hosts[index]?.type;
  return {
    host: index,
    status: host.status ?? "on",
    statusSinceNs: host.statusSinceNs ?? 0,
    emptySinceNs: host.emptySinceNs ?? (own.length + incoming.length === 0 ? 0 : null),
    maintainedAtNs: host.maintainedAtNs ?? null,
    capacity: host.capacity ?? type?.cores ?? 0,
    demand: host.demand ?? sum(own, "demand"),
    memoryBytes: host.memoryBytes ?? type?.memoryBytes ?? 0,
    usedBytes: host.usedBytes ?? sum(own, "memoryBytes") + sum(coming, "memoryBytes"),
    vms: own.map(({ vm }) => vm),
    incoming,
    outgoing: host.outgoing ?? own.filter(({ isMigrating }) => isMigrating).length,
    history: host.history ?? [],
    failsAtNs: host.failsAtNs ?? null,
  };
}

function fleetOf(scene: Scene): Fleet {
  const vms = createVmColumns(scene.vms.length, (vm) => `vm${vm}`);
  const flavours = scene.vms.map(({ flavour, memoryBytes, size }, index) => ({
    ...FLAVOUR,
    name: `flavour${index}`,
    vcpus: size ?? FLAVOUR.vcpus,
    memoryBytes: memoryBytes ?? FLAVOUR.memoryBytes,
    ...flavour,
  }));
  scene.vms.forEach(({ host = -1, group = -1 }, vm) => {
    vms.flavour[vm] = vm;
    vms.host[vm] = host;
    vms.group[vm] = group;
  });
  const sites = Math.max(0, ...scene.hosts.map(({ site = 0 }) => site)) + 1;
  return {
    name: "scene",
    providers: [{ name: "provider0", pricePerByteOut: 0, pricePerJoule: 0 }],
    sites: Array.from({ length: sites }, (_, site) => ({ name: `site${site}`, provider: 0 })),
    hosts: scene.hosts.map(hostOf),
    topology: { links: [], route: () => ({ links: [], latencyNs: 0 }) },
    flavours,
    demands: [{ kind: "constant", share: 0.5 }],
    vms,
    groups: scene.groups ?? [],
    limits: { perSource: 2, perTarget: Number.POSITIVE_INFINITY, total: 5 },
    costs: { sourceCpuSecondsPerGiB: 0, targetCpuSecondsPerGiB: 0 },
    faults: [],
    qualities: [],
    bootNs: 0,
    moves: [],
    exactVms: new Set(),
    ...scene.fleet,
  };
}

function hostOf(host: SceneHost, index: number): Host {
  return {
    name: host.name ?? `h${index}`,
    site: host.site ?? 0,
    rack: host.rack ?? 0,
    type: {
      name: "server",
      cores: host.capacity ?? 16,
      coreSpeed: 1,
      memoryBytes: host.memoryBytes ?? 64 * GIB,
      diskBytes: host.diskBytes ?? Number.POSITIVE_INFINITY,
      nic: host.nic ?? 1.25e9,
      power: { watts: host.watts ?? [100, 200], sleepWatts: 5, sleepNs: 0, wakeNs: 0 },
      pricePerHour: 0,
    },
  };
}
