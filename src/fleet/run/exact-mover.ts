import { assert } from "../../errors.js";
import { SimulatedMachine } from "../../machine/simulated-machine.js";
import type { MachineParts } from "../../machine/spec.js";
import type { MigrationReport, StrategyName } from "../../migration/report.js";
import { cold, hybrid, postCopy, preCopy, stopAndCopy } from "../../migration/strategies.js";
import { zeroPagesOf } from "../../simulation/contents.js";
import {
  type Bytes,
  type BytesPerSecond,
  bytesToPages,
  fromMilliseconds,
  type Nanoseconds,
  SECOND,
  type Share,
} from "../../units.js";
import type { WorkloadSpec } from "../../workload/spec.js";
import { Workload } from "../../workload/workload.js";
import type { Clock } from "../../world/clock.js";
import type { Link } from "../../world/link.js";
import type { Random } from "../../world/random.js";
import type { GuestPlace, Mover, MoveStep, StepEnd } from "../fluid/mover.js";
import type { Flavour } from "../model/flavour.js";

const STRATEGIES = {
  cold,
  hybrid,
  "stop-and-copy": stopAndCopy,
  "pre-copy": preCopy,
  "post-copy": postCopy,
};

/** What a migration to the page is told of its surroundings. */
export interface ExactMove {
  readonly flavour: Flavour;
  readonly parts: MachineParts;
  readonly workload: readonly WorkloadSpec[];
  readonly strategy: StrategyName;
  readonly random: Random;
  readonly roundTripNs: Nanoseconds;
  /** What it would get alone; afterwards it goes by what it got last. */
  readonly rate: BytesPerSecond;
  /** Share of its pace that the guest's host lets it have now. */
  pace(): Share;
}

/**
 * A migration by the engine itself, page for page, over a network that it shares. The engine waits for its
 * clock and its link; each wait becomes a step, and the engine goes on when the step is over.
 */
export class ExactMover implements Mover {
  readonly strategy: StrategyName;
  readonly #move: ExactMove;
  readonly #machine: SimulatedMachine;
  readonly #clock: SteppedClock;
  readonly #link: SteppedLink;
  #report: MigrationReport | null = null;
  #failure: unknown = null;
  /** Lets the engine go on. */
  #proceed: (() => void) | null = null;
  /** Hands the engine's next wait to the run. */
  #offer: ((step: MoveStep) => void) | null = null;

  constructor(move: ExactMove) {
    const { flavour, parts, workload, strategy, random } = move;
    this.#move = move;
    this.strategy = strategy;
    this.#clock = new SteppedClock((ns) => this.#take({ kind: "wait", ns, guest: this.#place }));
    this.#link = new SteppedLink(this.#clock, move, (bytes, cap) =>
      this.#take({ kind: "transfer", bytes, cap, guest: this.#place }),
    );
    const pageCount = bytesToPages(flavour.memoryBytes);
    const { zeroShare } = flavour.memory;
    this.#machine = new SimulatedMachine(this.#clock, {
      ...{ pageCount, parts, store: null },
      workload: new Workload(workload, {
        random: random.fork("workload"),
        hasContents: false,
        trace: undefined,
      }),
      markZeroPages: zeroPagesOf({ zeroShare, workload, memoryPages: pageCount }, random),
      writeState: random.fork("written bytes").state,
    });
  }

  get rounds(): number {
    return this.#report?.rounds.filter(({ phase }) => phase === "push").length ?? 0;
  }

  get lostNs(): Nanoseconds {
    const { lostNs } = this.#machine.guestTime;
    return Math.max(0, lostNs - this.#stolenNs);
  }

  get downtimeNs(): Nanoseconds {
    return fromMilliseconds(this.#report?.downtimeMs ?? 0);
  }

  /** Guest time that the host did not give, which the run counts itself. */
  #stolenNs = 0;

  next({ now, elapsedNs, guestNs }: StepEnd): Promise<MoveStep> {
    if (this.#place !== "stopped" && elapsedNs > 0) {
      this.#stolenNs += elapsedNs - guestNs;
      // The guest has not been looked at since the step began, so its pace can still be told as it was:
      // what the step's own flow took, and what others took or left while it lasted.
      this.#slowTo(guestNs / elapsedNs);
    }
    this.#clock.advanceTo(now);
    this.#link.stepEnded(elapsedNs);
    // Post-copy looks ahead with the pace that there is now. A stopped guest has none; where it goes on,
    // it does so at full pace until the next step.
    this.#slowTo(this.#place === "stopped" ? 1 : this.#move.pace());
    const step = new Promise<MoveStep>((resolve) => {
      this.#offer = resolve;
    });
    if (this.#proceed) this.#proceed();
    else this.#start();
    return step.then((taken) => {
      if (this.#failure) throw this.#failure;
      return taken;
    });
  }

  #slowTo(pace: Share): void {
    this.#machine.slowDown("stolen-cpu", 1 - pace);
  }

  #start(): void {
    const { flavour, strategy, random } = this.#move;
    const seed = random.nextUint32();
    const options = { ...flavour.move.options, seed, verify: false };
    STRATEGIES[strategy](this.#machine, this.#link, options)
      .then((report) => {
        this.#report = report;
        this.#offer?.(ending(report));
      })
      .catch((error: unknown) => {
        this.#failure = error;
        this.#offer?.({ ...FAILED, guest: "source" });
      });
  }

  #take(step: MoveStep): Promise<void> {
    return new Promise((resolve) => {
      this.#proceed = resolve;
      const offer = this.#offer;
      assert(offer !== null, "the engine waits while nobody runs it");
      this.#offer = null;
      offer(step);
    });
  }

  get #place(): GuestPlace {
    const last = this.#machine.runLog.at(-1);
    return last === undefined ? "source" : (last.running ?? "stopped");
  }
}

