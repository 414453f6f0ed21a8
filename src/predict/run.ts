import { accountHarvest, type ThrottleState, unthrottled } from "../policy/auto-converge.js";
import {
  type Bytes,
  fromMilliseconds,
  type Milliseconds,
  PAGE_SIZE,
  type PageCount,
  type Share,
} from "../units.js";
import { drawNormal, type Random } from "../world/random.js";
import { DeltaModel } from "./delta-model.js";
import type { PredictedGuest } from "./guest.js";
import { Hand } from "./hand.js";
import { predictPull } from "./post-copy.js";
import type { PredictedRun } from "./predicted-run.js";
import {
  PROFILES,
  type QemuProfile,
  RAW_PAGE_BYTES,
  WINDOW_MS,
  ZERO_PAGE_BYTES,
} from "./profile.js";
import type { SeenProgress } from "./seen-progress.js";
import type { PredictedHosts, PredictedSettings } from "./settings.js";
import { type Order, type Steering, type TimedOrder, UNSTEERED } from "./steering.js";
import { drawDowntimeMs, drawFreshMs, drawPull, uncappedPerMs } from "./switchover.js";
import { throttledLogWaitMs, throttledSpeed } from "./throttle.js";
import { WaitingPages } from "./waiting-pages.js";
import { Windows } from "./windows.js";

/** How often a migration is looked at from outside. */
const WATCH_MS: Milliseconds = 100;
/** A zero page is only looked at by the target, which takes less than filling one. */
const ZERO_TOUCH: Share = 0.3;
/** Setting up takes a millisecond or two. */
const SETUP_MS: Milliseconds = 2;

/**
 * QEMU's migration loop once: pages move as they do in the mean, and chance says how many are dirty, how
 * late timers are and when hosts stall (migration_iteration_run, ram_save_pending,
 * migration_update_counters, migration_completion).
 */
export class PredictionRun {
  readonly #guest: PredictedGuest;
  readonly #settings: PredictedSettings;
  readonly #hosts: PredictedHosts;
  readonly #profile: QemuProfile;
  readonly #random: Random;
  readonly #windows: Windows;
  readonly #waiting: WaitingPages;
  readonly #cache: DeltaModel | null;
  /** The guest's pace in this run, 1 in the mean. */
  readonly #pace: number;
  #now: Milliseconds = SETUP_MS;
  #bytes: Bytes = 0;
  #passes = 1;
  #throttle: ThrottleState = unthrottled(0);
  /** Guest time since the last look at the log, and between the two before; null before the second. */
  #guestMs: Milliseconds = 0;
  #passGuestMs: Milliseconds | null = null;
  #thresholdPages: PageCount = 0;
  #downtimeLimitMs: Milliseconds;
  #pausedAtMs: Milliseconds | null;
  readonly #hand: Hand;

  constructor(
    guest: PredictedGuest,
    settings: PredictedSettings,
    hosts: PredictedHosts,
    random: Random,
    steering: Steering = UNSTEERED,
  ) {
    this.#guest = guest;
    this.#settings = settings;
    this.#hosts = hosts;
    this.#profile = PROFILES[settings.profile];
    this.#random = random;
    this.#windows = new Windows(settings, hosts, random);
    this.#waiting = new WaitingPages(guest, random);
    const cacheBytes = settings.xbzrleCacheBytes;
    this.#cache = cacheBytes === null ? null : new DeltaModel(cacheBytes, guest.classes);
    this.#pace = Math.max(0, 1 + guest.paceDeviation * drawNormal(random));
    this.#downtimeLimitMs = settings.downtimeLimitMs;
    this.#pausedAtMs = settings.stopFirst ? 0 : null;
    this.#hand = new Hand(steering, this.#postCopyRequest());
  }

  /** Runs until it ends, or until `patienceMs` are over. */
  run(patienceMs: Milliseconds): PredictedRun {
    return this.#follow(this.#fullCopy(this.#nextOrderMs(patienceMs)), patienceMs);
  }

