import type { AutoConvergeOptions } from "../migration/options.js";
import type { StrategyName } from "../migration/report.js";
import type { Bytes, BytesPerSecond, Nanoseconds, PageCount, Share } from "../units.js";
import type { WorkloadSpec } from "../workload/spec.js";

/** Names of the convergence policies. */
export type PolicyName = "godwit" | "clark" | "qemu-7.2" | "xen" | "cloud-hypervisor";

/** Where the guest's pages come from. `statistical`: no bytes, only kinds; the only one for memories beyond the host's. */
export type ContentsSpec =
  | { readonly kind: "statistical" }
  | { readonly kind: "generated" }
  | { readonly kind: "image"; readonly path: string }
  | { readonly kind: "trace"; readonly folder: string };

/** A device of the guest. */
export interface DeviceSpec {
  readonly name: string;
  readonly stateBytes: Bytes;
  /** A directly assigned physical device; it blocks live migration unless `failover` is set. */
  readonly passthrough: boolean;
  /** The guest has a virtual stand-in: unplug before the migration, plug in again at the target. */
  readonly failover: {
    readonly unplugNs: Nanoseconds;
    readonly replugNs: Nanoseconds;
    /** Speed the guest loses while it works on the stand-in. */
    readonly degradation: Share;
  } | null;
}

/** The guest's disk. */
export type DiskSpec =
  | { readonly kind: "none" }
  | { readonly kind: "shared"; readonly reconnectNs: Nanoseconds }
  | {
      readonly kind: "local";
      readonly bytes: Bytes;
      /** What the guest writes to the disk, uniformly over it. */
      readonly writeRate: BytesPerSecond;
    };

/** How the guest's address moves. */
export type NetworkSpec =
  | { readonly kind: "none" }
  | {
      /** One LAN: gratuitous ARP/RARP on QEMU's schedule. */
      readonly kind: "announce";
      readonly initialNs: Nanoseconds;
      readonly stepNs: Nanoseconds;
      readonly maxNs: Nanoseconds;
      readonly rounds: number;
      /** From a heard announcement until the switch forwards by it. */
      readonly learningNs: Nanoseconds;
      /** Packets per second for the guest. */
      readonly packetRate: number;
    }
  | {
      /** Across LANs: the old place forwards. */
      readonly kind: "tunnel";
      readonly setupNs: Nanoseconds;
      readonly extraLatencyNs: Nanoseconds;
      readonly packetRate: number;
    };

/** What downtime and slowness cost. */
export interface SlaSpec {
  /** Downtime that costs nothing. */
  readonly freeDowntimeNs: Nanoseconds;
  readonly pricePerDowntimeSecond: number;
  /** Per second of guest time lost while it ran. */
  readonly pricePerDegradedSecond: number;
}

/** The guest. */
export interface MachineSpec {
  readonly memoryPages: PageCount;
  readonly contents: ContentsSpec;
  /** Share of all pages that are zero at the start (pages of a working set never are); statistical and generated contents. */
  readonly zeroShare: Share;
  /** Share of all pages that are compressible. */
  readonly compressibleShare: Share;
  readonly workload: readonly WorkloadSpec[];
  readonly cpuStateBytes: Bytes;
  readonly devices: readonly DeviceSpec[];
  readonly disk: DiskSpec;
  readonly network: NetworkSpec;
  /** For cold: whether the guest is suspended (its memory moves) or off (it boots at the target). */
  readonly power: "suspended" | "off";
  readonly pauseNs: Nanoseconds;
  readonly resumeNs: Nanoseconds;
  /** For cold with power off: shutting down and booting. */
  readonly shutdownNs: Nanoseconds;
  readonly bootNs: Nanoseconds;
}

/** The link between the hosts. */
export interface LinkSpec {
  /** Rates from their instants on; the first at 0. */
  readonly bandwidth: readonly { readonly atNs: Nanoseconds; readonly rate: BytesPerSecond }[];
  readonly roundTripNs: Nanoseconds;
  /** Share of packets lost. */
  readonly loss: Share;
  /** Other traffic on the link: so much is offered, by so many flows that share fairly with ours. */
  readonly otherTraffic: { readonly rate: BytesPerSecond; readonly flows: number };
  /** Times without any link; `Infinity`: it never comes back. */
  readonly outages: readonly { readonly atNs: Nanoseconds; readonly durationNs: Nanoseconds }[];
  /** How long a stalled transfer waits before the migration fails. */
  readonly timeoutNs: Nanoseconds;
}

/** The migration's switches as a scenario gives them; null where the policy or the strategy decides. */
export interface MigrationSpec {
  readonly policy: PolicyName;
  readonly maxBandwidth: BytesPerSecond | null;
  readonly downtimeLimitNs: Nanoseconds | null;
  readonly maxRounds: number | null;
  readonly maxBytes: Bytes | null;
  readonly dirtyThreshold: PageCount | null;
  readonly onNotConverged: "abort" | "stop" | "post-copy" | null;
  readonly giveUpAfterNs: Nanoseconds | null;
  readonly xbzrleCacheBytes: Bytes;
  readonly autoConverge: AutoConvergeOptions | null;
  readonly order: "address" | "cold-first";
  readonly skipDirty: boolean;
  readonly prepaging: "bubble" | "forward" | "none";
  readonly pivots: number;
}

/** CPU that migrating costs at the hosts. */
export interface HostSpec {
  readonly sourceCpuSecondsPerGiB: number;
  readonly targetCpuSecondsPerGiB: number;
  /** Part of migration's CPU that is taken from the guest (0: there is a core to spare, 1: none). */
  readonly contention: Share;
  /** The guest's CPUs, that the stolen time is spread over. */
  readonly guestCores: number;
}

/** A whole experiment, with every unit converted and every default filled in. */
export interface Scenario {
  readonly strategy: StrategyName;
  readonly machine: MachineSpec;
  readonly link: LinkSpec;
  readonly migration: MigrationSpec;
  readonly host: HostSpec;
  readonly sla: SlaSpec | null;
  readonly seed: number;
}
