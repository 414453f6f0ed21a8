import type { AbsentPages } from "../memory/absent-pages.js";
import type { PageBatch } from "../memory/guest-memory.js";
import { RAW_RECORD_BYTES } from "../memory/guest-memory.js";
import {
  type Nanoseconds,
  type PageCount,
  type PageIndex,
  SECOND,
  toMilliseconds,
} from "../units.js";
import type { Migration } from "./migration.js";
import { createPrepaging, type Prepaging } from "./prepaging.js";
import type { FaultReport } from "./report.js";
import type { RoundTally } from "./round-tally.js";

/** Shortest piece of the active push, and into how many a pull without faults is cut. */
const SHORTEST_PIECE_NS: Nanoseconds = 10_000;
const PIECES = 65_536;

/** Pages on their way to the target. */
interface Flight {
  readonly arrivesAt: Nanoseconds;
  readonly from: PageIndex;
  readonly to: PageCount;
}

/**
 * The pull phase of post-copy: the guest runs at the target, the pages of `pending` are absent there.
 * The source pushes them in the order of prepaging; a page that the guest touches first is asked for and
 * goes ahead of all else. Each page crosses once, since a sent page is no longer pending.
 */
export async function pullPages(m: Migration): Promise<void> {
  const pull = new Pull(m);
  const tally = m.beginRound("pull");
  try {
    while (m.remaining > 0) await pull.step(tally);
    await pull.awaitFlights();
  } finally {
    m.faults = pull.faultReport();
  }
  m.endRound(tally);
  if (m.machine.memory.hasContents && m.options.verify) {
    m.verified = pull.differing === 0 && m.target.memory.countDiffering(m.target.written) === 0;
  }
}

