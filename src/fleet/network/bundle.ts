import type { Bytes, BytesPerSecond, Nanoseconds } from "../../units.js";
import type { Bottleneck } from "./bottleneck.js";
import type { Flow } from "./flow.js";
import { Heap, type HeapItem } from "./heap.js";
import { Pace } from "./pace.js";

/** A bundle's use of a contended link. */
export interface Use extends HeapItem {
  readonly bundle: Bundle;
  readonly bottleneck: Bottleneck;
  /** Bytes that cross the link for each byte a flow carries: 1 on its route, less on the way back. */
  readonly share: number;
  /** Place among the link's coupled members, -1 when it is none. */
  coupledPlace: number;
}

/**
 * Flows that cross the same contended links and are capped at the same level. Max-min fairness cannot tell
 * them apart, so they always have one level, and are moved from one bottleneck to another as one.
 */
export class Bundle implements HeapItem {
  readonly uses: Use[] = [];
  /** The level its flows have when no link holds them back. */
  readonly capLevel: BytesPerSecond = Number.NaN;
  readonly hash: number;
  /** Sum of its flows' weights. */
  weight: number = Number.NaN;
  /** Where its flows are held back; null when they reach their caps. */
  bottleneck: Bottleneck | null = null;
  pace: Pace;
  /** By their ends on the bundle's clock. */
  readonly flows: Heap<Flow> = new Heap();
  /** Among the bundles of its pace. */
  place = -1;
  /** The next bundle with the same hash. */
  next: Bundle | null = null;
  readonly #own: Pace;
  /** What the bundle's clock is ahead of its pace's. */
  #offset: number = Number.NaN;

  constructor(hash: number, capLevel: BytesPerSecond) {
    this.hash = hash;
    this.capLevel = capLevel;
    this.weight = 0;
    this.#offset = 0;
    this.#own = new Pace(capLevel);
    this.pace = this.#own;
  }

  /** Lets a flow go on here with so many bytes left. */
  add(flow: Flow, left: Bytes, now: Nanoseconds): void {
    const { pace } = this;
    const isFirst = this.flows.size === 0;
    if (pace.due.size === 0) pace.settle(now);
    if (isFirst) this.#offset = 0;
    flow.bundle = this;
    this.flows.add(flow, pace.clockAt(now) + this.#offset + left / flow.weight);
    this.weight += flow.weight;
    if (isFirst) pace.due.add(this, this.#firstEnd());
    else if (this.flows.top === flow) pace.due.rekey(this, this.#firstEnd());
  }

  remove(flow: Flow): void {
    const wasFirst = this.flows.top === flow;
    this.flows.remove(flow);
    flow.bundle = null;
    this.weight -= flow.weight;
    if (this.flows.size === 0) {
      this.weight = 0;
      this.pace.due.remove(this);
    } else if (wasFirst) this.pace.due.rekey(this, this.#firstEnd());
  }

  /** Bytes a flow of the bundle has yet to carry. */
  left(flow: Flow, now: Nanoseconds): Bytes {
    const clock = this.pace.clockAt(now) + this.#offset;
    return Math.min(flow.bytes, Math.max(0, (this.flows.keyOf(flow) - clock) * flow.weight));
  }

  /** When its first flow ends. */
  firstCompletion(): Nanoseconds {
    return this.pace.timeOf(this.#firstEnd());
  }

  /** Goes on at the pace of a bottleneck, or at its own when that is null. */
  follow(bottleneck: Bottleneck | null, now: Nanoseconds): void {
    const pace = bottleneck === null ? this.#own : bottleneck.pace;
    this.bottleneck = bottleneck;
    const clock = this.pace.clockAt(now) + this.#offset;
    this.pace.due.remove(this);
    if (pace.due.size === 0) pace.settle(now);
    this.#offset = clock - pace.clockAt(now);
    this.pace = pace;
    pace.due.add(this, this.#firstEnd());
  }

  #firstEnd(): number {
    return this.flows.topKey - this.#offset;
  }
}
