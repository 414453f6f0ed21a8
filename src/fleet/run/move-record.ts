import type { Nanoseconds } from "../../units.js";
import { pricePerByte } from "../control/cost.js";
import type { Flavour } from "../model/flavour.js";
import type { Fleet } from "../model/fleet.js";
import type { Move } from "./move.js";
import type { MoveRequest } from "./move-queue.js";
import type { MigrationRecord } from "./result.js";

/** How a move ended. */
export type Ending = Pick<MigrationRecord, "outcome" | "converged" | "reason">;

/** A move as it went. */
export function recordOf(
  fleet: Fleet,
  move: Move,
  ending: Ending,
  endNs: Nanoseconds,
  lostNs: Nanoseconds,
): MigrationRecord {
  const { request, mover } = move;
  return {
    vm: move.vm,
    from: move.from,
    to: move.to,
    strategy: mover.strategy,
    askedBy: request.askedBy,
    because: request.because,
    askedNs: request.askedNs,
    startNs: move.startNs,
    endNs,
    downtimeNs: Math.max(move.downtimeNs, mover.downtimeNs),
    lostNs,
    bytes: move.bytes,
    rounds: mover.rounds,
    outcome: ending.outcome,
    converged: ending.converged,
    reason: ending.reason,
    trafficPrice: move.bytes * pricePerByte(fleet, move.from, move.to),
    isExact: move.isExact,
  };
}

/** A move that never began. */
export function refusalOf(
  { flavours, vms }: Fleet,
  request: MoveRequest,
  from: number,
  now: Nanoseconds,
  reason: string,
): MigrationRecord {
  const flavour = flavours[vms.flavour[request.vm] as number] as Flavour;
  return {
    vm: request.vm,
    from,
    to: request.to,
    strategy: request.strategy ?? flavour.move.strategy,
    askedBy: request.askedBy,
    because: request.because,
    askedNs: request.askedNs,
    startNs: now,
    endNs: now,
    downtimeNs: 0,
    lostNs: 0,
    bytes: 0,
    rounds: 0,
    outcome: "refused",
    converged: null,
    reason,
    trafficPrice: 0,
    isExact: false,
  };
}
