import type { Share } from "../../units.js";

/** A migration; times in seconds since the start. */
export interface CloudSimMigration {
  readonly vm: number;
  readonly from: number;
  readonly to: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** What was at each look of the controller. */
export interface CloudSimSeries {
  /** When, in seconds. */
  readonly seconds: Float64Array;
  /** Hosts that are on, before migrations begin. */
  readonly activeHosts: Uint32Array;
  /** Energy since the look before, kWh. */
  readonly energyKwh: Float64Array;
  /** Migrations that began. */
  readonly migrations: Uint32Array;
}

/** Outcome of an experiment, in the terms that CloudSim's examples print. */
export interface CloudSimResult {
  readonly policy: string;
  readonly hosts: number;
  readonly vms: number;
  readonly energyKwh: number;
  readonly migrations: number;
  /** SLATAH: share of the time of active hosts in which they gave less than was wanted. */
  readonly overloadedTimeShare: Share;
  /** PDM: share of the MIPS wanted that VMs lacked while they moved. */
  readonly migrationLossShare: Share;
  /** SLAV: the product of the two. */
  readonly violation: Share;
  /** Share of the MIPS wanted that VMs lacked, for whatever reason. */
  readonly overallViolation: Share;
  /** Mean share that a VM lacked at those looks after which it lacked anything. */
  readonly averageViolation: Share;
  readonly hostShutdowns: number;
  /** Null without a shutdown. */
  readonly meanSecondsBeforeShutdown: number | null;
  /** CloudSim prints it as the time before a migration, yet it is how long migrations took. Null without one. */
  readonly meanSecondsInMigration: number | null;
  readonly series: CloudSimSeries;
  /** In the order in which they began. */
  readonly migrationRecords: readonly CloudSimMigration[];
}
