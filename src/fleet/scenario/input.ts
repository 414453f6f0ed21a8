import type { PlacementName } from "../control/placement.js";
import type { DemandInput, FlavourInput, VmGroupInput } from "./input-vms.js";

/**
 * A data centre as a user writes it, in YAML or JSON: sizes, times and rates are text with units (`4GiB`,
 * `5m`, `10Gbit/s`), shares are per cent or numbers from 0 to 1, money has no unit. Only `hosts` and `vms`
 * must be there. What is referred to by name is in the maps beside it or built in.
 */
export interface FleetInput {
  readonly $schema?: string | undefined;
  readonly name?: string | undefined;
  /** Default `24h`. */
  readonly until?: string | undefined;
  /** Between two looks of the controllers; `5m`. */
  readonly interval?: string | undefined;
  readonly seed?: number | undefined;
  readonly profile?: FleetProfile | undefined;
  /** Intervals of load that controllers can look back on; 30, as in CloudSim. */
  readonly history?: number | undefined;
  /** What a result holds beside what it always does. */
  readonly outputs?: readonly FleetOutput[] | undefined;
  readonly providers?: Readonly<Record<string, ProviderInput>> | undefined;
  readonly sites?: Readonly<Record<string, SiteInput>> | undefined;
  readonly hostTypes?: Readonly<Record<string, HostTypeInput>> | undefined;
  readonly hosts: readonly HostGroupInput[];
  readonly network?: NetworkInput["kind"] | NetworkInput | undefined;
  readonly flavours?: Readonly<Record<string, FlavourInput>> | undefined;
  readonly demands?: Readonly<Record<string, DemandInput>> | undefined;
  readonly vms: readonly VmGroupInput[];
  readonly moves?: readonly MoveInput[] | undefined;
  readonly faults?: readonly FaultInput[] | undefined;
  readonly limits?: string | LimitsInput | undefined;
  /** CPU seconds that migrating one GiB takes at each host; 0.25. */
  readonly cpuPerGib?: number | undefined;
  /** Time that a VM lost in a crash takes to start anew; `20s`. */
  readonly boot?: string | undefined;
  /** VMs whose moves are simulated to the page. */
  readonly exact?: string | readonly string[] | undefined;
  /** Where VMs go that come without a host; `first-fit`. */
  readonly placement?: PlacementName | undefined;
  readonly controllers?: readonly (string | ControllerInput)[] | undefined;
}

/** Whose rules a simulation follows. */
export type FleetProfile = "godwit" | "simgrid" | "cloudsim";

/** Extra results: `utilisation` of every host at every interval. */
export type FleetOutput = "utilisation";

/** Who owns sites, and what it asks for. */
export interface ProviderInput {
  /** Per GB (10^9 bytes) that leaves it for another provider. */
  readonly trafficPricePerGb?: number | undefined;
  readonly energyPricePerKwh?: number | undefined;
  /** When it treats its guests worse than it should. */
  readonly quality?: readonly QualityInput[] | undefined;
}

/** A stretch of time in which guests get only a share of the CPU that they should. */
export interface QualityInput {
  readonly from: string;
  /** Absent: to the end. */
  readonly until?: string | undefined;
  readonly cpu: number | string;
}

/** A place with hosts. */
export interface SiteInput {
  readonly provider?: string | undefined;
}

/** A make of server. */
export interface HostTypeInput {
  /** A type that all fields left out are taken from. */
  readonly like?: string | undefined;
  readonly cores?: number | undefined;
  /** Of one core, in reference cores; 1. */
  readonly coreSpeed?: number | undefined;
  readonly memory?: string | undefined;
  /** Room for local disks; no limit where absent. */
  readonly disk?: string | undefined;
  readonly nic?: string | undefined;
  readonly power?: PowerInput | readonly number[] | undefined;
  readonly pricePerHour?: number | undefined;
}

