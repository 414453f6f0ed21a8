import type { Bytes, Nanoseconds } from "../../units.js";
import type { GuestPlace, Mover } from "../fluid/mover.js";
import type { Route } from "../model/topology.js";
import type { MoveRequest } from "./move-queue.js";

/** Nothing crosses the network now. */
export const NO_FLOW = -1;
/** It does not wait. */
export const NO_TIMER: number = Number.NaN;

/**
 * A migration under way. Numbers begin as NaN, that is as doubles: V8 lays a field out by what it holds first,
 * and ten thousand moves would be laid out anew when the first fraction came.
 */
export class Move {
  /** Its number among those under way, which events are about. */
  readonly slot: number;
  readonly request: MoveRequest;
  readonly vm: number;
  readonly from: number;
  readonly to: number;
  readonly route: Route;
  readonly mover: Mover;
  /** Whether it is simulated to the page. */
  readonly isExact: boolean;
  readonly startNs: Nanoseconds = Number.NaN;
  /** What its guest had lost when it began. */
  readonly lostAtStart: Nanoseconds = Number.NaN;
  guest: GuestPlace = "source";
  /** When the step began, and what its guest had lost by then. */
  stepNs: Nanoseconds = Number.NaN;
  lostAtStep: Nanoseconds = Number.NaN;
  /** When its wait ends. */
  timerNs: Nanoseconds = NO_TIMER;
  flow: number = NO_FLOW;
  flowBytes: Bytes = Number.NaN;
  /** CPU that the flow takes at both hosts. */
  sourceCores: number = Number.NaN;
  targetCores: number = Number.NaN;
  /** Of all its flows that have ended. */
  bytes: Bytes = Number.NaN;
  stoppedNs: Nanoseconds = Number.NaN;
  /** How long its guest stood still. */
  downtimeNs: Nanoseconds = Number.NaN;

  constructor(
    slot: number,
    request: MoveRequest,
    from: number,
    route: Route,
    mover: Mover,
    isExact: boolean,
    now: Nanoseconds,
    lostNs: Nanoseconds,
  ) {
    this.slot = slot;
    this.request = request;
    this.vm = request.vm;
    this.from = from;
    this.to = request.to;
    this.route = route;
    this.mover = mover;
    this.isExact = isExact;
    this.startNs = now;
    this.lostAtStart = lostNs;
    this.stepNs = now;
    this.lostAtStep = lostNs;
    this.sourceCores = 0;
    this.targetCores = 0;
    this.bytes = 0;
    this.downtimeNs = 0;
  }
}
