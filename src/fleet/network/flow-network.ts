import { assert } from "../../errors.js";
import type { Bytes, BytesPerSecond, Nanoseconds } from "../../units.js";
import { Bottleneck } from "./bottleneck.js";
import type { Bundle } from "./bundle.js";
import { Bundles, Signature } from "./bundles.js";
import { Crossings } from "./crossings.js";
import { Flow, type FlowDemand, type FlowId, type LinkId } from "./flow.js";
import { MaxMin } from "./max-min.js";

/** A link counts as contended when its flows could take more than its capacity by this, which rounding cannot. */
const OVERLOAD = 1 + 1e-10;

/**
 * Flows that share links by weighted max-min fairness: all levels (rates for each unit of weight) rise
 * together, and a flow stops rising at its cap or where a link of its route is full.
 *
 * Links that could not be overloaded even if all their flows went as fast as each could alone are left out.
 * Flows that cross the same contended links under the same cap are one bundle; bundles held back by the same
 * link share its virtual clock. So a flow that starts or ends among thousands that share a link costs
 * O(log n), and only links whose level changes are looked at.
 *
 * Changes of one instant are taken together: levels are worked out when they are next asked for. Times are
 * whole nanoseconds and never go back. Latency and waiting are the caller's.
 */
export class FlowNetwork {
  readonly #capacity: Float64Array;
  /** What a link's flows would take if each went as fast as it could alone. */
  readonly #wish: Float64Array;
  readonly #crossed: Int32Array;
  /** Bytes that ended flows carried. */
  readonly #settled: Float64Array;
  readonly #bottlenecks: (Bottleneck | null)[];
  readonly #crossings: Crossings;
  readonly #bundles = new Bundles();
  readonly #signature = new Signature();
  readonly #maxMin = new MaxMin();
  readonly #flows: Flow[] = [];
  readonly #idle: FlowId[] = [];
  /** Flows that have carried their bytes and were not yet answered by `complete`, from #answered on. */
  readonly #ended: Flow[] = [];
  #answered = 0;
  #started = 0;
  #now: Nanoseconds = 0;

  /** @param capacities - of the links, in bytes per second; 0 for a link that is down. */
  constructor(capacities: ArrayLike<BytesPerSecond>) {
    const links = capacities.length;
    this.#capacity = Float64Array.from(capacities);
    this.#wish = new Float64Array(links);
    this.#crossed = new Int32Array(links);
    this.#settled = new Float64Array(links);
    this.#bottlenecks = new Array<Bottleneck | null>(links).fill(null);
    this.#crossings = new Crossings(links);
  }

  /** Flows under way, those that have ended but were not yet answered included. */
  get size(): number {
    return this.#flows.length - this.#idle.length;
  }

  /**
   * Starts a flow. One without bytes, or without a route and without a cap, ends at once: {@link complete}
   * answers it at `now`.
   */
  start(now: Nanoseconds, demand: FlowDemand): FlowId {
    this.#advance(now);
    const flow = this.#takeFlow(demand);
    if (flow.bytes === 0 || (demand.route.length === 0 && flow.cap === Infinity)) {
      this.#ended.push(flow);
      return flow.id;
    }
    this.#cross(flow, demand);
    flow.ceiling = this.#ceilingOf(flow);
    this.#wishFor(flow, flow.ceiling);
    this.#join(flow, flow.bytes);
    return flow.id;
  }

  /** Takes a flow away and answers the whole bytes it had carried. */
  cancel(now: Nanoseconds, id: FlowId): Bytes {
    this.#advance(now);
    const flow = this.#flow(id);
    let carried = flow.bytes;
    if (flow.bundle === null) {
      this.#ended.splice(this.#ended.indexOf(flow, this.#answered), 1);
    } else {
      carried = Math.floor(flow.bytes - flow.bundle.left(flow, now));
      this.#leave(flow);
      this.#end(flow, carried);
    }
    this.#idle.push(id);
    return carried;
  }

  /** Bytes per second a flow carries now; 0 when it has carried its bytes. */
  rateOf(id: FlowId): BytesPerSecond {
    this.#maxMin.settle(this.#now);
    const { bundle, weight } = this.#flow(id);
    return bundle === null ? 0 : bundle.pace.level * weight;
  }

  /** Bytes a flow has yet to carry, with their fraction. */
  remainingOf(id: FlowId, now: Nanoseconds): Bytes {
    this.#advance(now);
    const flow = this.#flow(id);
    return flow.bundle === null ? 0 : flow.bundle.left(flow, now);
  }

