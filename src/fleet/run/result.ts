import type { StrategyName } from "../../migration/report.js";
import type { Bytes, Nanoseconds, Share } from "../../units.js";
import type { Refusal } from "../control/plan.js";
import type { Fleet } from "../model/fleet.js";

/** A migration as it went. */
export interface MigrationRecord {
  readonly vm: number;
  readonly from: number;
  readonly to: number;
  readonly strategy: StrategyName;
  /** Who wanted it: a controller's name, or `scenario`. */
  readonly askedBy: string;
  readonly because: string;
  /** When it was asked for; it may have waited for its turn. */
  readonly askedNs: Nanoseconds;
  readonly startNs: Nanoseconds;
  /** When the source was free of it, or when it was given up. */
  readonly endNs: Nanoseconds;
  readonly downtimeNs: Nanoseconds;
  /** Guest time lost while it ran: CPU taken, throttle, faults. */
  readonly lostNs: Nanoseconds;
  /** Everything it sent. */
  readonly bytes: Bytes;
  /** Rounds of push, the full copy included. */
  readonly rounds: number;
  readonly outcome: "completed" | "not-converged" | "failed" | "refused";
  /** Null where the strategy has no convergence. */
  readonly converged: boolean | null;
  readonly reason: string;
  /** Money for traffic to another provider. */
  readonly trafficPrice: number;
  /** Whether it was simulated to the page. */
  readonly isExact: boolean;
}

/** Something that happened beside migrations. */
export interface FleetEvent {
  readonly atNs: Nanoseconds;
  readonly kind:
    | "arrived"
    | "departed"
    | "no-room"
    | "host-asleep"
    | "host-waking"
    | "host-on"
    | "host-closed"
    | "host-open"
    | "host-failed"
    | "host-repaired"
    | "vm-lost"
    | "vm-started";
  /** -1: of no VM. */
  readonly vm: number;
  /** -1: of no host. */
  readonly host: number;
  readonly because: string;
}

/** What was, interval by interval; entry i is for the time from i to i + 1 intervals. */
export interface FleetSeries {
  readonly intervalNs: Nanoseconds;
  readonly length: number;
  /** Hosts that are on, in the mean. */
  readonly activeHosts: Float64Array;
  /** Joules of the interval, all hosts. */
  readonly joules: Float64Array;
  /** Demand and what was granted, core seconds. */
  readonly demanded: Float64Array;
  readonly granted: Float64Array;
  /** Migrations that began. */
  readonly migrations: Float64Array;
  /** Bytes that migrations sent. */
  readonly bytes: Float64Array;
  /** Mean utilisation of every host, row by row: host h at interval i is at i * hosts + h; null where it was not asked for. NaN: not on. */
  readonly utilisation: Float32Array | null;
}

/** How well the guests were treated. The first three after Beloglazov and Buyya (2012). */
export interface ServiceQuality {
  /** SLATAH: share of the time of active hosts in which demand was above capacity. */
  readonly overloadedTimeShare: Share;
  /** PDM: share of the demanded CPU that was lost to migrations: guests stood still, were slowed down, or lacked the CPU that migrations took. */
  readonly migrationLossShare: Share;
  /** SLAV: their product. */
  readonly violation: Share;
  /** Share of the demanded CPU that guests did not get, for whatever reason but crashes; PDM is a part of it. */
  readonly missingShare: Share;
  /** Of all VMs together: stood still in moves, and was down after crashes. */
  readonly downtimeNs: Nanoseconds;
  readonly crashDowntimeNs: Nanoseconds;
  /** VMs whose contract was broken. */
  readonly brokenContracts: number;
}

/** Money, in the scenario's unit. */
export interface FleetCosts {
  readonly hosts: number;
  readonly energy: number;
  readonly traffic: number;
  readonly penalties: number;
  /** What customers paid. */
  readonly income: number;
}

/** What became of a data centre. */
export interface FleetResult {
  readonly profile: "godwit" | "simgrid" | "cloudsim";
  readonly seed: number;
  readonly endNs: Nanoseconds;
  /** VMs that were there at some time. */
  readonly vmsSeen: number;
  /** Every migration, in the order in which they ended. */
  readonly migrations: readonly MigrationRecord[];
  readonly events: readonly FleetEvent[];
  readonly refusals: readonly (Refusal & { readonly atNs: Nanoseconds })[];
  readonly series: FleetSeries;
  readonly energyJoules: number;
  readonly hostJoules: Float64Array;
  /** Bytes that each link carried for migrations. */
  readonly linkBytes: Float64Array;
  readonly quality: ServiceQuality;
  readonly costs: FleetCosts;
  /** Where each VM was in the end; -1: nowhere. */
  readonly vmHosts: Int32Array;
  /** How many events were handled. */
  readonly steps: number;
}

/** A result and what it is of. */
export interface FleetRun {
  readonly fleet: Fleet;
  readonly result: FleetResult;
}
