import { type Nanoseconds, SECOND } from "../../units.js";
import type { Flavour } from "../model/flavour.js";
import type { Fleet } from "../model/fleet.js";
import type { HostLoad } from "./host-load.js";
import type { FleetCosts, MigrationRecord, ServiceQuality } from "./result.js";
import { total } from "./total.js";

const HOUR: Nanoseconds = 3600 * SECOND;

/** What a run knows at its end. */
export interface Outcome {
  readonly fleet: Fleet;
  readonly load: HostLoad;
  readonly endNs: Nanoseconds;
  readonly records: readonly MigrationRecord[];
  readonly crashDowntimeNs: ReadonlyMap<number, Nanoseconds>;
  /** Core seconds that guests lost to their own moves. A guest that stands still demands nothing of its host. */
  readonly lossCoreS: { readonly slowed: number; readonly stoodStill: number };
}

/** What one VM suffered. */
interface Suffering {
  readonly downtimeNs: Nanoseconds;
  /** The part of it that costs. */
  readonly paidDowntimeNs: Nanoseconds;
  readonly lostNs: Nanoseconds;
}

/**
 * How well the guests were treated. SLATAH, PDM and SLAV after Beloglazov and Buyya, 2012; PDM as CloudSim
 * works it out, all losses over all demand, where the paper has the mean of the VMs' ratios.
 */
export function qualityOf(outcome: Outcome): ServiceQuality {
  const { load, records, crashDowntimeNs, lossCoreS } = outcome;
  const active = total(load.activeNs);
  const ofHosts = total(load.demandedCoreS);
  const demanded = ofHosts + lossCoreS.stoodStill;
  const ofMoves = lossCoreS.slowed + lossCoreS.stoodStill;
  const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
  const overloadedTimeShare = meanOfRatios(load.overloadedNs, load.activeNs);
  const migrationLossShare = share(total(load.takenCoreS) + ofMoves, demanded);
  return {
    overloadedTimeShare: active > 0 ? overloadedTimeShare : 0,
    migrationLossShare,
    violation: overloadedTimeShare * migrationLossShare,
    missingShare: share(ofHosts - total(load.grantedCoreS) + ofMoves, demanded),
    downtimeNs: records.reduce((sum, { downtimeNs }) => sum + downtimeNs, 0),
    crashDowntimeNs: [...crashDowntimeNs.values()].reduce((sum, ns) => sum + ns, 0),
    brokenContracts: brokenContracts(outcome),
  };
}

/** What it all cost. */
export function costsOf(outcome: Outcome): FleetCosts {
  const { fleet, load, records } = outcome;
  const { hosts, sites, providers } = fleet;
  let forHosts = 0;
  let energy = 0;
  for (const [host, { type, site }] of hosts.entries()) {
    forHosts += ((load.activeNs[host] as number) / HOUR) * type.pricePerHour;
    const provider = providers[sites[site]?.provider ?? 0];
    energy += (load.joules[host] as number) * (provider?.pricePerJoule ?? 0);
  }
  return {
    hosts: forHosts,
    energy,
    traffic: records.reduce((sum, { trafficPrice }) => sum + trafficPrice, 0),
    ...penaltiesAndIncome(outcome),
  };
}

function penaltiesAndIncome(outcome: Outcome): Pick<FleetCosts, "penalties" | "income"> {
  const { fleet, endNs } = outcome;
  let penalties = 0;
  let income = 0;
  if (fleet.flavours.every(({ contract, pricePerHour }) => !contract && pricePerHour === 0)) {
    return { penalties, income };
  }
  const suffered = sufferings(outcome);
  for (let vm = 0; vm < fleet.vms.count; vm++) {
    const { contract, pricePerHour } = flavourOf(fleet, vm);
    income += (presenceNs(fleet, vm, endNs) / HOUR) * pricePerHour;
    if (contract === null) continue;
    const { paidDowntimeNs, lostNs } = suffered(vm);
    penalties += (paidDowntimeNs / SECOND) * contract.pricePerDowntimeSecond;
    penalties += (lostNs / SECOND) * contract.pricePerDegradedSecond;
  }
  return { penalties, income };
}

function brokenContracts(outcome: Outcome): number {
  const { fleet, endNs } = outcome;
  if (fleet.flavours.every(({ contract }) => contract === null)) return 0;
  const suffered = sufferings(outcome);
  let broken = 0;
  for (let vm = 0; vm < fleet.vms.count; vm++) {
    const { contract } = flavourOf(fleet, vm);
    if (contract === null) continue;
    const { downtimeNs, lostNs } = suffered(vm);
    const allowed = (1 - contract.availability) * presenceNs(fleet, vm, endNs);
    if (downtimeNs + lostNs > allowed) broken += 1;
  }
  return broken;
}

function sufferings({ fleet, load, records, crashDowntimeNs }: Outcome): (vm: number) => Suffering {
  const stood = new Map<number, number>();
  const paid = new Map<number, number>();
  for (const { vm, downtimeNs } of records) {
    const free = flavourOf(fleet, vm).contract?.freeDowntimeNs ?? 0;
    stood.set(vm, (stood.get(vm) ?? 0) + downtimeNs);
    paid.set(vm, (paid.get(vm) ?? 0) + Math.max(0, downtimeNs - free));
  }
  return (vm) => {
    const crash = crashDowntimeNs.get(vm) ?? 0;
    return {
      downtimeNs: crash + (stood.get(vm) ?? 0),
      paidDowntimeNs: crash + (paid.get(vm) ?? 0),
      lostNs: load.lostNs[vm] as number,
    };
  };
}

function presenceNs({ vms }: Fleet, vm: number, endNs: Nanoseconds): Nanoseconds {
  const from = vms.arrivesNs[vm] as number;
  return Math.max(0, Math.min(endNs, vms.departsNs[vm] as number) - from);
}

function flavourOf({ flavours, vms }: Fleet, vm: number): Flavour {
  return flavours[vms.flavour[vm] as number] as Flavour;
}

/** Mean over those that have a whole. */
function meanOfRatios(parts: Float64Array, wholes: Float64Array): number {
  let sum = 0;
  let count = 0;
  for (let index = 0; index < parts.length; index++) {
    if (!((wholes[index] as number) > 0)) continue;
    sum += (parts[index] as number) / (wholes[index] as number);
    count += 1;
  }
  return count > 0 ? sum / count : 0;
}