  /** Changes what a link lets through; 0 stops the flows that cross it. */
  setCapacity(now: Nanoseconds, link: LinkId, capacity: BytesPerSecond): void {
    assert(capacity >= 0, `a capacity is not below 0, got ${capacity}`);
    this.#advance(now);
    if (this.#crossed[link] === 0) {
      this.#capacity[link] = capacity;
      return;
    }
    const bottleneck = this.#bottlenecks[link] ?? this.#contend(link);
    this.#capacity[link] = capacity;
    bottleneck.capacity = capacity;
    this.#maxMin.mark(bottleneck);
    const crossings = this.#crossings;
    for (let c = crossings.firstOn(link); c >= 0; c = crossings.nextOnLink(c)) {
      this.#renewWish(this.#flow(crossings.flowOf(c)));
    }
  }

  /** Changes what a flow may carry at most; 0 holds it up. */
  setCap(now: Nanoseconds, id: FlowId, cap: BytesPerSecond): void {
    assert(cap >= 0, `a cap is not below 0, got ${cap}`);
    this.#advance(now);
    const flow = this.#flow(id);
    if (flow.bundle === null || flow.cap === cap) return;
    const left = flow.bundle.left(flow, now);
    this.#leave(flow);
    flow.cap = cap;
    this.#renewWish(flow);
    this.#join(flow, left);
  }

  /** When the next flow ends: whole nanoseconds, rounded up; Infinity when none will as things are. */
  nextCompletion(): Nanoseconds {
    if (this.#answered < this.#ended.length) return this.#now;
    this.#maxMin.settle(this.#now);
    return this.#maxMin.agenda.topKey;
  }

  /**
   * The flows that end at `now`, one after the other in the order of their starts, then null. A flow that
   * ends has carried its bytes to the last, and its number may be given again.
   */
  complete(now: Nanoseconds): FlowId | null {
    this.#advance(now);
    if (this.#answered === 0) this.#collect();
    if (this.#answered === this.#ended.length) {
      this.#ended.length = 0;
      this.#answered = 0;
      return null;
    }
    const { id } = this.#ended[this.#answered++] as Flow;
    this.#idle.push(id);
    return id;
  }

  /** Bytes that have crossed a link so far; takes time in proportion to the flows that cross it now. */
  carried(link: LinkId, now: Nanoseconds): Bytes {
    this.#advance(now);
    let carried = this.#settled[link] as number;
    const crossings = this.#crossings;
    for (let c = crossings.firstOn(link); c >= 0; c = crossings.nextOnLink(c)) {
      const flow = this.#flow(crossings.flowOf(c));
      carried += crossings.shareOf(c) * (flow.bytes - (flow.bundle as Bundle).left(flow, now));
    }
    return carried;
  }

  /** What is asked for a later instant finds everything of the earlier ones worked out. */
  #advance(now: Nanoseconds): void {
    if (now === this.#now) return;
    assert(now > this.#now, `time cannot go back from ${this.#now} to ${now}`);
    this.#maxMin.settle(this.#now);
    this.#now = now;
  }

  #flow(id: FlowId): Flow {
    return this.#flows[id] as Flow;
  }

  #takeFlow({ bytes, cap, weight = 1 }: FlowDemand): Flow {
    assert(bytes >= 0 && bytes < Infinity, `bytes are not below 0, got ${bytes}`);
    assert(cap >= 0, `a cap is not below 0, got ${cap}`);
    assert(weight > 0 && weight < Infinity, `a weight is above 0, got ${weight}`);
    const id = this.#idle.pop() ?? this.#flows.length;
    if (id === this.#flows.length) this.#flows.push(new Flow(id));
    const flow = this.#flow(id);
    flow.sequence = this.#started++;
    flow.bytes = bytes;
    flow.cap = cap;
    flow.weight = weight;
    flow.crossing = -1;
    return flow;
  }

  #cross(flow: Flow, { route, crossRoute, crossShare = 0 }: FlowDemand): void {
    for (const link of route) this.#crossOne(flow, link, 1);
    if (crossShare === 0 || crossRoute === undefined) return;
    for (const link of crossRoute) this.#crossOne(flow, link, crossShare);
  }

  #crossOne(flow: Flow, link: LinkId, share: number): void {
    const crossings = this.#crossings;
    for (let c = flow.crossing; c >= 0; c = crossings.nextOfFlow(c)) {
      if (crossings.linkOf(c) === link) {
        crossings.raise(c, share);
        return;
      }
    }
    flow.crossing = crossings.add(flow.id, link, share, flow.crossing);
    this.#crossed[link] = (this.#crossed[link] as number) + 1;
  }

