import type { Bytes, BytesPerSecond } from "../../units.js";
import type { Bundle } from "./bundle.js";
import type { HeapItem } from "./heap.js";

/** Number of a flow under way; numbers of ended flows are given again. */
export type FlowId = number;

/** Number of a link, from 0. */
export type LinkId = number;

/** What a flow asks for. */
export interface FlowDemand {
  /** Links every byte crosses. */
  readonly route: readonly LinkId[];
  /** Links that a share of the bytes crosses too: the way back of the acknowledgements. */
  readonly crossRoute?: readonly LinkId[];
  /** That share; 0 unless given (SimGrid's `network/crosstraffic` is 0.05). */
  readonly crossShare?: number;
  /** Bytes to carry; whole, may be 0. */
  readonly bytes: Bytes;
  /** Most it may carry a second; Infinity for no cap, 0 for a flow that is held up. */
  readonly cap: BytesPerSecond;
  /** Shares of a contended link are in proportion to it; above 0, 1 unless given. */
  readonly weight?: number;
}

/** A flow under way. Records are reused with their numbers. */
export class Flow implements HeapItem {
  readonly id: FlowId;
  /** Order of starting. */
  sequence = 0;
  // Doubles from the start: V8 lays a field out by what it holds first, and every flow would be laid out anew.
  bytes: Bytes = Number.NaN;
  weight: number = Number.NaN;
  cap: BytesPerSecond = Number.NaN;
  /** Most it could carry alone: the least of its cap and what its links let through. */
  ceiling: BytesPerSecond = Number.NaN;
  /** Null when it has carried its bytes, or lies idle. */
  bundle: Bundle | null = null;
  /** Among the flows of its bundle. */
  place = -1;
  /** The first of its crossings. */
  crossing = -1;

  constructor(id: FlowId) {
    this.id = id;
  }
}
