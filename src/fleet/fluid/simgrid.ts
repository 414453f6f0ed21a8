import type { StrategyName } from "../../migration/report.js";
import {
  type Bytes,
  type BytesPerSecond,
  type Nanoseconds,
  SECOND,
  type Share,
} from "../../units.js";
import type {
  FluidMigration,
  FluidProgress,
  FluidRound,
  MigrationPhase,
  Step,
} from "./migration.js";
import type { StepEnd } from "./mover.js";

/** A VM as SimGrid's live-migration plugin has it (v3.32, VmLiveMigration.cpp and dirty_page_tracking.cpp). */
export interface SimGridGuest {
  /** Whole. */
  readonly ramBytes: Bytes;
  /** Most bytes that are ever dirty; sg_vm_create_migratable makes it 0.9 of the RAM. */
  readonly workingSetBytes: Bytes;
  /** Bytes dirtied on a whole core, as a share of the migration speed. */
  readonly dirtyIntensity: number;
  /** Cap on the migration; 0: none, and then nothing is ever dirty, since the dirty rate is a share of it. */
  readonly migrationSpeed: BytesPerSecond;
  /** Share of a core that the VM uses where it gets what it wants. */
  readonly cpuUtilisation: Share;
  /** Flop/s of a core of the host. */
  readonly hostSpeed: number;
}

/** The way between two hosts, in one of SimGrid's network models. */
export interface SimGridPath {
  /** What a flow alone gets of it: the narrowest link; see {@link simGridPath}. */
  readonly rate: BytesPerSecond;
  /** A flow's cap beside the VM's own: the TCP window's. */
  readonly windowRate: BytesPerSecond;
  /** What a transfer waits before its first byte. */
  readonly latencyNs: Nanoseconds;
}

/** SimGrid's network models: CM02, and LV08, its default, which weighs latency and bandwidth. */
export type SimGridModel = "CM02" | "LV08";

const FACTORS = {
  CM02: { latency: 1, bandwidth: 1 },
  LV08: { latency: 13.01, bandwidth: 0.97 },
} as const;
/** network/TCP-gamma. */
const TCP_GAMMA: Bytes = 4_194_304;
/** A flow also weighs this much on the way back (network/crosstraffic). */
const CROSSTRAFFIC = 0.05;
/** max_downtime, which no function sets. */
const MAX_DOWNTIME_NS: Nanoseconds = 30_000_000;
/** How a migration ends that converged. */
const COMPLETED: Step = {
  kind: "done",
  outcome: "completed",
  converged: true,
  reason: `what was left went within ${MAX_DOWNTIME_NS / 1e6} ms`,
  guest: "target",
};
/** mig_timeout, of simulated time. */
const TIMEOUT_NS: Nanoseconds = 1e7 * SECOND;
/** A clock of whole ns is at most so much late for a transfer and its latency. */
const ROUNDING_NS: Nanoseconds = 2;

/**
 * What one flow gets of a route.
 *
 * @param bandwidth - Of the narrowest link.
 * @param latencyNs - One way, all links.
 * @param crosstraffic - Both directions share the link, and the flow weighs on the way back too.
 */
export function simGridPath(
  model: SimGridModel,
  bandwidth: BytesPerSecond,
  latencyNs: Nanoseconds,
  crosstraffic: boolean,
): SimGridPath {
  const factors = FACTORS[model];
  const share = bandwidth / (crosstraffic ? 1 + CROSSTRAFFIC : 1);
  const window = latencyNs > 0 ? (TCP_GAMMA * SECOND) / (2 * latencyNs) : Number.POSITIVE_INFINITY;
  return {
    rate: share * factors.bandwidth,
    windowRate: window * factors.bandwidth,
    latencyNs: latencyNs * factors.latency,
  };
}

/**
 * How much a VM has computed, as SimGrid knows it: by what is left of its computation, a double, of which the endless
 * ones of its examples have 1e18 flops. So it is known to 128 flops only, and that shows in the bytes of a round.
 */