  #ceilingOf(flow: Flow): BytesPerSecond {
    const crossings = this.#crossings;
    let ceiling = flow.cap;
    for (let c = flow.crossing; c >= 0; c = crossings.nextOfFlow(c)) {
      const most = (this.#capacity[crossings.linkOf(c)] as number) / crossings.shareOf(c);
      if (most < ceiling) ceiling = most;
    }
    return ceiling;
  }

  /** Adds so much to what the flow's links are wished to carry, and finds those that may now be overloaded. */
  #wishFor(flow: Flow, more: BytesPerSecond): void {
    const crossings = this.#crossings;
    for (let c = flow.crossing; c >= 0; c = crossings.nextOfFlow(c)) {
      const link = crossings.linkOf(c);
      const wish = (this.#wish[link] as number) + crossings.shareOf(c) * more;
      this.#wish[link] = wish;
      const capacity = this.#capacity[link] as number;
      if (wish > capacity * OVERLOAD && !this.#bottlenecks[link]) this.#contend(link);
    }
  }

  #renewWish(flow: Flow): void {
    const ceiling = this.#ceilingOf(flow);
    const more = ceiling - flow.ceiling;
    flow.ceiling = ceiling;
    if (more !== 0) this.#wishFor(flow, more);
  }

  /** A link becomes contended, and stays so until no flow crosses it; its flows change their bundles. */
  #contend(link: LinkId): Bottleneck {
    const bottleneck = new Bottleneck(link, this.#capacity[link] as number);
    this.#bottlenecks[link] = bottleneck;
    const crossings = this.#crossings;
    for (let c = crossings.firstOn(link); c >= 0; c = crossings.nextOnLink(c)) {
      const flow = this.#flow(crossings.flowOf(c));
      if (flow.bundle === null) continue;
      const left = flow.bundle.left(flow, this.#now);
      this.#leave(flow);
      this.#join(flow, left);
    }
    return bottleneck;
  }

  /** Puts a flow into its bundle. */
  #join(flow: Flow, left: Bytes): void {
    const signature = this.#signature;
    const crossings = this.#crossings;
    signature.clear();
    let most = flow.cap;
    for (let c = flow.crossing; c >= 0; c = crossings.nextOfFlow(c)) {
      const link = crossings.linkOf(c);
      const share = crossings.shareOf(c);
      const bottleneck = this.#bottlenecks[link];
      if (bottleneck) signature.add(bottleneck, share);
      else most = Math.min(most, (this.#capacity[link] as number) / share);
    }
    signature.capLevel = most / flow.weight;
    this.#maxMin.join(this.#bundles.find(signature), flow, left, this.#now);
  }

  #leave(flow: Flow): void {
    const bundle = flow.bundle as Bundle;
    this.#maxMin.leave(bundle, flow);
    if (bundle.flows.size === 0) this.#bundles.forget(bundle);
  }

  /** Books what a flow has carried on its links, and takes it off them. */
  #end(flow: Flow, carried: Bytes): void {
    const crossings = this.#crossings;
    let crossing = flow.crossing;
    while (crossing >= 0) {
      const link = crossings.linkOf(crossing);
      const share = crossings.shareOf(crossing);
      const crossed = (this.#crossed[link] as number) - 1;
      this.#settled[link] = (this.#settled[link] as number) + share * carried;
      this.#crossed[link] = crossed;
      // Without flows nothing is wished, whatever rounding says.
      this.#wish[link] = crossed === 0 ? 0 : (this.#wish[link] as number) - share * flow.ceiling;
      if (crossed === 0) this.#bottlenecks[link] = null;
      crossing = crossings.remove(crossing);
    }
    flow.crossing = -1;
  }

  /** Takes everything off the links that ends now, as levels were until now. */
  #collect(): void {
    const { agenda } = this.#maxMin;
    this.#maxMin.settle(this.#now);
    while (agenda.topKey <= this.#now) {
      const pace = agenda.top;
      while (pace.due.size > 0 && pace.due.top.firstCompletion() <= this.#now) {
        const flow = pace.due.top.flows.top;
        this.#leave(flow);
        this.#end(flow, flow.bytes);
        this.#ended.push(flow);
      }
      this.#maxMin.schedule(pace);
    }
    if (this.#ended.length > 1) this.#ended.sort((a, b) => a.sequence - b.sequence);
  }
}
