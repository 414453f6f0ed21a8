import type { Bytes, Nanoseconds, Share } from "../../units.js";
import type { Fleet } from "../model/fleet.js";

/** What a host is doing. `maintenance`: it runs what it has, and takes nothing more. */
export type HostStatus = "on" | "asleep" | "waking" | "maintenance" | "failed";

/** A host, as a controller sees it. */
export interface HostState {
  /** Index in the fleet's hosts. */
  readonly host: number;
  readonly status: HostStatus;
  /** Since when it is doing that. */
  readonly statusSinceNs: Nanoseconds;
  /** Since when no VM runs on it nor is on its way to it; null: it has some. */
  readonly emptySinceNs: Nanoseconds | null;
  /** When it was last put back in service after maintenance; null: never. */
  readonly maintainedAtNs: Nanoseconds | null;
  /** Reference cores. */
  readonly capacity: number;
  /** CPU that its VMs want now, reference cores; with what migrations take. */
  readonly demand: number;
  readonly memoryBytes: Bytes;
  /** Memory of its VMs and of those that are on their way to it. */
  readonly usedBytes: Bytes;
  /** VMs that run on it. */
  readonly vms: readonly number[];
  /** VMs on their way to it. */
  readonly incoming: readonly number[];
  /** How many are leaving. */
  readonly outgoing: number;
  /** Demand over capacity at the last intervals, the newest last; at most as many as the run keeps. */
  readonly history: readonly Share[];
  /** When it is expected to fail, as far as anybody knows; null: not at all. */
  readonly failsAtNs: Nanoseconds | null;
}

/** A VM, as a controller sees it. */
export interface VmState {
  /** Index in the fleet's VMs. */
  readonly vm: number;
  /** Where it runs; -1: nowhere, it waits for a place. */
  readonly host: number;
  /** Reference cores that it wants now. */
  readonly demand: number;
  /** Reference cores that it gets. */
  readonly granted: number;
  /** Reference cores of its flavour: the most it can want. */
  readonly size: number;
  readonly memoryBytes: Bytes;
  /** It moves, or a move of it has been accepted and waits for its turn. */
  readonly isMigrating: boolean;
  /** Share of the last interval in which it did not get what it wanted. */
  readonly violated: Share;
  /** When its last migration ended, whatever its outcome; null: it never moved. */
  readonly movedAtNs: Nanoseconds | null;
}

/** The data centre at an instant. A controller sees this and nothing else. */
export interface Snapshot {
  readonly now: Nanoseconds;
  /** Between two looks. */
  readonly intervalNs: Nanoseconds;
  /** What does not change: types, flavours, topology, limits. */
  readonly fleet: Fleet;
  /** By index. */
  readonly hosts: readonly HostState[];
  /** Those that are there, in order of their index. */
  readonly vms: readonly VmState[];
  /** The same by index; undefined for one that has not come or has gone. */
  vm(index: number): VmState | undefined;
  /** Demand of a VM over its size at the last intervals, the newest last; made when it is asked for. */
  vmHistory(index: number): readonly Share[];
  /** {@link VmState.violated} of a VM at the last intervals, the newest last; made when it is asked for. */
  violationHistory(index: number): readonly Share[];
  /** Migrations under way. */
  readonly migrating: number;
}