export class SimGridComputation {
  // Doubles from the start, see Move.
  readonly #perSecond: number = Number.NaN;
  #left: number = Number.NaN;
  #now: number = Number.NaN;

  constructor({ hostSpeed, cpuUtilisation }: SimGridGuest, startedS: number) {
    this.#perSecond = hostSpeed * cpuUtilisation;
    this.#left = 1e18 - this.#perSecond * startedS;
    this.#now = startedS;
  }

  /**
   * Flops of the next so many seconds; SimGrid looks at every event, and its clock is a double too.
   *
   * @param pace - What the VM gets of what it wants.
   */
  during(seconds: number, pace: Share): number {
    const before = this.#left;
    const now = this.#now + seconds;
    this.#left -= this.#perSecond * pace * (now - this.#now);
    this.#now = now;
    return before - this.#left;
  }
}

/** Bytes dirtied by so many flops. */
export function simGridDirtyBytes(guest: SimGridGuest, flops: number): Bytes {
  const perFlop = (guest.migrationSpeed * guest.dirtyIntensity) / guest.hostSpeed;
  return Math.min(Math.floor(flops * perFlop), guest.workingSetBytes);
}

/** Bytes a second that a guest dirties: the share of its migration speed, on the part of a core it uses. */
export function simGridDirtyRate(guest: SimGridGuest): BytesPerSecond {
  return guest.migrationSpeed * guest.dirtyIntensity * guest.cpuUtilisation;
}

/** A migration's own cap. */
export function simGridCap(guest: SimGridGuest, path: SimGridPath): BytesPerSecond {
  const { migrationSpeed } = guest;
  return Math.min(path.windowRate, migrationSpeed > 0 ? migrationSpeed : Number.POSITIVE_INFINITY);
}

/**
 * A migration by SimGrid's plugin: all memory, then what was dirtied meanwhile for as long as that does
 * not go within 30 ms at the last transfer's bandwidth, latency included; then the guest stops, the rest follows, and an
 * acknowledgement without bytes. Where SimGrid would go on for ever, it gives up.
 */
export class SimGridMigration implements FluidMigration {
  readonly strategy: StrategyName = "pre-copy";
  readonly #guest: SimGridGuest;
  readonly #path: SimGridPath;
  readonly #onRound: ((round: FluidRound) => void) | null;
  #phase: MigrationPhase = "setup";
  // Doubles from the start, see Move.
  #startedAt: Nanoseconds = Number.NaN;
  #bytes: Bytes = Number.NaN;
  #sending: Bytes = Number.NaN;
  /** Of the transfer under way: its time and flops so far, and whether its latency is over. */
  #ns: Nanoseconds = Number.NaN;
  #flops: number = Number.NaN;
  #hasWaited = false;
  /** Whether its bytes had the network to themselves. */
  #wasAlone = false;
  #before: Bytes = Number.NaN;
  #computation: SimGridComputation | null = null;
  rounds = 0;
  downtimeNs: Nanoseconds = Number.NaN;
  readonly lostNs = 0;

  constructor(
    guest: SimGridGuest,
    path: SimGridPath,
    onRound: ((round: FluidRound) => void) | null = null,
  ) {
    this.#guest = guest;
    this.#path = path;
    this.#onRound = onRound;
    this.#bytes = 0;
    this.downtimeNs = 0;
  }

