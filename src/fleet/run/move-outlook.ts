import { isGodwitError } from "../../errors.js";
import { FluidCurves } from "../../kernel/fluid.js";
import { type BytesPerSecond, type Nanoseconds, SECOND, transferTime } from "../../units.js";
import type { MoveEstimator, MoveOutlook } from "../control/estimate.js";
import { EngineMigration } from "../fluid/engine-migration.js";
import type { Flavour } from "../model/flavour.js";
import type { Fleet } from "../model/fleet.js";
import { ResolvedFlavours } from "./resolved-flavours.js";

/** Far more steps than the engine's limits on rounds allow. */
const MOST_STEPS = 100_000;
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
      outlook = runOut(new EngineMigration(flavour, { roundTripNs: ROUND_TRIP, rate }), rate);
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

/** Runs a migration at a constant rate to its end. */
function runOut(migration: EngineMigration, rate: BytesPerSecond): MoveOutlook {
  let now: Nanoseconds = 0;
  let bytes = 0;
  let elapsedNs: Nanoseconds = 0;
  let isStopped = false;
  for (let count = 0; count < MOST_STEPS; count++) {
    const step = migration.next({ now, elapsedNs, guestNs: isStopped ? 0 : elapsedNs });
    if (step.kind === "done") {
      const { downtimeNs, lostNs } = migration;
      const isDone = step.outcome === "completed";
      return {
        ns: isDone ? now : Number.POSITIVE_INFINITY,
        ...{ downtimeNs, lostNs, bytes: Math.ceil(bytes) },
        // A hybrid that is done need not have converged: its pages followed the guest.
        converges: isDone ? (migration.strategy === "hybrid" ? null : step.converged) : false,
        because: step.reason,
      };
    }
    elapsedNs = step.kind === "wait" ? step.ns : transferTime(step.bytes, Math.min(rate, step.cap));
    if (step.kind === "transfer") bytes += step.bytes;
    isStopped = step.guest === "stopped";
    now += elapsedNs;
  }
  return { ...NEVER, because: "it does not end" };
}
