import { InvalidOptionError } from "../../errors.js";
import { type Nanoseconds, SECOND } from "../../units.js";
import { Random } from "../../world/random.js";
import type { PlacementName } from "../control/placement.js";
import type { Controller } from "../control/plan.js";
import type { Fleet } from "../model/fleet.js";
import { buildTopology } from "../network/topology.js";
import { MOST } from "./bounds.js";
import type { FleetContext } from "./context.js";
import { DemandTable } from "./demands.js";
import { resolveFlavours } from "./flavours.js";
import { resolveFaults, resolveMoves } from "./happenings.js";
import { resolveHostTypes } from "./host-types.js";
import { type Hosts, resolveHosts } from "./hosts.js";
import type { FleetInput, FleetProfile } from "./input.js";
import { resolveCosts, resolveLimits } from "./limits.js";
import { StartingPlaces } from "./placement.js";
import { type Places, resolvePlaces } from "./places.js";
import { positiveTime, timeOr } from "./read.js";
import { resolveControllers } from "./resolve-controllers.js";
import { resolveNetwork } from "./resolve-network.js";
import { fleetSchema } from "./schema.js";
import { checkShape } from "./shape.js";
import { resolveVms, type Vms } from "./vms.js";

/** How a fleet is simulated. */
export interface FleetRunSettings {
  readonly untilNs: Nanoseconds;
  /** Between two looks of the controllers. */
  readonly intervalNs: Nanoseconds;
  readonly seed: number;
  readonly profile: FleetProfile;
  /** Intervals of load that controllers can look back on. */
  readonly historyLength: number;
  /** Keep every host's load, interval by interval. */
  readonly withUtilisation: boolean;
  /** Where VMs go that come without a host. */
  readonly placement: PlacementName;
  /** In the order in which they are asked. */
  readonly controllers: readonly Controller[];
}

/** A fleet's scenario, with every unit converted and every default filled in. */
export interface FleetScenario {
  readonly fleet: Fleet;
  readonly run: FleetRunSettings;
}

/** As a scenario of one migration has it. */
const BOOT: Nanoseconds = 20 * SECOND;
/** Most intervals of a run: a value for each is kept. */
const MOST_INTERVALS = 10_000_000;

/**
 * A data centre and how it is simulated, from what a user wrote (parsed YAML or JSON).
 *
 * @throws InvalidOptionError that names the path of what is wrong, such as `hosts.0.type`.
 */
export function resolveFleet(input: unknown, context: FleetContext): FleetScenario {
  const given = checkShape<FleetInput>(fleetSchema, input, "");
  const run = runSettings(given);
  const { untilNs, profile } = run;
  const random = new Random(run.seed).fork("scenario");
  const places = resolvePlaces(given);
  const hosts = resolveHosts(given.hosts, resolveHostTypes(given.hostTypes ?? {}), places);
  boundLoads(run, hosts.hosts.length);
  const network = resolveNetwork(given.network, hosts, places);
  const demands = new DemandTable(given.demands ?? {}, context, { random, profile });
  const flavours = resolveFlavours(given.flavours ?? {}, context);
  const made = resolveVms(given.vms, flavours, demands, { untilNs, random });
  placeAll(given, hosts, places, made, random);
  const fleet: Fleet = {
    name: given.name ?? "fleet",
    providers: places.providers,
    sites: places.sites,
    hosts: hosts.hosts,
    topology: buildTopology(network, hosts.hosts),
    flavours: made.flavours,
    demands: demands.demands,
    vms: made.vms,
    groups: made.groups,
    limits: resolveLimits(given.limits),
    costs: resolveCosts(given),
    faults: resolveFaults(given.faults ?? [], hosts.names, { untilNs, random }),
    qualities: places.qualities,
    bootNs: timeOr("boot", given.boot, BOOT),
    moves: resolveMoves(given.moves ?? [], made.names, hosts.names),
    exactVms: new Set(made.names.needAll("exact", given.exact ?? [], MOST.moves)),
  };
  const controllers = resolveControllers(given.controllers ?? [], fleet, context);
  return { fleet, run: { ...run, controllers } };
}

function runSettings(input: FleetInput): Omit<FleetRunSettings, "controllers"> {
  const { until = "24h", interval = "5m", seed = 1, profile = "godwit", history = 30 } = input;
  const untilNs = positiveTime("until", until);
  const intervalNs = positiveTime("interval", interval);
  if (untilNs / intervalNs > MOST_INTERVALS) {
    const expected = `a time of which ${until} has at most ${MOST_INTERVALS}`;
    throw new InvalidOptionError("interval", interval, expected);
  }
  return {
    ...{ untilNs, intervalNs, seed, profile, historyLength: history },
    withUtilisation: input.outputs?.includes("utilisation") ?? false,
    placement: input.placement ?? "first-fit",
  };
}

/** Loads that are kept must fit in memory. */
function boundLoads(
  { untilNs, intervalNs, withUtilisation }: Omit<FleetRunSettings, "controllers">,
  hosts: number,
): void {
  const loads = hosts * (untilNs / intervalNs);
  if (!withUtilisation || loads <= MOST.loads) return;
  const expected = `at most ${MOST.loads} hosts times intervals to keep, not ${Math.round(loads)}`;
  throw new InvalidOptionError("outputs", "utilisation", expected);
}

function placeAll(
  { vms: inputs }: FleetInput,
  hosts: Hosts,
  places: Places,
  { vms, flavours, groups, starts }: Vms,
  random: Random,
): void {
  const starting = new StartingPlaces(hosts, places, { vms, flavours, groups });
  for (const [index, { placement }] of inputs.entries()) {
    const path = `vms.${index}.placement`;
    const end = starts[index + 1] ?? vms.count;
    starting.place(path, placement, starts[index] ?? 0, end, random.fork(path));
  }
}
