import type { Host } from "../model/host.js";
import type { Topology } from "../model/topology.js";
import { GraphTopology } from "./graph-topology.js";
import { LayeredTopology } from "./layered-topology.js";
import type { NetworkPlan } from "./network-plan.js";

/**
 * The links and routes of a network. Routes are made when they are asked for; what is kept grows with the
 * hosts, not with their pairs.
 *
 * @throws InvalidOptionError where hosts, or sites that have hosts, are not connected.
 */
export function buildTopology(plan: NetworkPlan, hosts: readonly Host[]): Topology {
  return plan.kind === "graph" ? new GraphTopology(plan, hosts) : new LayeredTopology(plan, hosts);
}
