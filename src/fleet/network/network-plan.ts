import type { BytesPerSecond, Nanoseconds } from "../../units.js";

/** How hosts are connected; {@link buildTopology} makes links and routes of it. */
export type NetworkPlan = LayeredPlan | GraphPlan;

/** Hosts with a link of their own each way, something between them, and sites. */
export interface LayeredPlan {
  /** Between the hosts of a site: nothing, one link that all traffic shares, or an uplink each way for every rack. */
  readonly kind: "star" | "shared" | "racks";
  /** Of a host's own link, one way. */
  readonly hostLatencyNs: Nanoseconds;
  /** `shared`: the one link of a site; null: a quarter of its hosts' cards. */
  readonly backbone: BytesPerSecond | null;
  /** `racks`: an uplink, each way; null: its rack's cards over `oversubscription`. */
  readonly uplink: BytesPerSecond | null;
  readonly oversubscription: number;
  /** Of the backbone or an uplink. */
  readonly innerLatencyNs: Nanoseconds;
  /** Between sites; every pair of them has one. */
  readonly wan: readonly WanPlan[];
}

/** A link between two sites, each way. */
export interface WanPlan {
  /** Index of a site. */
  readonly from: number;
  readonly to: number;
  readonly bandwidth: BytesPerSecond;
  readonly latencyNs: Nanoseconds;
}

/** Any graph of hosts and switches. */
export interface GraphPlan {
  readonly kind: "graph";
  readonly links: readonly CablePlan[];
}

/** A cable of a graph; its ends are hosts by index, or switches by name. */
export interface CablePlan {
  readonly name: string;
  readonly from: number | string;
  readonly to: number | string;
  readonly bandwidth: BytesPerSecond;
  readonly latencyNs: Nanoseconds;
  /** Both ways share the bandwidth; otherwise each has it. */
  readonly isShared: boolean;
}