  /** Goes on from the middle of a migration, until it ends or until `patienceMs` since its start are over. */
  resume(seen: SeenProgress, patienceMs: Milliseconds): PredictedRun {
    this.#now = seen.elapsedMs;
    this.#bytes = seen.sentBytes;
    this.#passes = seen.pass;
    const { throttle } = seen;
    const accountedAt = fromMilliseconds(seen.elapsedMs - seen.passMs);
    this.#throttle = { ...unthrottled(accountedAt), throttle, bytesAtAccounting: seen.sentBytes };
    this.#guestMs = seen.passMs * this.#speed;
    this.#passGuestMs = seen.passBeforeMs === null ? null : seen.passBeforeMs * this.#speed;
    this.#waiting.become(seen.remainingPages, this.#passGuestMs);
    this.#thresholdPages = this.#windows.thresholdPages(this.#downtimeLimitMs);
    const end = this.#nextOrderMs(patienceMs);
    return this.#follow(seen.pass === 1 ? this.#fullCopy(end) : this.#pass(end), patienceMs);
  }

  #follow(isFirstOver: boolean, patienceMs: Milliseconds): PredictedRun {
    let isPassOver = isFirstOver;
    for (;;) {
      if (this.#now >= patienceMs) return this.#report(false, 0);
      const ended = this.#obey();
      if (ended !== null) return ended;
      if (isPassOver || this.#isFewEnough()) {
        this.#lookAtLog();
        // With a limit of 0 QEMU stops the guest as soon as a pass has nothing left, whatever is dirty by then.
        if (this.#isFewEnough() || this.#downtimeLimitMs === 0) return this.#stopAndCopy();
        const given = this.#steer();
        if (given !== null) return given;
        if (this.#hand.hasGivenUp(this.#passes)) return this.#report(false, 0);
        if (this.#hand.isWaiting(this.#now, this.#passes))
          this.#wait(this.#nextOrderMs(patienceMs));
      }
      isPassOver = this.#pass(this.#nextOrderMs(patienceMs));
    }
  }

  /** When post-copy is asked for: whoever asks looks at the migration some ten times a second. */
  #postCopyRequest(): TimedOrder[] {
    const { postCopyAfterMs } = this.#settings;
    if (postCopyAfterMs === null) return [];
    const atMs = postCopyAfterMs + WATCH_MS * this.#random.nextUnit();
    return [{ atMs, order: { kind: "post-copy" } }];
  }

  /** Until when the migration is left alone. */
  #nextOrderMs(patienceMs: Milliseconds): Milliseconds {
    return Math.min(patienceMs, this.#hand.nextMs);
  }

  /** Whoever steers hears that a pass is over, and does what is due. */
  #steer(): PredictedRun | null {
    this.#hand.hear({
      nowMs: this.#now,
      pass: this.#passes,
      remainingBytes: this.#waiting.count * PAGE_SIZE,
      sentBytes: this.#bytes,
      bandwidth: this.#windows.bandwidth,
    });
    return this.#obey();
  }

  /** Does what is due; answers how the migration ended if that was its end. */
  #obey(): PredictedRun | null {
    for (;;) {
      const order = this.#hand.take(this.#now, this.#passes);
      if (order === null) return null;
      const ended = this.#carryOut(order);
      if (ended !== null) return ended;
    }
  }

  #carryOut(order: Order): PredictedRun | null {
    switch (order.kind) {
      case "downtime-limit":
        this.#downtimeLimitMs = order.ms;
        this.#thresholdPages = this.#windows.thresholdPages(order.ms);
        return null;
      case "pause":
        this.#pausedAtMs ??= this.#now;
        return null;
      case "post-copy":
        return this.#postCopy();
      case "abort":
        return { ...this.#report(false, 0), abortedBecause: order.because };
    }
  }

  /** Passes change nothing any more: they go on like that until the next order. */
  #wait(untilMs: Milliseconds): void {
    const longer = Math.max(1, untilMs / this.#now);
    this.#bytes *= longer;
    this.#now *= longer;
  }

  /**
   * The first pass: every page, in order of addresses. It ends when what remains is below the threshold;
   * answers whether that was before `end`.
   */
  #fullCopy(end: Milliseconds): boolean {
    const { nonzero, zero, count } = this.#waiting;
    const perWindow = this.#windows.freshPages();
    const tail = Math.min(count, this.#windows.thresholdPages(this.#downtimeLimitMs));
    const tailNonzero = this.#waiting.topNonzero(tail);
    const tailZero = tail - tailNonzero;
    const head = nonzero - tailNonzero;
    // Zero pages lie between the others, so they are sent as the others go.
    const zeroPerPage = head > 0 ? Math.max(0, zero - tailZero) / head : 0;
    const weight = 1 + (zeroPerPage * ZERO_PAGE_BYTES) / RAW_PAGE_BYTES;
    const needed = Math.max(1, Math.ceil((head * weight) / perWindow));
    const windows = this.#windows.within(end - this.#now, needed);
    const sent = Math.min(nonzero, (windows * perWindow) / weight);
    const all = nonzero + (zero * ZERO_PAGE_BYTES) / RAW_PAGE_BYTES;
    if (windows === needed && windows * perWindow >= all) {
      this.#sendAll(windows, all - (windows - 1) * perWindow, tailZero);
      return true;
    }
    const leftZero =
      sent < head
        ? Math.min(zero, tailZero + (head - sent) * zeroPerPage)
        : tailZero * ((nonzero - sent) / Math.max(1, tailNonzero));
    this.#bytes += sent * RAW_PAGE_BYTES + (zero - leftZero) * ZERO_PAGE_BYTES;
    this.#waiting.leaveTail(sent, leftZero);
    this.#elapse(this.#windows.lastMs(windows) + this.#windows.scanMs(zero - leftZero, windows));
    return windows === needed;
  }

  /** The last window of the first pass has room for all that is left: the log is looked at right away. */
  #sendAll(windows: number, lastPages: PageCount, lastZero: PageCount): void {
    const { nonzero, zero } = this.#waiting;
    this.#bytes += nonzero * RAW_PAGE_BYTES + zero * ZERO_PAGE_BYTES;
    this.#waiting.leaveTail(nonzero, 0);
    const sendMs = (lastPages * RAW_PAGE_BYTES) / uncappedPerMs(this.#hosts);
    const freshMs = drawFreshMs(lastPages + ZERO_TOUCH * lastZero, this.#hosts, this.#random);
    const lastMs = Math.min(WINDOW_MS, Math.max(sendMs, freshMs));
    this.#elapse(this.#windows.lastMs(windows - 1) + lastMs + this.#windows.scanMs(zero, windows));
  }

  /** Any later pass: what was dirty at its start. Answers whether it was over before `end`. */
  #pass(end: Milliseconds): boolean {
    const remaining = this.#waiting.count;
    const bytes = this.#waiting.bytes(this.#pageCosts());
    const perWindow = this.#windows.pages(bytes / remaining);
    const needed = Math.max(1, Math.ceil((remaining - this.#thresholdPages) / perWindow));
    const whole = Math.min(needed, this.#windowsBetweenLooks());
    const windows = this.#windows.within(end - this.#now, whole);
    const sent = Math.min(remaining, windows * perWindow);
    const share = sent / remaining;
    this.#bytes += bytes * share;
    this.#cache?.noteSent(share, this.#passGuestMs ?? 0);
    this.#waiting.leave(1 - share);
    // All sent before the last window is over: the log is looked at right away.
    const last = remaining - (windows - 1) * perWindow;
    const lastMs = Math.min(WINDOW_MS, (last * (bytes / remaining)) / uncappedPerMs(this.#hosts));
    const isEarly = windows * perWindow >= remaining;
    this.#elapse(
      isEarly ? this.#windows.lastMs(windows - 1) + lastMs : this.#windows.lastMs(windows),
    );
    return windows === whole;
  }

  /** A long pass is looked into for auto-converge's sake, by versions that do so. */
  #windowsBetweenLooks(): number {
    const { throttleSyncMs } = this.#profile;
    const looks = throttleSyncMs !== null && this.#settings.autoConverge !== null;
    return looks ? Math.ceil(throttleSyncMs / WINDOW_MS) : Number.POSITIVE_INFINITY;
  }

  /** The guest's speed, as its throttle leaves it. */
  get #speed(): number {
    return throttledSpeed(this.#throttle.throttle, this.#hosts.catchUpMs) * this.#pace;
  }

  /** Time passes; the guest runs at the speed its throttle leaves it. */
  #elapse(ms: Milliseconds): void {
    this.#now += ms;
    this.#thresholdPages = this.#windows.thresholdPages(this.#downtimeLimitMs);
    if (this.#pausedAtMs !== null) return;
    this.#guestMs += ms * this.#speed;
  }

  /** A pass is over: what was written meanwhile is dirty now, and auto-converge takes account of it. */
  #lookAtLog(): void {
    const newlyDirty = this.#waiting.harvest(this.#guestMs, this.#passGuestMs);
    this.#now += throttledLogWaitMs(this.#throttle.throttle, this.#hosts, this.#random);
    this.#passGuestMs = this.#guestMs;
    this.#guestMs = 0;
    this.#passes += 1;
    const { autoConverge } = this.#settings;
    if (autoConverge === null) return;
    const now = fromMilliseconds(this.#now);
    const harvest = { now, newlyDirty, totalBytesSent: this.#bytes };
    const { throttle } = this.#throttle;
    this.#throttle = accountHarvest(this.#throttle, harvest, autoConverge);
    if (this.#throttle.throttle !== throttle) this.#hand.noteChange(this.#now, this.#passes);
  }

  #isFewEnough(): boolean {
    if (this.#waiting.count < 1) return true;
    return this.#profile.switchesAtThreshold
      ? this.#waiting.count <= this.#thresholdPages
      : this.#waiting.count < this.#thresholdPages;
  }

  /** The guest stops and the rest follows, no longer capped. */
  #stopAndCopy(): PredictedRun {
    const bytes = this.#waiting.bytes(this.#pageCosts());
    const all = bytes + this.#profile.deviceBytes;
    const downMs = drawDowntimeMs(all, this.#waiting.fresh, this.#hosts, this.#random);
    this.#bytes += bytes;
    this.#passes += 1;
    this.#now += downMs;
    return this.#report(true, downMs);
  }

  /** The guest goes ahead; what still waits follows while it runs. */
  #postCopy(): PredictedRun {
    this.#lookAtLog();
    const bytes = this.#waiting.bytes(this.#guest.classes.map(() => RAW_PAGE_BYTES));
    const { zero: zeroPages, staleStretches } = this.#waiting;
    const left = { bytes, zeroPages, staleStretches };
    const { downtimeMs, pullMs, faultMs } = drawPull(left, this.#hosts, this.#random);
    this.#bytes += bytes;
    this.#now += downtimeMs + pullMs;
    const pull = predictPull(this.#guest.classes, [...this.#waiting.dirty], pullMs, faultMs);
    return { ...this.#report(true, downtimeMs), pull };
  }

  #report(completed: boolean, downtimeMs: Milliseconds): PredictedRun {
    return {
      completed,
      totalMs: this.#now,
      // A guest that was stopped before is down from then on.
      downtimeMs: this.#pausedAtMs === null ? downtimeMs : this.#now - this.#pausedAtMs,
      bytes: this.#bytes,
      passes: this.#passes,
      throttle: this.#throttle.throttle,
      remainingPages: this.#waiting.count,
      thresholdPages: this.#thresholdPages,
      downtimeLimitMs: this.#downtimeLimitMs,
      pull: null,
      pausedAtMs: this.#pausedAtMs,
      abortedBecause: null,
    };
  }

  /** Wire bytes of a dirty page of each class. Deltas begin when the scan has come round once. */
  #pageCosts(): Bytes[] {
    const cache = this.#cache;
    const passMs = this.#passGuestMs ?? 0;
    return this.#guest.classes.map((one, index) =>
      cache === null || this.#passes <= 2 ? RAW_PAGE_BYTES : cache.pageBytes(index, one, passMs),
    );
  }
}
