import type { Nanoseconds, Share } from "../../units.js";
import type { Demand } from "./demand.js";
import type { Flavour } from "./flavour.js";
import type { Host, Provider, Site } from "./host.js";
import type { Topology } from "./topology.js";
import type { AffinityGroup, RequestedMove, VmColumns } from "./vms.js";

/** How many migrations may run at once; Infinity: no such limit. */
export interface MigrationLimits {
  /** Out of a host (KubeVirt: parallelOutboundMigrationsPerNode, 2; Nova: max_concurrent_live_migrations, 1). */
  readonly perSource: number;
  /** Into a host. */
  readonly perTarget: number;
  /** In all (KubeVirt: parallelMigrationsPerCluster, 5). */
  readonly total: number;
}

/** What migrating costs at both hosts, beside the link. */
export interface MigrationCosts {
  /** CPU seconds per GiB, at the source and at the target. */
  readonly sourceCpuSecondsPerGiB: number;
  readonly targetCpuSecondsPerGiB: number;
}

/** A host breaks. */
export interface Fault {
  readonly host: number;
  readonly atNs: Nanoseconds;
  /** How long before somebody knows; 0: nobody does. */
  readonly warningNs: Nanoseconds;
  /** When it is back, counted from `atNs`; Infinity: never. */
  readonly repairNs: Nanoseconds;
}

/** How well a provider treats its guests, for a while: the share of what they should get that they do get. */
export interface Quality {
  readonly provider: number;
  readonly fromNs: Nanoseconds;
  readonly untilNs: Nanoseconds;
  readonly cpuShare: Share;
}

/** A data centre, or several, with every unit converted: what a simulation is given. */
export interface Fleet {
  readonly name: string;
  readonly providers: readonly Provider[];
  readonly sites: readonly Site[];
  readonly hosts: readonly Host[];
  readonly topology: Topology;
  readonly flavours: readonly Flavour[];
  readonly demands: readonly Demand[];
  readonly vms: VmColumns;
  readonly groups: readonly AffinityGroup[];
  readonly limits: MigrationLimits;
  readonly costs: MigrationCosts;
  readonly faults: readonly Fault[];
  readonly qualities: readonly Quality[];
  /** Time that a VM lost in a crash takes to start anew. */
  readonly bootNs: Nanoseconds;
  /** Moves that are asked for, in any order. */
  readonly moves: readonly RequestedMove[];
  /** VMs whose moves are simulated to the page. */
  readonly exactVms: ReadonlySet<number>;
}
