import type { MachineParts } from "../machine/spec.js";
import type { HostCosts, ServiceLevel } from "../migration/options.js";
import type { StrategyName } from "../migration/report.js";
import type { AutoConvergeSettings } from "../policy/auto-converge.js";
import type { Bytes, BytesPerSecond, Nanoseconds, PageCount, Share } from "../units.js";
import type { WorkloadSpec } from "../workload/spec.js";
import type { SimulatedLinkOptions } from "../world/simulated-link.js";

export type { DeviceSpec, DiskSpec, MachineParts, NetworkSpec } from "../machine/spec.js";

/** Names of the convergence policies. */
export type PolicyName = "godwit" | "clark" | "qemu-7.2" | "xen" | "cloud-hypervisor";

/** Where the guest's pages come from. `statistical`: no bytes, only kinds; the only one for memories beyond the host's. */
export type ContentsSpec =
  | { readonly kind: "statistical" }
  | { readonly kind: "generated" }
  | { readonly kind: "image"; readonly path: string }
  | { readonly kind: "trace"; readonly folder: string };

/** What downtime and slowness cost. */
export type SlaSpec = ServiceLevel;

/** The guest. */
export interface MachineSpec extends MachineParts {
  readonly memoryPages: PageCount;
  readonly contents: ContentsSpec;
  /** Share of all pages that are zero at the start (pages of a working set never are); statistical and generated contents. */
  readonly zeroShare: Share;
  /** Share of all pages that are compressible. */
  readonly compressibleShare: Share;
  readonly workload: readonly WorkloadSpec[];
}

/** The link between the hosts. */
export type LinkSpec = SimulatedLinkOptions;

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
  readonly autoConverge: AutoConvergeSettings | null;
  readonly order: "address" | "cold-first";
  readonly skipDirty: boolean;
  readonly prepaging: "bubble" | "forward" | "none" | null;
  readonly pivots: number;
}

/** CPU that migrating costs at the hosts. */
export type HostSpec = HostCosts;

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
