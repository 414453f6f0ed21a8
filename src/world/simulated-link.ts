import { LinkFailedError } from "../errors.js";
import {
  type Bytes,
  type BytesPerSecond,
  type Nanoseconds,
  SECOND,
  transferTime,
} from "../units.js";
import { END_OF_TIME, type SimulatedClock } from "./clock.js";
import type { Link } from "./link.js";

/** A simulated link's properties. */
export interface SimulatedLinkOptions {
  /** Rates from their instants on, ascending; the first at 0. */
  readonly bandwidth: readonly { readonly atNs: Nanoseconds; readonly rate: BytesPerSecond }[];
  readonly roundTripNs: Nanoseconds;
  /** Share of packets lost, 0 .. 1. */
  readonly loss: number;
  /** Traffic of others: what it would take if alone, and over how many flows. */
  readonly otherTraffic: { readonly rate: BytesPerSecond; readonly flows: number };
  /** When the link is down. */
  readonly outages: readonly { readonly atNs: Nanoseconds; readonly durationNs: Nanoseconds }[];
  /** A transfer that stalls for longer than this fails. */
  readonly timeoutNs: Nanoseconds;
}

/** A reserved stream leaves the pages at least this part of the link. */
const LEAST_SHARE = 0.1;

/** A stretch of time over which the link's rate does not change. */
interface Segment {
  readonly rate: BytesPerSecond;
  readonly until: Nanoseconds;
}

const NEVER = Number.POSITIVE_INFINITY;
/** TCP payload of an Ethernet packet. */
const SEGMENT_BYTES = 1460;
/** Constant of the square-root law: sqrt(3/2). */
const MATHIS_CONSTANT = 1.224744871391589;

/**
 * Rate that one TCP flow gets on a lossy path: losses are sent again, and the congestion window holds
 * the flow to MSS / RTT * sqrt(3 / 2p) (Mathis, Semke, Mahdavi & Ott 1997).
 */
export function goodput(
  rate: BytesPerSecond,
  roundTripNs: Nanoseconds,
  loss: number,
): BytesPerSecond {
  if (loss <= 0) return rate;
  const useful = rate * (1 - loss);
  if (roundTripNs <= 0) return useful;
  const window = (SEGMENT_BYTES * SECOND * MATHIS_CONSTANT) / (roundTripNs * Math.sqrt(loss));
  return Math.min(useful, window);
}

/** Max-min fair share of one flow beside `flows` others that offer `offered` together. */
export function fairShare(
  rate: BytesPerSecond,
  offered: BytesPerSecond,
  flows: number,
): BytesPerSecond {
  if (offered <= 0 || flows <= 0) return rate;
  return Math.max(rate - offered, rate / (flows + 1));
}

/** A link in simulated time: its transfers move the clock. */
export class SimulatedLink implements Link {
  readonly clock: SimulatedClock;
  readonly roundTripNs: Nanoseconds;
  readonly #options: SimulatedLinkOptions;
  readonly #boundaries: readonly Nanoseconds[];
  #reserved: BytesPerSecond = 0;

  constructor(clock: SimulatedClock, options: SimulatedLinkOptions) {
    this.clock = clock;
    this.roundTripNs = options.roundTripNs;
    this.#options = options;
    const instants = new Set<Nanoseconds>();
    for (const { atNs } of options.bandwidth) instants.add(atNs);
    for (const { atNs, durationNs } of options.outages) instants.add(atNs).add(atNs + durationNs);
    this.#boundaries = [...instants].sort((a, b) => a - b);
  }

  rate(): BytesPerSecond {
    return this.#segmentAt(this.clock.now()).rate;
  }

  reserve(rate: BytesPerSecond): void {
    this.#reserved = rate;
  }

  capacityUntil(instant: Nanoseconds, cap: BytesPerSecond): Bytes {
    let bytes = 0;
    for (let now = this.clock.now(); now < instant; ) {
      const segment = this.#segmentAt(now);
      const end = Math.min(segment.until, instant);
      bytes += (Math.min(segment.rate, cap) * (end - now)) / SECOND;
      now = end;
    }
    return Math.floor(bytes);
  }

  async transmit(bytes: Bytes, cap: BytesPerSecond): Promise<void> {
    let now = this.clock.now();
    let left = bytes;
    while (left > 0) {
      now = this.#skipOutage(now);
      const segment = this.#segmentAt(now);
      const rate = Math.min(segment.rate, cap);
      const needed = transferTime(left, rate);
      if (Math.min(now + needed, segment.until) > END_OF_TIME) this.#failForever(left, rate);
      if (now + needed <= segment.until) {
        now += needed;
        break;
      }
      left -= (rate * (segment.until - now)) / SECOND;
      now = segment.until;
    }
    this.clock.advanceTo(now);
  }

  async arrive(): Promise<void> {
    let now = this.clock.now();
    const flight = Math.ceil(this.roundTripNs / 2);
    now = this.#skipOutage(now);
    // A message that an outage catches in flight is sent again when the link is back.
    const cut = this.#options.outages.find(({ atNs }) => atNs > now && atNs < now + flight);
    if (cut) now = this.#skipOutage(cut.atNs);
    this.clock.advanceTo(now + flight);
  }

  #failForever(bytes: Bytes, rate: BytesPerSecond): never {
    const days = END_OF_TIME / SECOND / 86_400;
    throw new LinkFailedError(
      `the link is too slow: ${Math.round(bytes)} bytes at ${rate} bytes/s end beyond the ${Math.floor(days)} days of simulated time`,
      this.clock.now(),
    );
  }

  /** The first instant from `now` on at which the link is up; fails when that is too far away. */
  #skipOutage(now: Nanoseconds): Nanoseconds {
    let up = now;
    while (this.#isDown(up)) up = this.#segmentAt(up).until;
    if (up - now > this.#options.timeoutNs) {
      this.clock.advanceTo(now + this.#options.timeoutNs);
      throw new LinkFailedError(
        `the link went down at ${now / SECOND} s and did not come back within ${this.#options.timeoutNs / SECOND} s`,
        now,
      );
    }
    return up;
  }

  #isDown(now: Nanoseconds): boolean {
    return this.#options.outages.some(
      ({ atNs, durationNs }) => now >= atNs && now < atNs + durationNs,
    );
  }

  #segmentAt(now: Nanoseconds): Segment {
    const until = this.#boundaries.find((boundary) => boundary > now) ?? NEVER;
    if (this.#isDown(now)) return { rate: 0, until };
    const { bandwidth, otherTraffic, loss } = this.#options;
    const line = bandwidth.findLast(({ atNs }) => atNs <= now)?.rate ?? 0;
    const share = fairShare(line, otherTraffic.rate, otherTraffic.flows);
    const usable = goodput(share, this.roundTripNs, loss);
    return { rate: Math.max(usable * LEAST_SHARE, usable - this.#reserved), until };
  }
}
