import type { Side } from "../errors.js";
import type { AbsentPages } from "../memory/absent-pages.js";
import type { Nanoseconds, PageIndex, Share } from "../units.js";
import type { Workload } from "../workload/workload.js";
import type { WriteTarget } from "../workload/writer.js";
import type { Clock } from "../world/clock.js";
import type { Fault, GuestTime, Slowdown } from "./sides.js";

/** Guest time over which the next fault is looked for. */
const LOOK_AHEAD_NS: Nanoseconds = 100_000_000;

/** One change of where the guest runs; null: nowhere. */
export interface RunChange {
  readonly at: Nanoseconds;
  readonly running: Side | null;
}

/**
 * The running part of a simulated machine: guest time, which passes at the guest's speed while it runs,
 * and the workload in it. It is settled lazily: what the guest wrote since the last look is drawn or
 * performed when somebody looks. Without bytes to change, that is the next harvest.
 */
export class SimulatedGuest {
  /** Where the guest ran, change by change. */
  readonly runLog: RunChange[];
  readonly #clock: Clock;
  readonly #workload: Workload;
  readonly #slowdowns = new Map<Slowdown, Share>();
  #writeTarget: WriteTarget;
  #running: Side | null = "source";
  #isAbandoned = false;
  #guestTime: Nanoseconds = 0;
  /** Guest time up to which the writes are performed. */
  #performedTo: Nanoseconds = 0;
  /** The guest is settled up to this instant. */
  #settledAt: Nanoseconds;
  /** Where the present speed began, on both clocks: guest time is counted from here, so that no fraction is lost. */
  #speedSince: { readonly clock: Nanoseconds; readonly guest: Nanoseconds };
  /** The next access to a page that was absent when it was looked for, or none up to then. */
  #next: { readonly page: PageIndex | null; readonly at: Nanoseconds } | null = null;
  #ranNs = 0;
  #lostNs = 0;

  constructor(clock: Clock, workload: Workload, writeTarget: WriteTarget) {
    this.#clock = clock;
    this.#workload = workload;
    this.#writeTarget = writeTarget;
    this.#settledAt = clock.now();
    this.#speedSince = { clock: clock.now(), guest: 0 };
    this.runLog = [{ at: clock.now(), running: "source" }];
  }

  /** Time that the guest itself has seen. */
  get now(): Nanoseconds {
    return this.#guestTime;
  }

  get time(): GuestTime {
    return { ranNs: this.#ranNs, lostNs: this.#lostNs };
  }

  /** Pages at which the rate of access changes. */
  get cuts(): readonly number[] {
    return this.#workload.cuts;
  }

  /** Performs the writes up to the clock. */
  settle(): void {
    this.#runTo(this.#clock.now());
    this.#performWrites();
  }

  slowDown(reason: Slowdown, share: Share): void {
    this.settle();
    this.#slowdowns.set(reason, share);
    this.#markSpeed();
  }

  /** Stops the guest, or lets it run at a side, its writes going to `writeTarget` from now on. */
  setRunning(side: Side | null, writeTarget: WriteTarget = this.#writeTarget): void {
    this.settle();
    this.#running = side;
    this.#writeTarget = writeTarget;
    this.runLog.push({ at: this.#clock.now(), running: side });
    this.#markSpeed();
  }

  /**
   * Runs up to an instant, or to the first access to an absent page; that access happens once the guest
   * runs on. Pages arrive meanwhile but never leave, so the first touch found is kept until its time
   * comes, and dropped if its page is there by then (for random accesses: thinning of a Poisson process).
   */
  runUntil(instant: Nanoseconds, absent: AbsentPages): Fault | null {
    for (const end = this.#guestTimeAt(instant); ; ) {
      const { page, at } = this.#lookAhead(absent);
      if (at > end) {
        this.#runTo(instant);
        return null;
      }
      this.#next = null;
      if (page === null || !absent.bitmap.has(page)) {
        this.#advance(at);
        continue;
      }
      this.#advance(Math.max(this.#guestTime, at - 1));
      this.#account(Math.min(instant, Math.max(this.#settledAt, this.#clockAt(at))));
      this.#markSpeed();
      return { page, at: this.#settledAt };
    }
  }

  /** No access to an absent page can happen before this instant. */
  untroubledUntil(absent: AbsentPages): Nanoseconds {
    return this.#clockAt(this.#lookAhead(absent).at);
  }

  #lookAhead(absent: AbsentPages): { readonly page: PageIndex | null; readonly at: Nanoseconds } {
    if (!this.#next) {
      const end = this.#guestTime + LOOK_AHEAD_NS;
      this.#next = this.#workload.firstTouch(absent, this.#guestTime, end) ?? {
        page: null,
        at: end,
      };
    }
    return this.#next;
  }

  /** Nothing will ever run it again; what it did until now stays. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  /** Stands still until an instant although it should run. */
  stallUntil(instant: Nanoseconds): void {
    const length = instant - this.#settledAt;
    this.#ranNs += length;
    this.#lostNs += length;
    this.#settledAt = instant;
    this.#markSpeed();
  }

  #runTo(instant: Nanoseconds): void {
    if (instant <= this.#settledAt || this.#isAbandoned) return;
    if (this.#running !== null) this.#advance(this.#guestTimeAt(instant));
    this.#account(instant);
  }

  #advance(guestTime: Nanoseconds): void {
    this.#guestTime = guestTime;
    if (this.#writeTarget.storePage) this.#performWrites();
  }

  #performWrites(): void {
    this.#workload.advance(this.#writeTarget, this.#performedTo, this.#guestTime);
    this.#performedTo = this.#guestTime;
  }

  #account(instant: Nanoseconds): void {
    const length = instant - this.#settledAt;
    if (this.#running !== null) {
      this.#ranNs += length;
      this.#lostNs += length * (1 - this.#speed());
    }
    this.#settledAt = instant;
  }

  #guestTimeAt(instant: Nanoseconds): Nanoseconds {
    const { clock, guest } = this.#speedSince;
    return Math.max(this.#guestTime, guest + Math.floor((instant - clock) * this.#speed()));
  }

  #clockAt(guestTime: Nanoseconds): Nanoseconds {
    const { clock, guest } = this.#speedSince;
    return clock + Math.ceil((guestTime - guest) / this.#speed());
  }

  #speed(): number {
    let speed = 1;
    for (const share of this.#slowdowns.values()) speed *= 1 - share;
    return speed;
  }

  #markSpeed(): void {
    this.#speedSince = { clock: this.#settledAt, guest: this.#guestTime };
  }
}
