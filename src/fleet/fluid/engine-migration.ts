import type { Side } from "../../errors.js";
import type { StrategyName } from "../../migration/report.js";
import { type ThrottleState, unthrottled } from "../../policy/auto-converge.js";
import type { Bytes, BytesPerSecond, Nanoseconds, PageCount, Share } from "../../units.js";
import type { FluidFlavour } from "./flavour.js";
import type { FluidMigration, FluidProgress, FluidRound, Step } from "./migration.js";
import type { StepEnd } from "./mover.js";
import { routes, stagesOf } from "./strategies.js";

/** The way between two hosts. */
export interface MigrationPath {
  /** Time for a message there and its answer back. */
  readonly roundTripNs: Nanoseconds;
  /** What a migration would get alone: the first guess of how fast it will go, until its first transfer is over. */
  readonly rate: BytesPerSecond;
}

/** Where a migration goes on that leaves its strategy's stages: the guest switches over, its pages follow it, or it stays. */
export type Turn = "switch-over" | "switch-to-pull" | "take-back";

/** A part of a migration: its next step, a turn, or null when it is over. `calls` counts its calls. */
export type Stage = (m: EngineMigration, done: StepEnd, calls: number) => Step | Turn | null;

/** The downtime so far, part after part. */
export interface OpenDowntime {
  since: Nanoseconds;
  pause: Nanoseconds;
  finalPages: Nanoseconds;
  state: Nanoseconds;
  resume: Nanoseconds;
  network: Nanoseconds;
}

/** How it ends. */
interface Ending {
  outcome: "completed" | "not-converged" | "failed";
  reason: string;
  converged: boolean | null;
}

/**
 * A migration by the rules of the page-exact engine, in which memory is a fluid: of its pages it knows how
 * many are dirty, from the curve D(t), and not which. A list of stages, each a function over this state.
 */
export class EngineMigration implements FluidMigration {
  readonly flavour: FluidFlavour;
  readonly path: MigrationPath;
  readonly onRound: ((round: FluidRound) => void) | null;
  #stages: readonly Stage[];
  #stage = 0;
  #calls = 0;
  startedAt: Nanoseconds = -1;
  /** Pages that the target lacks or has an old version of, and how many of them are zero. */
  remaining: PageCount = 0;
  zero: PageCount = 0;
  /** Rounds of push that are over. */
  rounds = 0;
  roundSince: Nanoseconds = 0;
  roundBytes: Bytes = 0;
  /** Pages that the round began with. */
  dirtyBefore: PageCount = 0;
  /** Guest time of this round, and of the one before; 0: there was none. */
  guestNs: Nanoseconds = 0;
  guestNsBefore: Nanoseconds = 0;
  pushingSince: Nanoseconds = 0;
  pageBytes: Bytes = 0;
  stateBytes: Bytes = 0;
  diskBytes: Bytes = 0;
  /** Page bytes of the step under way, and its cap on them. */
  sending: Bytes = 0;
  sendingCap: BytesPerSecond = 0;
  /** At this rate the network has last carried pages, as far as it and not a cap was the limit. */
  rate: BytesPerSecond;
  /** The policy's window: when it began, what has gone in it, and the rate of the last full one. */
  windowSince: Nanoseconds = 0;
  windowUsed: Bytes = 0;
  windowRate: BytesPerSecond = 0;
  /** Writes to a disk that is mirrored: they cross with the pages. */
  mirrorRate: BytesPerSecond = 0;
  throttle: ThrottleState;
  /** Speed that stand-ins of unplugged devices take. */
  standIn: Share = 0;
  lostNs: Nanoseconds = 0;
  downtime: OpenDowntime | null = null;
  reachableAt: Nanoseconds = 0;
  isHandedOver = false;
  networkFaults = 0;
  ending: Ending = { outcome: "completed", reason: "", converged: null };

  constructor(
    flavour: FluidFlavour,
    path: MigrationPath,
    onRound: ((round: FluidRound) => void) | null = null,
  ) {
    this.flavour = flavour;
    this.path = path;
    this.onRound = onRound;
    this.rate = path.rate;
    this.throttle = unthrottled(0);
    this.#stages = stagesOf(flavour.strategy, flavour.parts);
    this.ending.reason = reasonOf(flavour);
  }

  /** Share of the guest's speed that the migration takes. */
  get slowdown(): Share {
    return 1 - (1 - this.throttle.throttle) * (1 - this.standIn);
  }

  get place(): Side {
    return this.isHandedOver ? "target" : "source";
  }

  next(done: StepEnd): Step {
    if (this.startedAt < 0) this.startedAt = done.now;
    let event = done;
    for (let stage = this.#stages[this.#stage]; stage; stage = this.#stages[this.#stage]) {
      const step = stage(this, event, this.#calls);
      this.#calls += 1;
      if (typeof step === "object" && step !== null) return step;
      if (step === null) this.#stage += 1;
      else this.#turn(step);
      this.#calls = 0;
      event = { now: done.now, elapsedNs: 0, guestNs: 0 };
    }
    return { kind: "done", ...this.ending, guest: this.place };
  }

  #turn(turn: Turn): void {
    this.#stages = routes[turn];
    this.#stage = 0;
    this.#calls = 0;
  }

  abort(now: Nanoseconds, reason: string): Step | null {
    if (this.isHandedOver) return null;
    this.ending = { outcome: "failed", reason, converged: false };
    this.#turn("take-back");
    return this.next({ now, elapsedNs: 0, guestNs: 0 });
  }

  get strategy(): StrategyName {
    return this.flavour.strategy;
  }

  /** From the pause until the network has found the guest, as far as it has come. */
  get downtimeNs(): Nanoseconds {
    const { pause, finalPages, state, resume, network } = this.downtime ?? NO_DOWNTIME;
    return pause + finalPages + state + resume + network;
  }

  get progress(): FluidProgress {
    const { pause, finalPages, state, resume, network } = this.downtime ?? NO_DOWNTIME;
    return {
      bytesSent: this.pageBytes + this.stateBytes,
      diskBytes: this.diskBytes,
      downtimeParts: { pause, finalPages, state, resume, network },
      throttle: this.throttle.throttle,
      slowdown: this.slowdown,
      networkFaults: this.networkFaults,
      remainingPages: this.remaining,
    };
  }
}

/** What ends a migration in which no policy is asked. */
function reasonOf({ strategy, parts }: FluidFlavour): string {
  if (strategy === "post-copy") return "every page followed the guest";
  const isOff = strategy === "cold" && parts.power === "off";
  return isOff
    ? "the guest was off and booted at the target"
    : "everything moved while the guest was stopped";
}

const NO_DOWNTIME: OpenDowntime = {
  since: 0,
  pause: 0,
  finalPages: 0,
  state: 0,
  resume: 0,
  network: 0,
};