class Pull {
  differing: PageCount = 0;
  readonly #m: Migration;
  readonly #absent: AbsentPages;
  readonly #prepaging: Prepaging;
  readonly #flightNs: Nanoseconds;
  readonly #longestPieceNs: Nanoseconds;
  readonly #flights: Flight[] = [];
  /** The guest has run (or stalled) up to here. */
  #guestAt: Nanoseconds;
  /** A page asked for: when the request reaches the source. */
  #request: {
    readonly page: PageIndex;
    readonly faultedAt: Nanoseconds;
    readonly reachesAt: Nanoseconds;
  } | null = null;
  #faults = 0;
  #networkFaults = 0;
  #stallNs = 0;
  #maxStallNs = 0;

  constructor(m: Migration) {
    this.#m = m;
    const absent = m.machine.createBitmap();
    absent.copyFrom(m.pending);
    this.#absent = m.target.expect(absent);
    this.#prepaging = createPrepaging(m.options.prepaging, m.options.pivots, m.pending);
    this.#flightNs = Math.ceil(m.link.roundTripNs / 2);
    const wholeNs = ((m.remaining * RAW_RECORD_BYTES) / Math.max(1, m.link.rate())) * SECOND;
    this.#longestPieceNs = Math.max(SHORTEST_PIECE_NS, this.#flightNs, Math.ceil(wholeNs / PIECES));
    this.#guestAt = m.clock.now();
  }

  /**
   * One piece of the push, or one page asked for. Whatever is sent from now on arrives a flight later at
   * the earliest, so the guest can run ahead of the source by that much, and its faults are known in time.
   */
  async step(tally: RoundTally): Promise<void> {
    const now = this.#m.clock.now();
    if (!this.#request) this.#runGuest(now + this.#flightNs);
    const request = this.#request;
    if (request && request.reachesAt <= now) {
      this.#request = null;
      await this.#answer(request.page, request.faultedAt, tally);
      return;
    }
    await this.#push(
      request ? Math.min(request.reachesAt, now + this.#longestPieceNs) : this.#pieceEnd(now),
      tally,
    );
  }

  /** Lets the guest run until everything has arrived. */
  async awaitFlights(): Promise<void> {
    const last = this.#flights.at(-1)?.arrivesAt ?? this.#m.clock.now();
    this.#runGuest(last);
    await this.#m.clock.sleepUntil(Math.max(last, this.#guestAt));
    await this.#m.link.arrive();
  }

  faultReport(): FaultReport {
    return {
      faults: this.#faults,
      networkFaults: this.#networkFaults,
      stallMs: toMilliseconds(this.#stallNs),
      meanStallMs: this.#faults === 0 ? 0 : toMilliseconds(this.#stallNs / this.#faults),
      maxStallMs: toMilliseconds(this.#maxStallNs),
    };
  }

  /** A piece may last until the next request could come in, so that no page asked for waits behind it. */
  #pieceEnd(now: Nanoseconds): Nanoseconds {
    const request = this.#m.target.untroubledUntil(this.#absent) + this.#flightNs;
    const shortest = now + Math.max(SHORTEST_PIECE_NS, this.#flightNs);
    return Math.min(Math.max(request, shortest), now + this.#longestPieceNs);
  }

  async #push(until: Nanoseconds, tally: RoundTally): Promise<void> {
    const { link, machine, pending, options } = this.#m;
    const limit = link.capacityUntil(until, options.pullBandwidth);
    const range = this.#prepaging.next(limit);
    if (!range) return;
    const startNs = this.#m.clock.now();
    // The page that passes the limit is sent too, so one page less may be asked for.
    const batch = machine.memory.take({
      pending,
      from: range.from,
      to: range.to,
      limit: Math.max(0, limit - RAW_RECORD_BYTES),
    });
    await link.transmit(batch.bytes, options.pullBandwidth);
    range.advance(batch.next);
    await this.#sent(batch, range.from, tally, startNs);
  }

  /** Sends the page that the guest waits for; it resumes when the page is there. */
  async #answer(page: PageIndex, faultedAt: Nanoseconds, tally: RoundTally): Promise<void> {
    const { link, machine, pending } = this.#m;
    const startNs = this.#m.clock.now();
    const batch = machine.memory.take({ pending, from: page, to: page + 1, limit: 0 });
    await link.transmit(batch.bytes, Number.POSITIVE_INFINITY);
    await this.#sent(batch, page, tally, startNs);
    this.#prepaging.faulted(page);
    this.#stall(page, faultedAt, this.#m.clock.now() + this.#flightNs);
  }

  async #sent(
    batch: PageBatch,
    from: PageIndex,
    tally: RoundTally,
    startNs: Nanoseconds,
  ): Promise<void> {
    await this.#m.deliver(batch, tally, from, startNs);
    if (batch.records && this.#m.options.verify) {
      this.differing += this.#m.target.memory.countDifferingReceived(batch.records);
    }
    this.#flights.push({ arrivesAt: this.#m.clock.now() + this.#flightNs, from, to: batch.next });
  }

  /** Runs the guest up to an instant, pages arriving meanwhile, or until it needs a page from the source. */
  #runGuest(until: Nanoseconds): void {
    while (this.#guestAt < until && !this.#request) {
      this.#land(this.#guestAt);
      const next = this.#flights[0];
      const end = next ? Math.min(next.arrivesAt, until) : until;
      const fault = this.#m.target.runUntil(end, this.#absent);
      this.#guestAt = fault ? fault.at : end;
      if (!fault) continue;
      this.#faults += 1;
      if (this.#m.pending.has(fault.page)) {
        this.#networkFaults += 1;
        this.#request = {
          page: fault.page,
          faultedAt: fault.at,
          reachesAt: fault.at + this.#flightNs,
        };
      } else {
        this.#stall(fault.page, fault.at, this.#arrivalOf(fault.page));
      }
    }
    this.#land(this.#guestAt);
  }

  #stall(page: PageIndex, from: Nanoseconds, until: Nanoseconds): void {
    const stall = until - from;
    this.#stallNs += stall;
    this.#maxStallNs = Math.max(this.#maxStallNs, stall);
    this.#m.target.stallUntil(until);
    this.#guestAt = until;
    this.#m.observer?.faulted(page, from, until);
    this.#land(until);
  }

  /** Pages whose flight has ended are present. */
  #land(instant: Nanoseconds): void {
    let landed = 0;
    for (const { arrivesAt, from, to } of this.#flights) {
      if (arrivesAt > instant) break;
      this.#absent.arrive(this.#m.pending, from, to);
      landed += 1;
    }
    if (landed > 0) this.#flights.splice(0, landed);
  }

  #arrivalOf(page: PageIndex): Nanoseconds {
    const flight = this.#flights.find(({ from, to }) => page >= from && page < to);
    return Math.max(this.#guestAt, flight?.arrivesAt ?? this.#guestAt);
  }
}
