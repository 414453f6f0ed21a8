import type { MigrateOptions } from "../../migration/options.js";
import type { StrategyName } from "../../migration/report.js";
import type {
  Bytes,
  BytesPerSecond,
  Milliseconds,
  Nanoseconds,
  PageCount,
  Share,
} from "../../units.js";
import type { WorkloadSpec } from "../../workload/spec.js";

/** Part of a guest's D(t); the parts of a flavour add up. Rates are single page writes per second of guest time. */
export type CurveTerm =
  /** Pages written at random, each as likely: pages (1 - exp(-rate t / pages)) are dirty after t. */
  | { readonly kind: "poisson"; readonly pages: PageCount; readonly rate: number }
  /** Page after page: min(rate t, pages). */
  | { readonly kind: "cyclic"; readonly pages: PageCount; readonly rate: number }
  /** As observed; in order of time, pages never fall. */
  | { readonly kind: "measured"; readonly points: readonly CurvePoint[] };

/** Distinct pages dirtied within a length of guest time. */
export interface CurvePoint {
  readonly ns: Nanoseconds;
  readonly pages: PageCount;
}

/** How the memory of a guest behaves. */
export interface MemoryBehaviour {
  /** Share of all pages that are zero. */
  readonly zeroShare: Share;
  readonly curve: readonly CurveTerm[];
  /** The same as what writes it, for migrations that are simulated to the page; null where only the curve is known. */
  readonly workload: readonly WorkloadSpec[] | null;
}

/** How VMs of a flavour are moved. */
export interface MoveSettings {
  readonly strategy: StrategyName;
  /** The engine's options; a policy may bring its own defaults. */
  readonly options: Pick<
    MigrateOptions,
    | "policy"
    | "maxBandwidth"
    | "downtimeLimitMs"
    | "maxRounds"
    | "maxBytes"
    | "dirtyThreshold"
    | "onNotConverged"
    | "giveUpAfterMs"
    | "autoConverge"
  >;
}

/** What a contract promises, and what breaking it costs. */
export interface Contract {
  /** Share of the time that a VM must be up and have the CPU it wants. */
  readonly availability: Share;
  readonly pricePerDowntimeSecond: number;
  /** Per second of guest time lost while it ran. */
  readonly pricePerDegradedSecond: number;
  /** Downtime of one move that costs nothing. */
  readonly freeDowntimeNs: Nanoseconds;
}

/** A size of VM that a provider offers. */
export interface Flavour {
  readonly name: string;
  readonly vcpus: number;
  /** Speed of a virtual CPU, in reference cores. */
  readonly vcpuSpeed: number;
  readonly memoryBytes: Bytes;
  readonly memory: MemoryBehaviour;
  /** CPU context and device state. */
  readonly stateBytes: Bytes;
  /** Disk that is local to the host and moves along; 0: storage is shared. */
  readonly localDiskBytes: Bytes;
  /** How fast a local disk is written by the guest. */
  readonly diskWriteRate: BytesPerSecond;
  /** Devices that are assigned to it directly, which keep it from moving live; with a stand-in it moves at that cost. */
  readonly assignedDevices: readonly AssignedDevice[];
  /** Guest time until its network is found at the target. */
  readonly networkSwitchMs: Milliseconds;
  readonly move: MoveSettings;
  readonly contract: Contract | null;
  /** Money per hour that a customer pays for one. */
  readonly pricePerHour: number;
}

/** A device of the host in the hands of the guest. */
export interface AssignedDevice {
  readonly name: string;
  /** A paravirtual device takes its place while the VM moves. */
  readonly hasStandIn: boolean;
  /** How much slower the guest is meanwhile. */
  readonly standInSlowdown: Share;
}
