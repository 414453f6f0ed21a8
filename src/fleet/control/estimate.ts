import type { StrategyName } from "../../migration/report.js";
import type { Bytes, BytesPerSecond, Nanoseconds } from "../../units.js";
import { SECOND, transferTime } from "../../units.js";
import type { CurveTerm, Flavour } from "../model/flavour.js";
import type { Fleet } from "../model/fleet.js";

/** What a move of a VM would be like. */
export interface MoveOutlook {
  /** From its beginning until the source is free of it; Infinity: it would not end. */
  readonly ns: Nanoseconds;
  readonly downtimeNs: Nanoseconds;
  /** Guest time lost while it runs, the downtime not counted. */
  readonly lostNs: Nanoseconds;
  readonly bytes: Bytes;
  /** Null where the strategy has no convergence, or nobody looked. */
  readonly converges: boolean | null;
  /** Why it does not converge, or what the figures rest on. */
  readonly because: string;
}

/**
 * Says beforehand what a move would be like.
 *
 * @param bandwidth - What the network gives it, Infinity: as much as it wants.
 * @param strategy - Null: its flavour's.
 */
export type MoveEstimator = (
  vm: number,
  bandwidth: BytesPerSecond,
  strategy: StrategyName | null,
) => MoveOutlook;

/** What whoever makes a controller gives it, beside its settings. */
export interface ControllerContext {
  readonly fleet: Fleet;
  readonly estimate: MoveEstimator;
}

/**
 * The least that a move takes: every page that is not zero once, the local disk once, nothing of what is
 * dirtied meanwhile. A floor for where nobody brings a better estimator, since it says nothing of convergence.
 */
export function onePassEstimator(fleet: Fleet): MoveEstimator {
  return (vm, bandwidth, strategy) => {
    const flavour = flavourOf(fleet, vm);
    if (flavour === undefined) throw new RangeError(`there is no VM ${vm}`);
    const { memoryBytes, memory, localDiskBytes, stateBytes, move } = flavour;
    const bytes = Math.ceil(memoryBytes * (1 - memory.zeroShare)) + localDiskBytes + stateBytes;
    const rate = Math.min(bandwidth, move.options.maxBandwidth ?? Number.POSITIVE_INFINITY);
    const ns = rate === Number.POSITIVE_INFINITY ? 0 : transferTime(bytes, rate);
    const way = strategy ?? move.strategy;
    const isStopped = way === "cold" || way === "stop-and-copy";
    const downtimeNs =
      isStopped || rate === Number.POSITIVE_INFINITY ? ns : transferTime(stateBytes, rate);
    return {
      ns,
      downtimeNs,
      lostNs: 0,
      bytes,
      converges: null,
      because: "one pass over the memory that is not zero; what is dirtied meanwhile is left out",
    };
  };
}

/** The most that the network can give a move: the narrowest of both network cards and the links between. */
export function bandwidthBetween(fleet: Fleet, from: number, to: number): BytesPerSecond {
  const { hosts, topology } = fleet;
  let least = Math.min(nicOf(fleet, from), nicOf(fleet, to));
  if (hosts[from] === undefined || hosts[to] === undefined) return least;
  for (const link of topology.route(from, to).links) {
    least = Math.min(least, topology.links[link]?.bandwidth ?? least);
  }
  return least;
}

/** Bandwidth of a host's network card. */
export function nicOf(fleet: Fleet, host: number): BytesPerSecond {
  return fleet.hosts[host]?.type.nic ?? Number.POSITIVE_INFINITY;
}

/** The flavour of a VM. */
export function flavourOf(fleet: Fleet, vm: number): Flavour | undefined {
  return fleet.flavours[fleet.vms.flavour[vm] ?? -1];
}

/** How fast a guest dirties pages that are clean, pages per second: the slope of D(t) at its start. */
export function dirtyRateOf({ memory }: Flavour): number {
  return memory.curve.reduce((sum, term) => sum + slopeOf(term), 0);
}

function slopeOf(term: CurveTerm): number {
  if (term.kind !== "measured") return term.rate;
  const first = term.points.find(({ ns }) => ns > 0);
  return first === undefined ? 0 : (first.pages / first.ns) * SECOND;
}