const FAILED = { kind: "done", outcome: "failed", converged: null, reason: "" } as const;

function ending({ outcome, converged, reason, runningOn }: MigrationReport): MoveStep {
  const fleetOutcome = outcome === "completed" || outcome === "not-converged" ? outcome : "failed";
  return { kind: "done", outcome: fleetOutcome, converged, reason, guest: runningOn };
}

/** A clock whose waits are somebody else's steps. */
class SteppedClock implements Clock {
  readonly #wait: (ns: Nanoseconds) => Promise<void>;
  #now: Nanoseconds = 0;

  constructor(wait: (ns: Nanoseconds) => Promise<void>) {
    this.#wait = wait;
  }

  now(): Nanoseconds {
    return this.#now;
  }

  advanceTo(now: Nanoseconds): void {
    this.#now = now;
  }

  sleepUntil(instant: Nanoseconds): Promise<void> {
    return instant > this.#now ? this.#wait(instant - this.#now) : Promise.resolve();
  }
}

/** A link whose transfers are somebody else's steps. What it will give is taken to be what it gave last. */
class SteppedLink implements Link {
  readonly clock: Clock;
  readonly roundTripNs: Nanoseconds;
  readonly #send: (bytes: Bytes, cap: BytesPerSecond) => Promise<void>;
  #rate: BytesPerSecond;
  #sending = { bytes: 0, cap: 0 };
  #reserved: BytesPerSecond = 0;

  constructor(
    clock: Clock,
    { roundTripNs, rate }: Pick<ExactMove, "roundTripNs" | "rate">,
    send: (bytes: Bytes, cap: BytesPerSecond) => Promise<void>,
  ) {
    this.clock = clock;
    this.roundTripNs = roundTripNs;
    this.#rate = rate;
    this.#send = send;
  }

  /** A step of so long has ended; if it was a transfer that no cap held back, it shows the rate. */
  stepEnded(elapsedNs: Nanoseconds): void {
    const { bytes, cap } = this.#sending;
    this.#sending = { bytes: 0, cap: 0 };
    if (bytes === 0 || elapsedNs === 0) return;
    const rate = (bytes / elapsedNs) * SECOND;
    if (rate < 0.99 * cap) this.#rate = rate;
  }

  rate(): BytesPerSecond {
    return this.#rate;
  }

  capacityUntil(instant: Nanoseconds, cap: BytesPerSecond): Bytes {
    const ns = Math.max(0, instant - this.clock.now());
    return Math.floor((Math.min(this.#rate, cap) * ns) / SECOND);
  }

  transmit(bytes: Bytes, cap: BytesPerSecond): Promise<void> {
    if (bytes <= 0) return Promise.resolve();
    // Mirrored writes of a disk go beside the pages and take their part of the link.
    const rest = cap === Number.POSITIVE_INFINITY ? this.#rate : Math.min(cap, this.#rate);
    const crowded = this.#reserved > 0 ? bytes / (1 - this.#reserved / rest) : bytes;
    this.#sending = { bytes: crowded, cap };
    return this.#send(Math.ceil(crowded), cap);
  }

  arrivalAt(sentAt: Nanoseconds): Nanoseconds {
    return sentAt + Math.ceil(this.roundTripNs / 2);
  }

  arrive(): Promise<void> {
    return this.clock.sleepUntil(this.arrivalAt(this.clock.now()));
  }

  reserve(rate: BytesPerSecond): BytesPerSecond {
    this.#reserved = Math.min(rate, 0.9 * this.#rate);
    return this.#reserved;
  }
}
