import type { Bytes, Nanoseconds, Share } from "../../units.js";
import type { HostState, HostStatus, Snapshot, VmState } from "../control/snapshot.js";
import { type Demand, demandAt } from "../model/demand.js";
import type { Fleet } from "../model/fleet.js";
import type { Power } from "./host-load.js";
import type { LookHistory } from "./look-history.js";
import type { RunState } from "./run-state.js";

/** What the state of a run does not know by itself. */
export interface SnapshotSources {
  readonly intervalNs: Nanoseconds;
  /** Looks of VMs that {@link Snapshot.vmHistory} answers at most. */
  readonly historyLength: number;
  readonly utilisation: LookHistory;
  readonly violations: LookHistory;
  /** VMs on their way to a host, and how many are leaving one. */
  readonly incoming: ReadonlyMap<number, readonly number[]>;
  readonly outgoing: ReadonlyMap<number, number>;
  /** Memory that moves which wait for their turn will take at a host. */
  readonly promised: ReadonlyMap<number, Bytes>;
  readonly migrating: ReadonlySet<number>;
  isPresent(vm: number): boolean;
  isClosed(host: number): boolean;
  statusSince(host: number): Nanoseconds;
  emptySince(host: number): Nanoseconds | null;
  maintainedAt(host: number): Nanoseconds | null;
  failsAt(host: number): Nanoseconds | null;
  movedAt(vm: number): Nanoseconds | null;
}

const NOTHING: readonly number[] = [];

/** The data centre at this instant, by value. */
export function takeSnapshot(state: RunState, sources: SnapshotSources): Snapshot {
  const { fleet, now } = state;
  const vms: VmState[] = [];
  const byIndex = new Map<number, VmState>();
  for (let vm = 0; vm < fleet.vms.count; vm++) {
    if (!sources.isPresent(vm)) continue;
    const one = vmStateOf(state, sources, vm);
    vms.push(one);
    byIndex.set(vm, one);
  }
  return {
    now,
    intervalNs: sources.intervalNs,
    fleet,
    hosts: fleet.hosts.map((_, host) => hostStateOf(state, sources, host)),
    vms,
    vm: (index) => byIndex.get(index),
    vmHistory: (index) => vmHistory(fleet, index, now, sources),
    violationHistory: (index) => sources.violations.of(index),
    migrating: sources.migrating.size,
  };
}

function vmStateOf({ fleet, load }: RunState, sources: SnapshotSources, vm: number): VmState {
  const flavour = fleet.flavours[fleet.vms.flavour[vm] as number] as Fleet["flavours"][number];
  const demand = load.wants[vm] as number;
  return {
    vm,
    host: load.hostOf[vm] as number,
    demand,
    granted: demand * load.paceOf(vm),
    size: load.sizeOf(vm),
    memoryBytes: flavour.memoryBytes,
    isMigrating: sources.migrating.has(vm),
    violated: sources.violations.newest(vm) ?? 0,
    movedAtNs: sources.movedAt(vm),
  };
}

function hostStateOf({ fleet, load }: RunState, sources: SnapshotSources, host: number): HostState {
  const here: number[] = [];
  load.forEachVm(host, (vm) => here.push(vm));
  return {
    host,
    status: statusOf(load.powerOf(host), sources.isClosed(host)),
    statusSinceNs: sources.statusSince(host),
    emptySinceNs: sources.emptySince(host),
    maintainedAtNs: sources.maintainedAt(host),
    capacity: load.capacityOf(host),
    demand: load.demandOf(host),
    memoryBytes: (fleet.hosts[host] as Fleet["hosts"][number]).type.memoryBytes,
    usedBytes: (load.usedBytes[host] as number) + (sources.promised.get(host) ?? 0),
    vms: here.sort((a, b) => a - b),
    incoming: sources.incoming.get(host) ?? NOTHING,
    outgoing: sources.outgoing.get(host) ?? 0,
    history: sources.utilisation.of(host),
    failsAtNs: sources.failsAt(host),
  };
}

function statusOf(power: Power, isClosed: boolean): HostStatus {
  if (power === "on" && isClosed) return "maintenance";
  return power === "falling-asleep" ? "asleep" : power;
}

/** A VM's past needs no keeping: its demand is a function of time. */
function vmHistory(
  { vms, demands }: Fleet,
  vm: number,
  now: Nanoseconds,
  { intervalNs, historyLength }: SnapshotSources,
): Share[] {
  const arrivedAt = vms.arrivesNs[vm] as number;
  const demand = demands[vms.demand[vm] as number] as Demand;
  const known = Math.min(historyLength, Math.floor((now - arrivedAt) / intervalNs) + 1);
  return Array.from({ length: known }, (_, index) =>
    demandAt(demand, now - (known - 1 - index) * intervalNs, arrivedAt),
  );
}
