import { isGodwitError } from "../../errors.js";
import { FluidCurves } from "../../kernel/fluid.js";
import type { StrategyName } from "../../migration/report.js";
import { type BytesPerSecond, type Nanoseconds, SECOND } from "../../units.js";
import type { MoveEstimator, MoveOutlook } from "../control/estimate.js";
import { type MigrationOutlook, migrationOutlook } from "../fluid/outlook.js";
import type { Flavour } from "../model/flavour.js";
import type { Fleet } from "../model/fleet.js";
import { ResolvedFlavours } from "./resolved-flavours.js";

/** A data centre's round trip; it hardly counts beside the memory. */
const ROUND_TRIP: Nanoseconds = SECOND / 5000;
/** Where nobody says how much the network gives: 10 Gbit/s. */
const UNSAID: BytesPerSecond = 1.25e9;

/**
 * Says beforehand what moves will be like: the engine's rules over D(t) at a constant rate, with all the CPU
 * that the guest wants. The same flavour, strategy and rate are worked out once.
 */
export function fluidEstimator(fleet: Fleet): MoveEstimator {
  const resolved = new ResolvedFlavours(fleet, new FluidCurves());
  const known = new Map<string, MoveOutlook>();
  return (vm, bandwidth, strategy) => {
    const index = fleet.vms.flavour[vm] as number;
    const way = strategy ?? (fleet.flavours[index] as Flavour).move.strategy;
    const rate = Number.isFinite(bandwidth) ? bandwidth : UNSAID;
    const key = `${index} ${way} ${rate}`;
    const before = known.get(key);
    if (before) return before;
    let outlook: MoveOutlook;
    try {
      const flavour = resolved.get(index, way, rate);
      outlook = inShort(way, migrationOutlook(flavour, { roundTripNs: ROUND_TRIP, rate }));
    } catch (error) {
      if (!isGodwitError(error, "MigrationBlockedError")) throw error;
      outlook = { ...NEVER, because: error.message };
    }
    known.set(key, outlook);
    return outlook;
  };
}

const NEVER: MoveOutlook = {
  ns: Number.POSITIVE_INFINITY,
  downtimeNs: 0,
  lostNs: 0,
  bytes: 0,
  converges: false,
  because: "",
};

function inShort(strategy: StrategyName, outlook: MigrationOutlook): MoveOutlook {
  const { outcome, totalNs, downtimeNs, lostNs, bytes, converges, reason } = outlook;
  const isDone = outcome === "completed";
  return {
    ns: isDone ? totalNs : Number.POSITIVE_INFINITY,
    ...{ downtimeNs, lostNs, bytes: Math.ceil(bytes) },
    // A hybrid that is done need not have converged: its pages followed the guest.
    converges: isDone ? (strategy === "hybrid" ? null : converges) : false,
    because: reason,
  };
}
