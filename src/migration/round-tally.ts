import { type PageBatch, RAW_RECORD_BYTES, ZERO_RECORD_BYTES } from "../memory/guest-memory.js";
import {
  type Bytes,
  type Nanoseconds,
  type PageCount,
  type Share,
  toMilliseconds,
} from "../units.js";
import type { BytesByKind, PagesByKind, RoundPhase, RoundReport } from "./report.js";

/** What a round has sent so far. */
export class RoundTally {
  readonly round: number;
  readonly phase: RoundPhase;
  readonly startedAt: Nanoseconds;
  zero: PageCount = 0;
  raw: PageCount = 0;
  delta: PageCount = 0;
  unchanged: PageCount = 0;
  skipped: PageCount = 0;
  /** Of pages and, in the stop-and-copy round, state. */
  bytes: Bytes = 0;
  #pageBytes: Bytes = 0;

  constructor(round: number, phase: RoundPhase, startedAt: Nanoseconds) {
    this.round = round;
    this.phase = phase;
    this.startedAt = startedAt;
  }

  get pagesSent(): PageCount {
    return this.zero + this.raw + this.delta;
  }

  /** Adds a batch; answers how many pages it took off the pending set. */
  add(batch: PageBatch): PageCount {
    this.zero += batch.zero;
    this.raw += batch.raw;
    this.delta += batch.delta;
    this.unchanged += batch.unchanged;
    this.skipped += batch.skipped;
    this.bytes += batch.bytes;
    this.#pageBytes += batch.bytes;
    return batch.zero + batch.raw + batch.delta + batch.unchanged + batch.skipped;
  }

  /** The finished round as an immutable record. */
  report(
    request: Nanoseconds,
    now: Nanoseconds,
    dirtyPagesAtEnd: PageCount,
    throttle: Share,
  ): RoundReport {
    return Object.freeze({
      round: this.round,
      phase: this.phase,
      startMs: toMilliseconds(this.startedAt - request),
      durationMs: toMilliseconds(now - this.startedAt),
      pagesSent: this.pagesSent,
      pagesByKind: Object.freeze({ zero: this.zero, raw: this.raw, delta: this.delta }),
      bytesByKind: this.#bytesByKind(),
      unchangedPages: this.unchanged,
      skippedPages: this.skipped,
      bytesSent: this.bytes,
      dirtyPagesAtEnd,
      throttle,
    });
  }

  #bytesByKind(): BytesByKind {
    const zero = this.zero * ZERO_RECORD_BYTES;
    const raw = this.raw * RAW_RECORD_BYTES;
    return Object.freeze({ zero, raw, delta: this.#pageBytes - zero - raw });
  }
}

/** Pages by kind over all rounds. */
export function sumPages(rounds: readonly RoundReport[]): PagesByKind {
  const sum = { zero: 0, raw: 0, delta: 0 };
  for (const { pagesByKind } of rounds) {
    sum.zero += pagesByKind.zero;
    sum.raw += pagesByKind.raw;
    sum.delta += pagesByKind.delta;
  }
  return sum;
}
