import { InvalidOptionError } from "../../errors.js";
import { MILLISECOND, type Nanoseconds, SECOND } from "../../units.js";
import { type PlacementName, placements } from "../control/placement.js";
import type { Controller } from "../control/plan.js";
import type { SimGridModel } from "../fluid/simgrid.js";
import type { Fleet } from "../model/fleet.js";
import { engineMovers } from "./create-movers.js";
import { type FleetProgress, FleetSimulation } from "./fleet-simulation.js";
import { EQUAL_FLOWS } from "./move-flows.js";
import { placeArrivals } from "./place-arrivals.js";
import type { FleetResult } from "./result.js";
import { simGridFlows, simGridMovers } from "./simgrid-movers.js";

/** By whose rules VMs are moved. `cloudsim` is a simulation of its own, `simulateCloudSimFleet`. */
export type FleetProfile = FleetResult["profile"];

/** How a data centre is simulated; everything has a default. */
export interface SimulateFleetOptions {
  /** By whose rules VMs are moved. Default `godwit`: the engine's. */
  readonly profile?: FleetProfile | undefined;
  /** Network model of the profile `simgrid`. Default `CM02`, in which bandwidth and latency are what they are. */
  readonly simGridModel?: SimGridModel | undefined;
  /** Whole, 0 .. 2^32 - 1. Default 1. */
  readonly seed?: number | undefined;
  /** When to end. Default: when nothing is left to happen. */
  readonly untilNs?: Nanoseconds | undefined;
  /** Between two looks at demand, and of controllers. Default 300 s, as in CloudSim and in the traces. */
  readonly intervalNs?: Nanoseconds | undefined;
  /** Asked in their order. Default none. */
  readonly controllers?: readonly Controller[] | undefined;
  /** Looks back that controllers have. Default 30, which is what CloudSim's policies use at most. */
  readonly historyLength?: number | undefined;
  /** Keep every host's load, interval by interval. Default false. */
  readonly withUtilisation?: boolean | undefined;
  /** Where VMs go that come without a host. Default `first-fit`. */
  readonly placement?: PlacementName | undefined;
  /** Called now and then; a promise that it answers is waited for. */
  readonly onProgress?: ((progress: FleetProgress) => void | Promise<void>) | undefined;
  /** Ends the simulation with an AbortedError, soon after a call of `onProgress`. */
  readonly signal?: AbortSignal | null | undefined;
}

const DEFAULT_INTERVAL: Nanoseconds = 300 * SECOND;
const DEFAULT_HISTORY = 30;

/**
 * Runs a data centre through simulated time: demand changes, VMs come and go, hosts fail, controllers look
 * and act, and every move is a migration over shared links. The same fleet, options and seed give the same
 * result to the last bit.
 *
 * @throws InvalidOptionError
 * @throws AbortedError
 */
export async function simulateFleet(
  fleet: Fleet,
  options: SimulateFleetOptions = {},
): Promise<FleetResult> {
  const { profile = "godwit", seed = 1, untilNs = Number.POSITIVE_INFINITY } = options;
  const { intervalNs = DEFAULT_INTERVAL, historyLength = DEFAULT_HISTORY } = options;
  if (!(untilNs > 0)) {
    throw new InvalidOptionError("untilNs", untilNs, "a time above 0 in nanoseconds");
  }
  if (!Number.isSafeInteger(intervalNs) || intervalNs < MILLISECOND) {
    const expected = "whole nanoseconds, a millisecond or more";
    throw new InvalidOptionError("intervalNs", intervalNs, expected);
  }
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new InvalidOptionError("seed", seed, "a whole number, 0 to 2^32 - 1");
  }
  if (!Number.isSafeInteger(historyLength) || historyLength < 1) {
    throw new InvalidOptionError("historyLength", historyLength, "a whole number above 0");
  }
  const { simGridModel = "CM02" } = options;
  const all = {
    godwit: { createMover: engineMovers(seed), flows: EQUAL_FLOWS },
    simgrid: { createMover: simGridMovers(simGridModel), flows: simGridFlows(simGridModel) },
  };
  const rules = profile === "cloudsim" ? undefined : all[profile];
  if (rules === undefined) {
    const expected = "godwit or simgrid; cloudsim is for simulateCloudSimFleet";
    throw new InvalidOptionError("profile", profile, expected);
  }
  const simulation = new FleetSimulation(fleet, {
    ...{ profile, seed, untilNs, intervalNs, historyLength },
    controllers: options.controllers ?? [],
    withUtilisation: options.withUtilisation ?? false,
    place: placeArrivals(placements[options.placement ?? "first-fit"]),
    ...rules,
    onProgress: options.onProgress ?? null,
    signal: options.signal ?? null,
  });
  return await simulation.run();
}
