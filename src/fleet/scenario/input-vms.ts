import type { ScenarioInput } from "../../scenario/input.js";

/** Fields that a flavour has in common with a scenario of one migration, with the same meaning and defaults. */
export const SCENARIO_FIELDS = [
  "strategy",
  "policy",
  "memory",
  "zero",
  "workload",
  "cpuState",
  "device",
  "passthrough",
  "disk",
  "network",
  "maxBandwidth",
  "downtimeLimit",
  "maxRounds",
  "maxBytes",
  "dirtyThreshold",
  "giveUpAfter",
  "onNotConverged",
  "autoConverge",
  "throttleInitial",
  "throttleIncrement",
  "throttleMax",
  "throttleTrigger",
] as const;

/** A size of VM, how its memory is written, and how it moves. */
export interface FlavourInput extends Pick<ScenarioInput, (typeof SCENARIO_FIELDS)[number]> {
  /** A flavour that all fields left out are taken from. */
  readonly like?: string | undefined;
  /** 1. */
  readonly vcpus?: number | undefined;
  /** Of one, in reference cores; 1. */
  readonly vcpuSpeed?: number | undefined;
  /** A file of `godwit observe`; instead of memory, zero and workload. */
  readonly observation?: string | undefined;
  readonly contract?: ContractInput | undefined;
  readonly pricePerHour?: number | undefined;
}

/** What is promised to a customer. */
export interface ContractInput {
  /** Share of the time in which a VM must be up and have what it wants; 99.9%. */
  readonly availability?: number | string | undefined;
  readonly pricePerDowntimeSecond?: number | undefined;
  readonly pricePerDegradedSecond?: number | undefined;
  /** Downtime of one move that costs nothing. */
  readonly freeDowntime?: string | undefined;
}

/** A share, `10%..40%` (each VM its own), or the name of one in `demands`; or a wave, or a trace. */
export type DemandInput = number | string | DiurnalInput | TracedInput;

/** A day's wave. Each value may be a range, of which every VM gets its own. */
export interface DiurnalInput {
  readonly low: number | string;
  readonly high: number | string;
  /** Time of day; `14h`. */
  readonly peak?: string | undefined;
}

/** As recorded. */
export interface TracedInput {
  /** A file, or a folder of them. */
  readonly trace: string;
  readonly format: TraceFormat;
  /** Azure's: the file of VMs, which `trace` has the readings of. */
  readonly vmtable?: string | undefined;
  /** PlanetLab's: time of a value; `5m`. */
  readonly interval?: string | undefined;
  /** The first VM of the trace that is taken; 0. */
  readonly first?: number | undefined;
}

/** Formats of load traces. */
export type TraceFormat = "planetlab" | "bitbrains" | "azure";

/** VMs that are alike. */
export interface VmGroupInput {
  /** 1; with a trace, as many as it has; with arrivals, as many as come. */
  readonly count?: number | undefined;
  /** A flavour, or several that are dealt out in turn. */
  readonly flavour: string | readonly string[];
  /** As for hosts; `vm{}`. */
  readonly name?: string | undefined;
  /** Default: all of their CPUs, all the time. */
  readonly demand?: DemandInput | undefined;
  /** Where they start: a host, several in turn, or a rule. Default `round-robin`; for those that come later `on-arrival`. */
  readonly placement?: string | readonly string[] | PlacementInput | undefined;
  /** When they come; `0s`. */
  readonly arrive?: string | undefined;
  /** They come one by one at random. */
  readonly arrivals?: ArrivalsInput | undefined;
  /** When they go. */
  readonly depart?: string | undefined;
  /** How long each stays. */
  readonly lifetime?: string | LifetimeInput | undefined;
  readonly affinity?: AffinityInput | undefined;
}

/** A rule for where VMs start, and the hosts it is for. */
export interface PlacementInput {
  readonly by?: PlacementRule | undefined;
  readonly on?: string | readonly string[] | undefined;
  readonly site?: string | undefined;
}

/** `emptiest`: most free memory; `on-arrival`: the simulation's own placement finds a host. */
export type PlacementRule = "round-robin" | "first-fit" | "emptiest" | "random" | "on-arrival";

/** A Poisson process. */
export interface ArrivalsInput {
  /** Mean time between two. */
  readonly every: string;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

/** A random length of stay. */
export interface LifetimeInput {
  readonly mean: string;
  /** `exponential` where absent; `pareto` has a heavy tail. */
  readonly distribution?: "exponential" | "uniform" | "pareto" | undefined;
}

/** VMs of a group that belong together or apart. */
export interface AffinityInput {
  readonly rule: "together" | "apart";
  /** `host`. */
  readonly within?: "host" | "rack" | "site" | undefined;
  /** VMs that follow each other form sets of so many; absent: all of them are one. */
  readonly sets?: number | undefined;
}
