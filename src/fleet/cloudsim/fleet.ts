import { InvalidOptionError } from "../../errors.js";
import { type Nanoseconds, SECOND, toSeconds } from "../../units.js";
import { demandAt } from "../model/demand.js";
import type { Flavour } from "../model/flavour.js";
import type { Fleet } from "../model/fleet.js";
import type { FleetResult, MigrationRecord } from "../run/result.js";
import type { CloudSimExperiment, CloudSimHostType, CloudSimVmType } from "./experiment.js";
import type { CloudSimMigration, CloudSimResult } from "./result.js";
import { simulateCloudSim } from "./simulate.js";

/** Core speeds of fleets are in reference cores, of which CloudSim's unit is a thousandth. */
const MIPS = 1000;
const MB = 2 ** 20;
const JOULES_PER_KWH = 3.6e6;
/** CloudSim's VMs have 100 Mbit/s, by which it tells nothing but how long a migration takes. */
const VM_KBPS = 100_000;
const POWER_POINTS = 11;

/** How a fleet is simulated by CloudSim's rules. */
export interface CloudSimFleetOptions {
  /** See `cloudSimPolicy`. */
  readonly policy: string;
  readonly seed: number;
  readonly untilNs: Nanoseconds;
  readonly intervalNs: Nanoseconds;
}

/**
 * Simulates a fleet by the rules of CloudSim 3.0.3's power package: memory crosses once at half the target's
 * bandwidth, whatever else happens. Networks, sites, faults, departures and everything else that it does not
 * know are left out.
 *
 * @throws InvalidOptionError for what it cannot take.
 */
export function simulateCloudSimFleet(fleet: Fleet, options: CloudSimFleetOptions): FleetResult {
  const result = simulateCloudSim({
    ...experimentOf(fleet, options),
    policy: options.policy,
    seed: options.seed,
  });
  return fleetResultOf(fleet, options, result);
}

function experimentOf(fleet: Fleet, options: CloudSimFleetOptions): CloudSimExperiment {
  const { hosts, flavours, vms } = fleet;
  const types = [...new Set(hosts.map(({ type }) => type))];
  const typeOf = new Map(types.map((type, index) => [type, index]));
  refuseUnknown(fleet);
  return {
    hostTypes: types.map(hostTypeOf),
    hosts: hosts.map(({ type }) => typeOf.get(type) ?? 0),
    vmTypes: flavours.map(vmTypeOf),
    vms: vms.flavour,
    utilisation: Array.from({ length: vms.count }, (_, vm) => sharesOf(fleet, vm, options)),
    intervalSeconds: toSeconds(options.intervalNs),
    durationSeconds: toSeconds(options.untilNs),
  };
}

function refuseUnknown({ vms, moves, faults }: Fleet): void {
  const refuse = (option: string, what: string): never => {
    throw new InvalidOptionError(
      "profile",
      "cloudsim",
      `godwit where there are ${what} (${option})`,
    );
  };
  if (moves.length > 0) refuse("moves", "moves that are asked for");
  if (faults.length > 0) refuse("faults", "hosts that fail");
  const comesAndGoes = (vm: number): boolean =>
    (vms.arrivesNs[vm] as number) > 0 || (vms.departsNs[vm] as number) < Number.POSITIVE_INFINITY;
  for (let vm = 0; vm < vms.count; vm++) {
    if (comesAndGoes(vm)) refuse("vms", "VMs that come and go");
  }
}

function hostTypeOf({
  name,
  cores,
  coreSpeed,
  memoryBytes,
  nic,
  power,
}: Fleet["hosts"][number]["type"]): CloudSimHostType {
  if (power.watts.length !== POWER_POINTS) {
    throw new InvalidOptionError(
      `hostTypes.${name}.power`,
      power.watts.length,
      "eleven values in watts",
    );
  }
  return {
    ...{ name, cores, watts: power.watts },
    mipsPerCore: coreSpeed * MIPS,
    memoryMb: memoryBytes / MB,
    bandwidthKbps: (nic * 8) / 1000,
  };
}

function vmTypeOf({ name, vcpus, vcpuSpeed, memoryBytes }: Flavour): CloudSimVmType {
  return {
    name,
    mips: vcpus * vcpuSpeed * MIPS,
    memoryMb: memoryBytes / MB,
    bandwidthKbps: VM_KBPS,
  };
}

function sharesOf(
  { vms, demands }: Fleet,
  vm: number,
  options: CloudSimFleetOptions,
): ArrayLike<number> {
  const demand = demands[vms.demand[vm] as number];
  if (demand === undefined) return [0];
  if (demand.kind === "constant") return [demand.share];
  if (demand.kind === "trace" && demand.intervalNs === options.intervalNs) return demand.shares;
  const looks = Math.floor(options.untilNs / options.intervalNs) + 1;
  return Float64Array.from({ length: looks }, (_, look) =>
    demandAt(demand, look * options.intervalNs, 0),
  );
}

function fleetResultOf(
  fleet: Fleet,
  { seed, untilNs, intervalNs }: CloudSimFleetOptions,
  result: CloudSimResult,
): FleetResult {
  const { series } = result;
  const length = series.seconds.length;
  const nothing = (): Float64Array => new Float64Array(length);
  const joules = series.energyKwh.map((kwh) => kwh * JOULES_PER_KWH);
  const vmHosts = new Int32Array(fleet.vms.count).fill(-1);
  for (const { vm, to } of result.migrationRecords) vmHosts[vm] = to;
  return {
    ...{ profile: "cloudsim", seed, endNs: untilNs, vmsSeen: result.vms },
    migrations: result.migrationRecords.map((one) => recordOf(fleet, one, result.policy)),
    ...{ events: [], refusals: [], vmHosts, steps: length },
    series: {
      ...{ intervalNs, length, joules },
      activeHosts: Float64Array.from(series.activeHosts),
      migrations: Float64Array.from(series.migrations),
      ...{ demanded: nothing(), granted: nothing(), bytes: nothing(), utilisation: null },
    },
    energyJoules: result.energyKwh * JOULES_PER_KWH,
    hostJoules: new Float64Array(fleet.hosts.length),
    linkBytes: new Float64Array(fleet.topology.links.length),
    quality: {
      overloadedTimeShare: result.overloadedTimeShare,
      migrationLossShare: result.migrationLossShare,
      violation: result.violation,
      missingShare: result.overallViolation,
      ...{ downtimeNs: 0, crashDowntimeNs: 0, brokenContracts: 0 },
    },
    costs: { hosts: 0, energy: 0, traffic: 0, penalties: 0, income: 0 },
  };
}

function recordOf(
  { vms, flavours }: Fleet,
  { vm, from, to, startSeconds, endSeconds }: CloudSimMigration,
  policy: string,
): MigrationRecord {
  const startNs = Math.round(startSeconds * SECOND);
  return {
    ...{ vm, from, to, strategy: "pre-copy", askedBy: policy, because: "" },
    ...{ askedNs: startNs, startNs, endNs: Math.round(endSeconds * SECOND) },
    ...{ downtimeNs: 0, lostNs: 0, rounds: 1, outcome: "completed", converged: null },
    bytes: flavours[vms.flavour[vm] as number]?.memoryBytes ?? 0,
    ...{ reason: "", trafficPrice: 0, isExact: false },
  };
}
