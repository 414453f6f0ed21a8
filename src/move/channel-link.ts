import { type Bytes, type BytesPerSecond, type Nanoseconds, SECOND } from "../units.js";
import type { Clock } from "../world/clock.js";
import type { Link } from "../world/link.js";

/** What a link over a channel is made with. */
export interface ChannelLinkOptions {
  readonly clock: Clock;
  /** Most bytes under way: sent, and not yet taken in by the target. */
  readonly windowBytes: Bytes;
  /** Lets whatever else waits in this thread have its turn, the guest above all. */
  readonly nextTurn: () => Promise<void>;
  /** Whether anybody waits for turns. */
  readonly sharesThread: () => boolean;
}

/** What is taken to be the rate before any was measured: 1 Gbit/s. */
const FIRST_RATE: BytesPerSecond = 1.25e8;
/** Rates are measured over the last of such stretches of a busy link. */
const STRETCH_NS: Nanoseconds = 100_000_000;
/** What compression gains is measured over the last of such stretches of records. */
const GAIN_BYTES: Bytes = 4 * 2 ** 20;
/** How long the source may work before others have their turn. */
const LONGEST_TURN_NS: Nanoseconds = 1_000_000;
/** What timers oversleep is made up for, so much of it. */
const MOST_CREDIT_NS: Nanoseconds = 10_000_000;

/**
 * The link that a channel is: bytes may leave as long as the target keeps up, at most at the rate that was
 * asked for. Its rate is what the target took in while there was something under way.
 */
export class ChannelLink implements Link {
  readonly clock: Clock;
  roundTripNs: Nanoseconds = 0;
  readonly #options: ChannelLinkOptions;
  #sent: Bytes = 0;
  #taken: Bytes = 0;
  /** The next byte may leave then, by the cap. */
  #leavesAt: Nanoseconds = 0;
  #cap: BytesPerSecond = Number.POSITIVE_INFINITY;
  #turnAt: Nanoseconds = 0;
  #busySince: Nanoseconds = 0;
  #busyNs: Nanoseconds = 0;
  #busyBytes: Bytes = 0;
  #waiting: (() => void)[] = [];
  #failure: Error | null = null;
  /** Bytes that compression has kept off the wire. */
  savedBytes: Bytes = 0;
  /** What left lately: bytes of records, and what they took on the wire. */
  #records: Bytes = 0;
  #wireBytes: Bytes = 0;

  constructor(options: ChannelLinkOptions) {
    this.clock = options.clock;
    this.#options = options;
    this.#turnAt = this.clock.now();
  }

  /** Bytes under way. */
  get underWay(): Bytes {
    return this.#sent - this.#taken;
  }

  /** Bytes of records that get across: more than cross the wire, where they are compressed. */
  rate(): BytesPerSecond {
    return this.wireRate() * this.#gain;
  }

  /** Bytes that cross the wire. */
  wireRate(): BytesPerSecond {
    return this.#busyNs > 0 ? (this.#busyBytes * SECOND) / this.#busyNs : FIRST_RATE;
  }

  capacityUntil(instant: Nanoseconds, cap: BytesPerSecond): Bytes {
    const left = Math.max(0, instant - this.clock.now());
    return Math.floor((Math.min(this.wireRate(), cap) * this.#gain * left) / SECOND);
  }

  /** Resolves when so many bytes may leave; whoever sends them says so to {@link ChannelLink.left}. */
  async transmit(bytes: Bytes, cap: BytesPerSecond): Promise<void> {
    await this.breathe();
    await this.clock.sleepUntil(this.opensAt(cap));
    while (this.underWay > 0 && this.underWay + bytes > this.#options.windowBytes) {
      await this.news();
    }
    if (this.#failure) throw this.#failure;
  }

  /** When the next byte may leave by a cap; where there is none, at once. */
  opensAt(cap: BytesPerSecond): Nanoseconds {
    this.#cap = cap;
    return cap === Number.POSITIVE_INFINITY ? 0 : this.#leavesAt;
  }

  /** Lets others have their turn when the source has worked for long. */
  async breathe(): Promise<void> {
    if (!this.#options.sharesThread()) return;
    if (this.clock.now() - this.#turnAt <= LONGEST_TURN_NS) return;
    await this.#options.nextTurn();
    this.#turnAt = this.clock.now();
  }

  /**
   * Bytes have been given to the channel.
   *
   * @param records - Bytes of records that they stand for.
   */
  left(bytes: Bytes, records: Bytes = bytes): void {
    this.savedBytes += records - bytes;
    this.#records += records;
    this.#wireBytes += bytes;
    if (this.#records > GAIN_BYTES) {
      this.#records /= 2;
      this.#wireBytes /= 2;
    }
    const now = this.clock.now();
    if (this.underWay === 0) this.#busySince = now;
    this.#sent += bytes;
    this.#leavesAt =
      Math.max(now - MOST_CREDIT_NS, this.#leavesAt) + Math.round((bytes * SECOND) / this.#cap);
  }

  /** The target has taken in so many bytes since the start. False when it cannot have. */
  taken(total: Bytes): boolean {
    if (total < this.#taken || total > this.#sent) return false;
    const now = this.clock.now();
    this.#busyNs += now - this.#busySince;
    this.#busyBytes += total - this.#taken;
    this.#busySince = now;
    if (this.#busyNs > STRETCH_NS) {
      this.#busyNs /= 2;
      this.#busyBytes /= 2;
    }
    this.#taken = total;
    this.tell();
    return true;
  }

  /** Goes on over a new channel, which has carried nothing yet. */
  renew(): void {
    this.#failure = null;
    this.#sent = 0;
    this.#taken = 0;
    this.#busySince = this.clock.now();
  }

  /** Bytes of records for each byte on the wire. */
  get #gain(): number {
    return this.#wireBytes > 0 ? this.#records / this.#wireBytes : 1;
  }

  /** Nothing will be taken any more. */
  fail(failure: Error): void {
    this.#failure ??= failure;
    this.tell();
  }

  /** Resolves when the target has taken something in; rejects when it never will. */
  news(): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (): void => (this.#failure ? reject(this.#failure) : resolve());
      if (this.#failure) wake();
      else this.#waiting.push(wake);
    });
  }

  arrivalAt(sentAt: Nanoseconds): Nanoseconds {
    return sentAt + Math.ceil(this.roundTripNs / 2);
  }

  async arrive(): Promise<void> {
    while (this.underWay > 0) await this.news();
  }

  /** Nothing is set aside: whatever else uses the line shows in its rate. */
  reserve(): BytesPerSecond {
    return 0;
  }

  /** Wakes whoever waits for news. */
  tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
