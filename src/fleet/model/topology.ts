import type { BytesPerSecond, Nanoseconds } from "../../units.js";

/** A link, one way; where both ways share its bandwidth it is in the routes of both. */
export interface NetworkLink {
  readonly name: string;
  readonly bandwidth: BytesPerSecond;
  readonly latencyNs: Nanoseconds;
}

/** A way from host to host. */
export interface Route {
  /** Indices of its links. */
  readonly links: readonly number[];
  /** Of all its links, one way. */
  readonly latencyNs: Nanoseconds;
}

/** How hosts are connected. */
export interface Topology {
  readonly links: readonly NetworkLink[];
  /** The way from one host to another; from a host to itself it has no links. */
  route(from: number, to: number): Route;
}
