import { PAGE_SIZE, type Share } from "../../units.js";
import {
  type SimGridGuest,
  SimGridMigration,
  type SimGridModel,
  type SimGridPath,
  simGridPath,
} from "../fluid/simgrid.js";
import type { Flavour } from "../model/flavour.js";
import type { Host } from "../model/host.js";
import type { Route } from "../model/topology.js";
import { aloneRate } from "./create-movers.js";
import { EQUAL_FLOWS, type FlowRules } from "./move-flows.js";
import type { CreateMover } from "./move-runner.js";
import type { RunState } from "./run-state.js";

/** SimGrid's weight of a link's bandwidth in the share that a flow gets (weight-S). */
const WEIGHT_S = 20_537;
/** Part of a flow that crosses the way back as acknowledgements (network/crosstraffic). */
const CROSS_SHARE = 0.05;
/** Part of a link's bandwidth that is there for data (bandwidth-factor). */
const LV08_BANDWIDTH = 0.97;
/** Flop/s of a reference core; only a unit. */
const FLOPS = 1e9;

/** By the rules of one of SimGrid's network models: CM02 is the simplest, LV08 the default of its platforms. */
export function simGridFlows(model: SimGridModel): FlowRules {
  if (model === "CM02") return EQUAL_FLOWS;
  return {
    capacityShare: LV08_BANDWIDTH,
    crossShare: CROSS_SHARE,
    weightOf: (latencyS, bandwidths) =>
      1 / bandwidths.reduce((sum, bandwidth) => sum + WEIGHT_S / bandwidth, latencyS),
  };
}

/**
 * Makes migrations by the rules of SimGrid's plugin, whatever strategy is asked for. What a flavour's curve
 * says of single pages is taken as bytes a second up to a working set, on a core that is used wholly.
 */
export function simGridMovers(model: SimGridModel): (state: RunState) => CreateMover {
  return (state) => {
    const { fleet, load } = state;
    const hasCrossTraffic = simGridFlows(model).crossShare > 0;
    const pathOf = (route: Route): SimGridPath =>
      simGridPath(model, aloneRate(fleet, route), route.latencyNs, hasCrossTraffic);
    // Most guests and most ways are like one before.
    const guests = new Map<number, SimGridGuest>();
    let path: SimGridPath | null = null;
    return (vm, route) => {
      const index = fleet.vms.flavour[vm] as number;
      const { coreSpeed } = (fleet.hosts[load.hostOf[vm] as number] as Host).type;
      const utilisation = (load.wants[vm] as number) / coreSpeed;
      let guest = guests.get(index);
      if (guest?.cpuUtilisation !== utilisation || guest.hostSpeed !== coreSpeed * FLOPS) {
        guest = guestOf(fleet.flavours[index] as Flavour, utilisation, coreSpeed * FLOPS);
        guests.set(index, guest);
      }
      const found = pathOf(route);
      if (path?.rate !== found.rate || path.latencyNs !== found.latencyNs) path = found;
      return { mover: new SimGridMigration(guest, path), isExact: false };
    };
  };
}

function guestOf(
  { memory, memoryBytes, move }: Flavour,
  cpuUtilisation: Share,
  hostSpeed: number,
): SimGridGuest {
  const migrationSpeed = move.options.maxBandwidth ?? 0;
  let bytesPerSecond = 0;
  let workingSetBytes = 0;
  for (const term of memory.curve) {
    if (term.kind === "measured") {
      const last = term.points.at(-1);
      if (last === undefined || last.ns === 0) continue;
      workingSetBytes += last.pages * PAGE_SIZE;
      bytesPerSecond += (last.pages * PAGE_SIZE) / (last.ns / 1e9);
    } else {
      workingSetBytes += term.pages * PAGE_SIZE;
      bytesPerSecond += term.rate * PAGE_SIZE;
    }
  }
  const dirtyIntensity = migrationSpeed > 0 ? bytesPerSecond / migrationSpeed : 0;
  return {
    ...{ ramBytes: memoryBytes, workingSetBytes, dirtyIntensity },
    ...{ migrationSpeed, cpuUtilisation, hostSpeed },
  };
}
