import { InvalidOptionError } from "../../errors.js";
import type { Host } from "../model/host.js";
import type { NetworkLink, Topology } from "../model/topology.js";
import type { NetworkPlan } from "./network-plan.js";

/** Builds the topology of a plan. */
export function topologyOf(plan: NetworkPlan, hosts: readonly Host[]): Topology {
  if (plan.kind !== "star") {
    throw new InvalidOptionError("network", plan.kind, "a star, the only one that there is yet");
  }
  const links = hosts.flatMap((host): NetworkLink[] =>
    ["up", "down"].map((way) => ({
      name: `${host.name}-${way}`,
      bandwidth: host.type.nic,
      latencyNs: plan.hostLatencyNs,
    })),
  );
  return {
    links,
    route: (from, to) =>
      from === to
        ? { links: [], latencyNs: 0 }
        : { links: [2 * from, 2 * to + 1], latencyNs: 2 * plan.hostLatencyNs },
  };
}
