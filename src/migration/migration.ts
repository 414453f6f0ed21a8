import { AbortedError } from "../errors.js";
import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { GuestTime, SourceMachine, TargetMachine } from "../machine/sides.js";
import type { DeviceSpec } from "../machine/spec.js";
import type { PageBatch } from "../memory/guest-memory.js";
import { type ThrottleState, unthrottled } from "../policy/auto-converge.js";
import {
  type Bytes,
  type Nanoseconds,
  type PageCount,
  type PageIndex,
  toMilliseconds,
} from "../units.js";
import type { Clock } from "../world/clock.js";
import type { Link } from "../world/link.js";
import type { Downtime } from "./downtime.js";
import type { NetworkHandover } from "./network.js";
import type { MigrationObserver } from "./observer.js";
import type { MigrationOptions } from "./options.js";
import type {
  FaultReport,
  RoundPhase,
  RoundReport,
  StorageReport,
  ThrottleStep,
} from "./report.js";
import { RoundTally } from "./round-tally.js";
import type { Mirroring } from "./storage.js";

/** How far the migration is, for those who watch. */
export interface MigrationProgress {
  readonly elapsedMs: number;
  readonly phase: RoundPhase | "setup" | "storage";
  readonly round: number;
  /** Pages that this round still has to send. */
  readonly remainingPages: PageCount;
}

/** What a migration is made of. */
export interface MigrationParts {
  readonly machine: SourceMachine;
  readonly target: TargetMachine;
  readonly link: Link;
  readonly options: MigrationOptions;
  readonly observer: MigrationObserver | null;
  readonly requestedAt: Nanoseconds;
}

/**
 * One migration under way: what all phases share. The phases are functions over it; the strategies put
 * the phases in order.
 */
export class Migration {
  readonly machine: SourceMachine;
  readonly target: TargetMachine;
  readonly link: Link;
  readonly options: MigrationOptions;
  readonly observer: MigrationObserver | null;
  readonly requestedAt: Nanoseconds;
  /** Pages that the target lacks or has an old version of, as of the last harvest. */
  readonly pending: DirtyBitmap;
  /** Pages of `pending`, kept by counting. */
  remaining: PageCount = 0;
  /** Where the scan of the pages goes on; it wraps, as QEMU's does. */
  cursor: PageIndex = 0;
  /** When pushing pages began; patience counts from here. */
  pushingSince: Nanoseconds;
  /** Harvests so far, the first at set-up: QEMU's dirty_sync_count. */
  generation = 1;
  pageBytesSent: Bytes = 0;
  stateBytesSent: Bytes = 0;
  throttle: ThrottleState;
  readonly throttleHistory: ThrottleStep[] = [];
  readonly rounds: RoundReport[] = [];
  downtime: Downtime | null = null;
  /** When the network has found the guest at the target. */
  reachableAt: Nanoseconds = 0;
  /** The point of no return: from here on the guest is the target's. */
  isHandedOver = false;
  faults: FaultReport | null = null;
  storage: StorageReport | null = null;
  mirroring: Mirroring | null = null;
  /** Stand-ins that the guest works on at present. */
  readonly unplugged: NonNullable<DeviceSpec["failover"]>[] = [];
  network: NetworkHandover | null = null;
  verified: boolean | null = null;
  #open: RoundTally | null = null;
  readonly #bitmaps: DirtyBitmap[] = [];
  readonly #guestTimeBefore: GuestTime;

  constructor(of: MigrationParts) {
    const { machine } = of;
    this.machine = machine;
    this.target = of.target;
    this.link = of.link;
    this.options = of.options;
    this.observer = of.observer;
    this.requestedAt = of.requestedAt;
    this.pushingSince = this.requestedAt;
    this.throttle = unthrottled(this.requestedAt);
    this.#guestTimeBefore = machine.guestTime;
    this.pending = this.createBitmap();
  }

  get clock(): Clock {
    return this.link.clock;
  }

  /** A bitmap for the time of this migration. */
  createBitmap(): DirtyBitmap {
    const bitmap = this.machine.createBitmap();
    this.#bitmaps.push(bitmap);
    return bitmap;
  }

  /** Gives the bitmaps back, so that the machine can be migrated again. */
  releaseBitmaps(): void {
    for (const bitmap of this.#bitmaps.splice(0).reverse()) this.machine.releaseBitmap(bitmap);
  }

  get elapsedNs(): Nanoseconds {
    return this.clock.now() - this.requestedAt;
  }

  /** What the guest did since the request. */
  get guestTime(): GuestTime {
    const { ranNs, lostNs } = this.machine.guestTime;
    const before = this.#guestTimeBefore;
    return { ranNs: ranNs - before.ranNs, lostNs: lostNs - before.lostNs };
  }

  /** Ends the migration where the caller's signal asks for it. */
  throwIfAborted(): void {
    if (this.options.signal?.aborted)
      throw new AbortedError("the migration was aborted by its caller");
  }

  /** Everything has to be sent, and from now on writes are logged. */
  startWithAllPages(): void {
    this.machine.startLog();
    this.pending.markAll();
    this.remaining = this.machine.pageCount;
    this.pushingSince = this.clock.now();
    this.throttle = unthrottled(this.pushingSince);
  }

  /** Whether pushing has taken longer than the caller has patience. */
  get isOutOfPatience(): boolean {
    return this.clock.now() >= this.pushingSince + this.options.giveUpAfterNs;
  }

  beginRound(phase: RoundPhase): RoundTally {
    if (!this.isHandedOver) this.throwIfAborted();
    this.observer?.began(this.pending);
    this.#open = new RoundTally(this.rounds.length, phase, this.clock.now());
    return this.#open;
  }

  /** Files a finished round. */
  endRound(tally: RoundTally): RoundReport {
    const report = tally.report(
      this.requestedAt,
      this.clock.now(),
      this.remaining,
      this.throttle.throttle,
    );
    this.rounds.push(report);
    this.#open = null;
    this.options.onRound(report);
    return report;
  }

  /** Files a round that a failure cut short. */
  endOpenRound(): void {
    if (this.#open) this.endRound(this.#open);
  }

  /** Delivers a batch that has crossed the link, and books it. */
  async deliver(
    batch: PageBatch,
    tally: RoundTally,
    from: PageIndex,
    startNs: Nanoseconds,
  ): Promise<void> {
    if (batch.records) this.target.memory.receive(batch.records);
    this.remaining -= tally.add(batch);
    this.pageBytesSent += batch.bytes;
    const { phase, round } = tally;
    const endNs = this.clock.now();
    this.observer?.sent(
      { phase, round, fromPage: from, toPage: batch.next, startNs, endNs },
      this.pending,
    );
    await this.showProgress(phase, round);
  }

  /** Tells the caller how far it is, and waits where the caller wants to breathe. */
  async showProgress(phase: MigrationProgress["phase"], round: number): Promise<void> {
    const elapsedMs = toMilliseconds(this.elapsedNs);
    await this.options.onProgress({ elapsedMs, phase, round, remainingPages: this.remaining });
  }
}
