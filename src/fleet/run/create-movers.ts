import { FluidCurves } from "../../kernel/fluid.js";
import type { BytesPerSecond } from "../../units.js";
import { Random } from "../../world/random.js";
import { EngineMigration } from "../fluid/engine-migration.js";
import type { Flavour } from "../model/flavour.js";
import type { Fleet } from "../model/fleet.js";
import type { Route } from "../model/topology.js";
import { ExactMover } from "./exact-mover.js";
import { machinePartsOf } from "./machine-parts.js";
import type { CreateMover } from "./move-runner.js";
import { ResolvedFlavours } from "./resolved-flavours.js";
import type { RunState } from "./run-state.js";

/** Makes migrations by the engine's rules: as fluids, and to the page for the VMs that the fleet names. */
export function engineMovers(seed: number): (state: RunState) => CreateMover {
  return (state) => {
    const { fleet } = state;
    const resolved = new ResolvedFlavours(fleet, new FluidCurves());
    return (vm, route, asked) => {
      const index = fleet.vms.flavour[vm] as number;
      const flavour = fleet.flavours[index] as Flavour;
      const strategy = asked ?? flavour.move.strategy;
      const rate = aloneRate(fleet, route);
      const roundTripNs = 2 * route.latencyNs;
      const { workload } = flavour.memory;
      if (workload !== null && fleet.exactVms.has(vm)) {
        const mover = new ExactMover({
          ...{ flavour, workload, strategy, roundTripNs, rate },
          parts: machinePartsOf(flavour, fleet.bootNs),
          random: new Random(seed).fork(`vm/${vm}/${state.now}`),
          pace: () => state.load.paceOf(vm),
        });
        return { mover, isExact: true };
      }
      const mover = new EngineMigration(resolved.get(index, strategy, rate), { roundTripNs, rate });
      return { mover, isExact: false };
    };
  };
}

/** What a migration gets on an idle network. */
export function aloneRate({ topology }: Fleet, { links }: Route): BytesPerSecond {
  let rate = Number.POSITIVE_INFINITY;
  for (const link of links) rate = Math.min(rate, topology.links[link]?.bandwidth ?? 0);
  return rate;
}
