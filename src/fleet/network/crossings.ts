import type { FlowId, LinkId } from "./flow.js";

/**
 * Which flow crosses which link, with what share of its bytes: a list for each flow and a list for each
 * link, threaded through the same records. Records are numbers into columns, and are used again.
 */
export class Crossings {
  /** The first record of each link, -1 when no flow crosses it. */
  readonly #first: Int32Array;
  #link = new Int32Array(64);
  #flow = new Int32Array(64);
  #share = new Float64Array(64);
  #nextOfFlow = new Int32Array(64);
  #nextOnLink = new Int32Array(64);
  #previousOnLink = new Int32Array(64);
  #used = 0;
  #free = -1;

  constructor(links: number) {
    this.#first = new Int32Array(links).fill(-1);
  }

  /** Adds a record before those the flow has, which begin with `next`; answers its number. */
  add(flow: FlowId, link: LinkId, share: number, next: number): number {
    const crossing = this.#take();
    this.#flow[crossing] = flow;
    this.#link[crossing] = link;
    this.#share[crossing] = share;
    this.#nextOfFlow[crossing] = next;
    const second = this.#first[link] as number;
    this.#nextOnLink[crossing] = second;
    this.#previousOnLink[crossing] = -1;
    if (second >= 0) this.#previousOnLink[second] = crossing;
    this.#first[link] = crossing;
    return crossing;
  }

  /** Forgets a record and answers the flow's next one. */
  remove(crossing: number): number {
    const next = this.#nextOnLink[crossing] as number;
    const previous = this.#previousOnLink[crossing] as number;
    if (previous >= 0) this.#nextOnLink[previous] = next;
    else this.#first[this.linkOf(crossing)] = next;
    if (next >= 0) this.#previousOnLink[next] = previous;
    const nextOfFlow = this.nextOfFlow(crossing);
    this.#nextOfFlow[crossing] = this.#free;
    this.#free = crossing;
    return nextOfFlow;
  }

  firstOn(link: LinkId): number {
    return this.#first[link] as number;
  }

  nextOnLink(crossing: number): number {
    return this.#nextOnLink[crossing] as number;
  }

  nextOfFlow(crossing: number): number {
    return this.#nextOfFlow[crossing] as number;
  }

  linkOf(crossing: number): LinkId {
    return this.#link[crossing] as number;
  }

  flowOf(crossing: number): FlowId {
    return this.#flow[crossing] as number;
  }

  shareOf(crossing: number): number {
    return this.#share[crossing] as number;
  }

  /** A flow that crosses a link twice takes both shares of it. */
  raise(crossing: number, share: number): void {
    this.#share[crossing] = this.shareOf(crossing) + share;
  }

  #take(): number {
    if (this.#free >= 0) {
      const crossing = this.#free;
      this.#free = this.nextOfFlow(crossing);
      return crossing;
    }
    if (this.#used === this.#link.length) this.#grow();
    return this.#used++;
  }

  #grow(): void {
    const size = this.#link.length * 2;
    const grown = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const column = new Int32Array(size);
      column.set(old);
      return column;
    };
    this.#link = grown(this.#link);
    this.#flow = grown(this.#flow);
    this.#nextOfFlow = grown(this.#nextOfFlow);
    this.#nextOnLink = grown(this.#nextOnLink);
    this.#previousOnLink = grown(this.#previousOnLink);
    const share = new Float64Array(size);
    share.set(this.#share);
    this.#share = share;
  }
}
