import { PAGE_SIZE } from "../../units.js";
import {
  type SimGridGuest,
  SimGridMigration,
  type SimGridModel,
  simGridPath,
} from "../fluid/simgrid.js";
import type { Flavour } from "../model/flavour.js";
import type { Host } from "../model/host.js";
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
    return (vm, route) => {
      const flavour = fleet.flavours[fleet.vms.flavour[vm] as number] as Flavour;
      const { type } = fleet.hosts[load.hostOf[vm] as number] as Host;
      const guest: SimGridGuest = {
        ramBytes: flavour.memoryBytes,
        ...dirtied(flavour),
        migrationSpeed: flavour.move.options.maxBandwidth ?? 0,
        cpuUtilisation: (load.wants[vm] as number) / type.coreSpeed,
        hostSpeed: type.coreSpeed * FLOPS,
      };
      const path = simGridPath(model, aloneRate(fleet, route), route.latencyNs, hasCrossTraffic);
      return { mover: new SimGridMigration(guest, path), isExact: false };
    };
  };
}

function dirtied({
  memory,
  move,
}: Flavour): Pick<SimGridGuest, "workingSetBytes" | "dirtyIntensity"> {
  const speed = move.options.maxBandwidth ?? 0;
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
  return { workingSetBytes, dirtyIntensity: speed > 0 ? bytesPerSecond / speed : 0 };
}
