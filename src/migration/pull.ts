import type { SteppedGuest } from "../machine/sides.js";
import type { AbsentPages } from "../memory/absent-pages.js";
import type { PageBatch } from "../memory/guest-memory.js";
import { RAW_RECORD_BYTES } from "../memory/guest-memory.js";
import { type Nanoseconds, type PageCount, type PageIndex, SECOND } from "../units.js";
import { FaultTally } from "./fault-tally.js";
import { Flights } from "./flights.js";
import type { Migration } from "./migration.js";
import { createPrepaging, type Prepaging } from "./prepaging.js";
import type { RoundTally } from "./round-tally.js";
import { giveCpuBack, stealCpu } from "./stolen-cpu.js";
import { judgeProof } from "./switchover.js";

/** Shortest piece of the active push, and into how many a pull without faults is cut. */
const SHORTEST_PIECE_NS: Nanoseconds = 10_000;
const PIECES = 65_536;

/**
 * The pull phase of post-copy: the guest runs at the target, the pages of `pending` are absent there.
 * The source pushes them in the order of prepaging; a page that the guest touches first is asked for and
 * goes ahead of all else. Each page crosses once, since a sent page is no longer pending.
 */
export async function pullPages(m: Migration, guest: SteppedGuest): Promise<void> {
  stealCpu(m, m.options.host.targetCpuSecondsPerGiB, m.options.pullBandwidth);
  const tally = m.beginRound("pull");
  const pull = new Pull(m, guest, tally);
  try {
    while (m.remaining > 0) await pull.step();
    await pull.awaitFlights();
  } catch (error) {
    pull.abandon();
    throw error;
  } finally {
    m.faults = pull.faults.report();
  }
  giveCpuBack(m);
  m.endRound(tally);
  proveArrivals(m, guest, pull.differing);
}

/** Each page was compared as it came; at the end all are again that the guest has not written since. */
function proveArrivals(m: Migration, guest: SteppedGuest, differingAtArrival: PageCount): void {
  if (!m.machine.memory.hasContents || !m.options.verify) return;
  judgeProof(m, differingAtArrival + m.target.memory.countDiffering(guest.written));
}

/** A page that the guest has asked for. */
interface PageRequest {
  readonly page: PageIndex;
  readonly faultedAt: Nanoseconds;
  /** When the source hears of it. */
  readonly reachesAt: Nanoseconds;
}

class Pull {
  readonly faults: FaultTally;
  differing: PageCount = 0;
  readonly #m: Migration;
  readonly #guest: SteppedGuest;
  readonly #tally: RoundTally;
  readonly #absent: AbsentPages;
  readonly #flights: Flights;
  readonly #prepaging: Prepaging;
  readonly #shortestNs: Nanoseconds;
  readonly #longestNs: Nanoseconds;
  /** The guest has run (or stalled) up to here. */
  #guestAt: Nanoseconds;
  #request: PageRequest | null = null;
  /** The link has failed for good. */
  #isCut = false;

  constructor(m: Migration, guest: SteppedGuest, tally: RoundTally) {
    this.#m = m;
    this.#guest = guest;
    this.#tally = tally;
    this.faults = new FaultTally(m.observer);
    const absent = m.createBitmap();
    absent.copyFrom(m.pending);
    this.#absent = guest.expect(absent);
    this.#flights = new Flights(this.#absent, m.pending);
    this.#prepaging = createPrepaging(m.options.prepaging, m.options.pivots, m.pending);
    const wholeNs = ((m.remaining * RAW_RECORD_BYTES) / Math.max(1, m.link.rate())) * SECOND;
    this.#shortestNs = Math.max(SHORTEST_PIECE_NS, Math.ceil(m.link.roundTripNs / 2));
    this.#longestNs = Math.max(this.#shortestNs, Math.ceil(wholeNs / PIECES));
    this.#guestAt = m.clock.now();
  }