/** Watts, and how a server sleeps. */
export interface PowerInput {
  /** At equidistant utilisations from 0 to 1; or else `idle` and `max`. */
  readonly watts?: readonly number[] | undefined;
  readonly idle?: number | undefined;
  readonly max?: number | undefined;
  readonly asleep?: number | undefined;
  readonly sleepTime?: string | undefined;
  readonly wakeTime?: string | undefined;
}

/** Hosts that are alike. */
export interface HostGroupInput {
  /** 1. */
  readonly count?: number | undefined;
  /** A host type, or several that are dealt out in turn. */
  readonly type: string | readonly string[];
  /** `h{}` gives h0, h1, ...; the number is put at the end where `{}` is missing and there are several. */
  readonly name?: string | undefined;
  /** May be left out where there is one site at most. */
  readonly site?: string | undefined;
  /** Puts so many into a rack; absent: the site's hosts that say nothing share one. */
  readonly rackSize?: number | undefined;
}

/** How hosts are connected. */
export type NetworkInput = StarInput | SharedInput | RacksInput | GraphInput;

/** What every network may have: links between sites, in place of the one among all. */
interface BetweenSites {
  /** Of a host's own link, one way; `50us`. */
  readonly latency?: string | undefined;
  readonly wan?: WanInput | readonly WanInput[] | undefined;
}

/** Only the hosts' own links limit. */
export interface StarInput extends BetweenSites {
  readonly kind: "star";
}

/** All traffic of a site shares one link. */
export interface SharedInput extends BetweenSites {
  readonly kind: "shared";
  readonly bandwidth?: string | undefined;
  readonly backboneLatency?: string | undefined;
}

/** Racks have uplinks. */
export interface RacksInput extends BetweenSites {
  readonly kind: "racks";
  /** How much more a rack's hosts could send than its uplink carries; 4. */
  readonly oversubscription?: number | undefined;
  /** Instead: the uplink's rate, each way. */
  readonly uplink?: string | undefined;
  readonly uplinkLatency?: string | undefined;
}

/** Any graph of hosts and switches; the shortest way is taken. */
export interface GraphInput {
  readonly kind: "graph";
  readonly links: readonly GraphLinkInput[];
}

/** A cable. Its ends are hosts, or anything else, which makes that a switch. */
export interface GraphLinkInput {
  readonly name?: string | undefined;
  /** A host, a range of hosts that get such a link each, or a switch. */
  readonly from: string;
  readonly to: string;
  readonly bandwidth: string;
  readonly latency?: string | undefined;
  /** Both ways share the bandwidth; otherwise each has it. */
  readonly shared?: boolean | undefined;
}

/** A link between two sites, or, without `between`, between any two. */
export interface WanInput {
  readonly between?: readonly [string, string] | undefined;
  readonly bandwidth: string;
  readonly latency?: string | undefined;
}

/** Moves that are asked for whatever the controllers do. */
export interface MoveInput {
  /** A VM, a range such as `web0..web9`, or a list. */
  readonly vm: string | readonly string[];
  /** A host; several are dealt out in turn. */
  readonly to: string | readonly string[];
  readonly at?: string | undefined;
  /** Between one and the next; all at once where absent. */
  readonly every?: string | undefined;
}

/** Hosts that break: at a time, or at random. */
export interface FaultInput {
  readonly host: string | readonly string[];
  readonly at?: string | undefined;
  /** Instead: mean time between failures of each host. */
  readonly every?: string | undefined;
  /** How long before it is known; not at all where absent. */
  readonly warning?: string | undefined;
  /** Absent: it never comes back. */
  readonly repair?: string | undefined;
}

/** How many migrations may run at once. */
export interface LimitsInput {
  /** What the others are taken from: `kubevirt`, `nova` or `none`. */
  readonly like?: string | undefined;
  readonly perSource?: number | undefined;
  readonly perTarget?: number | undefined;
  readonly total?: number | undefined;
}

/** A controller and its settings. */
export interface ControllerInput {
  readonly name: string;
  readonly [setting: string]: unknown;
}
