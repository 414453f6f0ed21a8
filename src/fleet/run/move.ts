import type { Bytes, Nanoseconds } from "../../units.js";
import type { Route } from "../model/topology.js";
import type { MoveRequest } from "./move-queue.js";
import type { GuestPlace, Mover } from "./mover.js";

/** Nothing crosses the network now. */
export const NO_FLOW = -1;
/** It does not wait. */
export const NO_TIMER = -1;

/** A migration under way. */
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
  readonly startNs: Nanoseconds;
  /** What its guest had lost when it began. */
  readonly lostAtStart: Nanoseconds;
  guest: GuestPlace = "source";
  /** When the step began, and what its guest had lost by then. */
  stepNs: Nanoseconds;
  lostAtStep: Nanoseconds;
  /** When its wait ends. */
  timerNs: Nanoseconds = NO_TIMER;
  flow: number = NO_FLOW;
  flowBytes: Bytes = 0;
  /** CPU that the flow takes at both hosts. */
  sourceCores = 0;
  targetCores = 0;
  /** Of all its flows that have ended. */
  bytes: Bytes = 0;
  stoppedNs: Nanoseconds = 0;
  /** How long its guest stood still. */
  downtimeNs: Nanoseconds = 0;

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
  }
}