  next({ now, elapsedNs, guestNs }: StepEnd): Step {
    if (this.#phase === "setup") {
      this.#startedAt = now;
      this.#computation = new SimGridComputation(this.#guest, now / SECOND);
      return this.#send("push", this.#guest.ramBytes, now);
    }
    const ns = this.#hasWaited ? this.#transferNs(elapsedNs) : this.#path.latencyNs;
    const pace = elapsedNs > 0 ? guestNs / elapsedNs : 0;
    this.#ns += ns;
    this.#flops += this.#computation?.during(ns / SECOND, pace) ?? 0;
    if (!this.#hasWaited) return this.#flow(now);
    if (this.#phase === "push") return this.#afterRound(now);
    if (this.#phase === "stop-and-copy") {
      this.downtimeNs = this.#ns;
      this.#bytes += this.#sending;
      return this.#send("settling", 0, now);
    }
    return COMPLETED;
  }

  #afterRound(now: Nanoseconds): Step {
    const ns = this.#ns;
    const sent = this.#sending;
    const dirty = simGridDirtyBytes(this.#guest, this.#flops);
    this.#bytes += sent;
    this.#onRound?.({ round: this.rounds, durationNs: ns, bytes: sent, dirtyPagesAtEnd: dirty });
    this.rounds += 1;
    const threshold = ns > 0 ? Math.floor(((sent * SECOND) / ns) * (MAX_DOWNTIME_NS / SECOND)) : 0;
    if (!(threshold < dirty)) return this.#send("stop-and-copy", dirty, now);
    const isSame = isLike(dirty, sent) && isLike(sent, this.#before) && this.#wasAlone;
    if (isSame || now - this.#startedAt >= TIMEOUT_NS) {
      const reason = isSame
        ? `every round dirties what it sends, ${dirty} bytes, and ${threshold} go within the downtime`
        : "it took more than 10,000,000 s";
      return { kind: "done", outcome: "not-converged", converged: false, reason, guest: "source" };
    }
    this.#before = sent;
    return this.#send("push", dirty, now);
  }

  #send(phase: MigrationPhase, bytes: Bytes, now: Nanoseconds): Step {
    this.#phase = phase;
    this.#sending = bytes;
    this.#ns = 0;
    this.#flops = 0;
    this.#hasWaited = false;
    const ns = Math.round(this.#path.latencyNs);
    return ns > 0 ? { kind: "wait", ns, phase, guest: this.#place } : this.#flow(now);
  }

  /** The bytes follow the latency, where there are any. */
  #flow(now: Nanoseconds): Step {
    this.#hasWaited = true;
    const bytes = this.#sending;
    if (bytes === 0) return this.next({ now, elapsedNs: 0, guestNs: 0 });
    const cap = simGridCap(this.#guest, this.#path);
    return { kind: "transfer", bytes, cap, phase: this.#phase, guest: this.#place };
  }

  /** A transfer's time: the clock's, or where it was alone what it comes to without the clock's rounding. */
  #transferNs(elapsedNs: Nanoseconds): Nanoseconds {
    const rate = Math.min(this.#path.rate, simGridCap(this.#guest, this.#path));
    const aloneNs = (this.#sending * SECOND) / rate;
    this.#wasAlone = Math.abs(elapsedNs - aloneNs) <= ROUNDING_NS;
    return this.#wasAlone ? aloneNs : elapsedNs;
  }

  get #place(): "source" | "stopped" | "target" {
    if (this.#phase === "stop-and-copy") return "stopped";
    return this.#phase === "settling" ? "target" : "source";
  }

  abort(_now: Nanoseconds, reason: string): Step | null {
    if (this.#phase === "settling") return null;
    return { kind: "done", outcome: "failed", converged: false, reason, guest: "source" };
  }

  get progress(): FluidProgress {
    return {
      bytesSent: this.#bytes,
      diskBytes: 0,
      downtimeParts: { pause: 0, finalPages: this.downtimeNs, state: 0, resume: 0, network: 0 },
      throttle: 0,
      slowdown: 0,
      networkFaults: 0,
      remainingPages: Math.ceil(this.#sending / 4096),
    };
  }
}

/** The same but for what rounding makes of it. */
function isLike(bytes: Bytes, before: Bytes): boolean {
  return Math.abs(bytes - before) <= 1e-6 * before;
}
