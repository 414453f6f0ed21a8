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

/** A stretch of time over which the line's rate does not change; 0: the link is down. */
interface Segment {
  readonly from: Nanoseconds;
  readonly until: Nanoseconds;
  readonly lineRate: BytesPerSecond;
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

/** Outages in order, those that overlap joined. */
function joinedOutages({
  outages,
}: SimulatedLinkOptions): { from: Nanoseconds; until: Nanoseconds }[] {
  const joined: { from: Nanoseconds; until: Nanoseconds }[] = [];
  for (const { atNs, durationNs } of [...outages].sort((a, b) => a.atNs - b.atNs)) {
    const last = joined.at(-1);
    if (last && atNs <= last.until) last.until = Math.max(last.until, atNs + durationNs);
    else joined.push({ from: atNs, until: atNs + durationNs });
  }
  return joined;
}

/** All of time as stretches of one rate each. */
function segmentsOf(options: SimulatedLinkOptions): readonly Segment[] {
  const outages = joinedOutages(options);
  const instants = new Set<Nanoseconds>([0]);
  for (const { atNs } of options.bandwidth) instants.add(atNs);
  for (const { from, until } of outages) instants.add(from).add(until);
  const bounds = [...instants].filter(Number.isFinite).sort((a, b) => a - b);
  let step = -1;
  let outage = 0;
  return bounds.map((from, index) => {
    while ((options.bandwidth[step + 1]?.atNs ?? NEVER) <= from) step += 1;
    while ((outages[outage]?.until ?? NEVER) <= from) outage += 1;
    const isDown = (outages[outage]?.from ?? NEVER) <= from;
    const lineRate = isDown ? 0 : (options.bandwidth[step]?.rate ?? 0);
    return { from, until: bounds[index + 1] ?? NEVER, lineRate };
  });
}

/** A link in simulated time: its transfers move the clock. */
export class SimulatedLink implements Link {
  readonly clock: SimulatedClock;
  readonly roundTripNs: Nanoseconds;
  readonly #options: SimulatedLinkOptions;
  readonly #segments: readonly Segment[];
  /** The segment last asked for; time moves on, so the next is it or near it. */
  #at = 0;
  #reserved: BytesPerSecond = 0;

  constructor(clock: SimulatedClock, options: SimulatedLinkOptions) {
    this.clock = clock;
    this.roundTripNs = options.roundTripNs;
    this.#options = options;
    this.#segments = segmentsOf(options);
  }

  rate(): BytesPerSecond {
    return this.#rateOf(this.#segmentAt(this.clock.now()));
  }

  reserve(rate: BytesPerSecond): BytesPerSecond {
    this.#reserved = 0;
    this.#reserved = Math.min(rate, this.rate() * (1 - LEAST_SHARE));
    return this.#reserved;
  }

  capacityUntil(instant: Nanoseconds, cap: BytesPerSecond): Bytes {
    let bytes = 0;
    for (let now = this.clock.now(); now < instant; ) {
      const segment = this.#segmentAt(now);
      const end = Math.min(segment.until, instant);
      bytes += (Math.min(this.#rateOf(segment), cap) * (end - now)) / SECOND;
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
      const rate = Math.min(this.#rateOf(segment), cap);
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

  arrivalAt(sentAt: Nanoseconds): Nanoseconds {
    const flight = Math.ceil(this.roundTripNs / 2);
    for (let left = this.#skipOutage(sentAt); ; ) {
      const { until } = this.#segmentAt(left);
      let end = until;
      while (end < left + flight && this.#segmentAt(end).lineRate > 0)
        end = this.#segmentAt(end).until;
      if (end >= left + flight) return left + flight;
      // What an outage catches in flight is sent again when the link is back.
      left = this.#skipOutage(end);
    }
  }

  async arrive(): Promise<void> {
    this.clock.advanceTo(this.arrivalAt(this.clock.now()));
  }

  #failForever(bytes: Bytes, rate: BytesPerSecond): never {
    const days = Math.floor(END_OF_TIME / SECOND / 86_400);
    throw new LinkFailedError(
      `${Math.round(bytes)} bytes at ${rate} bytes/s would end beyond the ${days} days of simulated time`,
      this.clock.now(),
    );
  }

  /** The first instant from `now` on at which the link is up; fails when that is too far away. */
  #skipOutage(now: Nanoseconds): Nanoseconds {
    const segment = this.#segmentAt(now);
    if (segment.lineRate > 0) return now;
    let end = segment.until;
    while (end < NEVER && this.#segmentAt(end).lineRate === 0) end = this.#segmentAt(end).until;
    const { timeoutNs } = this.#options;
    if (end - now > timeoutNs) {
      this.clock.advanceTo(Math.max(this.clock.now(), now + timeoutNs));
      throw new LinkFailedError(
        `the link went down at ${segment.from / SECOND} s and did not come back within ${timeoutNs / SECOND} s`,
        segment.from,
      );
    }
    return end;
  }

  #rateOf({ lineRate }: Segment): BytesPerSecond {
    if (lineRate === 0) return 0;
    const { otherTraffic, loss } = this.#options;
    const share = fairShare(lineRate, otherTraffic.rate, otherTraffic.flows);
    const usable = goodput(share, this.roundTripNs, loss);
    return Math.max(usable * LEAST_SHARE, usable - this.#reserved);
  }

  #segmentAt(now: Nanoseconds): Segment {
    while (this.#at > 0 && this.#segment.from > now) this.#at -= 1;
    while (this.#segment.until <= now) this.#at += 1;
    return this.#segment;
  }

  get #segment(): Segment {
    return this.#segments[this.#at] as Segment;
  }
}