  /**
   * One piece of the push, or one page asked for. Whatever is sent from now on arrives a flight later at
   * the earliest, so the guest can run ahead of the source by that much, and its faults are known in time.
   */
  async step(): Promise<void> {
    const { clock, link } = this.#m;
    const now = clock.now();
    if (!this.#request) this.#runGuest(link.arrivalAt(now));
    const request = this.#request;
    if (request && request.reachesAt <= now) await this.#answer(request.page);
    else
      await this.#push(
        request ? Math.min(request.reachesAt, now + this.#longestNs) : this.#pieceEnd(now),
      );
  }

  /** Lets the guest run until everything has arrived. */
  async awaitFlights(): Promise<void> {
    const { clock, link } = this.#m;
    const last = this.#flights.lastArrival ?? clock.now();
    this.#runGuest(last);
    await clock.sleepUntil(Math.max(last, this.#guestAt));
    await link.arrive();
  }

  /** The link is gone: the guest runs to the first page that it misses, and stops there. */
  abandon(): void {
    const { clock } = this.#m;
    this.#isCut = true;
    if (!this.#request) this.#runGuest(clock.now());
    const request = this.#request;
    if (request)
      this.#stall(request.page, request.faultedAt, Math.max(clock.now(), request.faultedAt));
    this.#guest.abandon();
  }

  /** A piece may last until the next request could come in, so that no page asked for waits behind it. */
  #pieceEnd(now: Nanoseconds): Nanoseconds {
    const flight = Math.ceil(this.#m.link.roundTripNs / 2);
    const request = this.#guest.untroubledUntil(this.#absent) + flight;
    return Math.min(Math.max(request, now + this.#shortestNs), now + this.#longestNs);
  }

  async #push(until: Nanoseconds): Promise<void> {
    const { link, machine, pending, options, clock } = this.#m;
    const limit = link.capacityUntil(until, options.pullBandwidth);
    const range = this.#prepaging.next(limit);
    if (!range) return;
    const startNs = clock.now();
    // The page that passes the limit is sent too, so one page less may be asked for.
    const batch = machine.memory.take({
      pending,
      from: range.from,
      to: range.to,
      limit: Math.max(0, limit - RAW_RECORD_BYTES),
    });
    await link.transmit(batch.bytes, options.pullBandwidth);
    range.advance(batch.next);
    await this.#sent(batch, range.from, startNs);
  }

  /** Sends the page that the guest waits for. */
  async #answer(page: PageIndex): Promise<void> {
    const { link, machine, pending, clock } = this.#m;
    const startNs = clock.now();
    const batch = machine.memory.take({ pending, from: page, to: page + 1, limit: 0 });
    await link.transmit(batch.bytes, Number.POSITIVE_INFINITY);
    await this.#sent(batch, page, startNs);
  }

  async #sent(batch: PageBatch, from: PageIndex, startNs: Nanoseconds): Promise<void> {
    const { clock, link, options, pending, target } = this.#m;
    await this.#m.deliver(batch, this.#tally, from, startNs);
    if (batch.records && options.verify) {
      this.differing += target.memory.countDifferingReceived(batch.records);
    }
    this.#flights.leave(from, batch.next, link.arrivalAt(clock.now()));
    // The page asked for is on its way, by its request or since the push came first.
    const request = this.#request;
    if (!request || pending.has(request.page)) return;
    this.#request = null;
    this.#prepaging.faulted(request.page);
    this.#stall(request.page, request.faultedAt, this.#flights.arrivalOf(request.page));
  }

  /** Runs the guest up to an instant, pages arriving meanwhile, or until it needs a page from the source. */
  #runGuest(until: Nanoseconds): void {
    while (this.#guestAt < until && !this.#request) {
      this.#flights.land(this.#guestAt);
      const end = Math.min(this.#flights.nextArrival, until);
      const fault = this.#guest.runUntil(end, this.#absent);
      this.#guestAt = fault ? fault.at : end;
      if (fault) this.#fault(fault.page, fault.at);
    }
    this.#flights.land(this.#guestAt);
  }

  #fault(page: PageIndex, faultedAt: Nanoseconds): void {
    if (!this.#m.pending.has(page)) {
      this.#stall(page, faultedAt, this.#flights.arrivalOf(page));
      return;
    }
    this.faults.networkFaults += 1;
    const reachesAt = this.#isCut ? Number.POSITIVE_INFINITY : this.#m.link.arrivalAt(faultedAt);
    this.#request = { page, faultedAt, reachesAt };
  }

  #stall(page: PageIndex, from: Nanoseconds, until: Nanoseconds): void {
    this.faults.add(page, from, until);
    this.#guest.stallUntil(until);
    this.#guestAt = until;
    this.#flights.land(until);
  }
}
