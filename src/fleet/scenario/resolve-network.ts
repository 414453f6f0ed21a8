import { InvalidOptionError } from "../../errors.js";
import { MICROSECOND, MILLISECOND, type Nanoseconds } from "../../units.js";
import type { CablePlan, LayeredPlan, NetworkPlan, WanPlan } from "../network/network-plan.js";
import { MOST } from "./bounds.js";
import type { Hosts } from "./hosts.js";
import type { FleetInput, GraphLinkInput, NetworkInput, WanInput } from "./input.js";
import type { Places } from "./places.js";
import { look, positiveRate, timeOr } from "./read.js";

/** As SimGrid's examples have it: 50 us to a switch, 10 us within the building's core. Round figures. */
const HOST_LATENCY: Nanoseconds = 50 * MICROSECOND;
const INNER_LATENCY: Nanoseconds = 10 * MICROSECOND;
/** Usual for a rack's uplinks. */
const OVERSUBSCRIPTION = 4;
/** Within a continent; round figures. */
const WAN = { bandwidth: 1.25e9, latencyNs: 10 * MILLISECOND };
/** Sites between which every pair has a link of its own. */
const MOST_MESHED = 300;

/** Reads how the hosts are connected. */
export function resolveNetwork(
  input: FleetInput["network"],
  hosts: Hosts,
  places: Places,
): NetworkPlan {
  const network: NetworkInput =
    typeof input === "string" ? ({ kind: input } as NetworkInput) : (input ?? { kind: "star" });
  if (network.kind === "graph") return graphPlan(network.links, hosts);
  const { latency, wan } = network;
  const inner = innerOf(network);
  return {
    kind: network.kind,
    ...inner,
    hostLatencyNs: timeOr("network.latency", latency, HOST_LATENCY),
    wan: wanPlans(wan, places),
  };
}

type Inner = Pick<LayeredPlan, "backbone" | "uplink" | "oversubscription" | "innerLatencyNs">;

function innerOf(network: Exclude<NetworkInput, { readonly kind: "graph" }>): Inner {
  const base: Inner = {
    backbone: null,
    uplink: null,
    oversubscription: OVERSUBSCRIPTION,
    innerLatencyNs: INNER_LATENCY,
  };
  if (network.kind === "star") return base;
  if (network.kind === "shared") {
    const { bandwidth, backboneLatency } = network;
    return {
      ...base,
      backbone: bandwidth === undefined ? null : positiveRate("network.bandwidth", bandwidth),
      innerLatencyNs: timeOr("network.backboneLatency", backboneLatency, INNER_LATENCY),
    };
  }
  const { uplink, oversubscription, uplinkLatency } = network;
  if (uplink !== undefined && oversubscription !== undefined) {
    const expected = "no such field with uplink";
    throw new InvalidOptionError("network.oversubscription", oversubscription, expected);
  }
  return {
    ...base,
    uplink: uplink === undefined ? null : positiveRate("network.uplink", uplink),
    oversubscription: oversubscription ?? OVERSUBSCRIPTION,
    innerLatencyNs: timeOr("network.uplinkLatency", uplinkLatency, INNER_LATENCY),
  };
}

/** A link for every pair of sites: the one that is named for it, else the one for any. */
function wanPlans(
  input: WanInput | readonly WanInput[] | undefined,
  { sites, siteNames }: Places,
): WanPlan[] {
  const given = input === undefined ? [] : [input].flat();
  if (sites.length > MOST_MESHED) {
    const expected = `at most ${MOST_MESHED} sites, or a network of kind graph`;
    throw new InvalidOptionError("sites", `${sites.length} sites`, expected);
  }
  const named = new Map<string, Omit<WanPlan, "from" | "to">>();
  let any: Omit<WanPlan, "from" | "to"> = WAN;
  for (const [index, { between, bandwidth, latency }] of given.entries()) {
    const path = Array.isArray(input) ? `network.wan.${index}` : "network.wan";
    const link = {
      bandwidth: positiveRate(`${path}.bandwidth`, bandwidth),
      latencyNs: timeOr(`${path}.latency`, latency, WAN.latencyNs),
    };
    if (between === undefined) {
      any = link;
      continue;
    }
    const [a = 0, b = 0] = between.map((site, end) =>
      look(`${path}.between.${end}`, site, [siteNames]),
    );
    if (a === b) throw new InvalidOptionError(`${path}.between.1`, between[1], "another site");
    named.set(pairOf(a, b), link);
  }
  return sites.flatMap((_, to) =>
    sites.slice(0, to).map((_, from) => ({ from, to, ...(named.get(pairOf(from, to)) ?? any) })),
  );
}

function pairOf(a: number, b: number): string {
  return `${Math.min(a, b)} ${Math.max(a, b)}`;
}

function graphPlan(inputs: readonly GraphLinkInput[], { names }: Hosts): NetworkPlan {
  const links: CablePlan[] = [];
  for (const [index, input] of inputs.entries()) {
    const path = `network.links.${index}`;
    const { from, to, bandwidth, latency, shared = false } = input;
    const link = {
      bandwidth: positiveRate(`${path}.bandwidth`, bandwidth),
      latencyNs: timeOr(`${path}.latency`, latency, HOST_LATENCY),
      isShared: shared,
    };
    const ends = from.includes("..")
      ? names.needAll(`${path}.from`, from, MOST.hosts)
      : [names.find(from) ?? from];
    const target = names.find(to) ?? to;
    for (const end of ends) {
      const shown = typeof end === "string" ? end : names.nameOf(end);
      const name = input.name ?? `${shown}-${to}`;
      links.push({
        name: ends.length > 1 && input.name ? `${name}-${shown}` : name,
        from: end,
        to: target,
        ...link,
      });
    }
    if (links.length > 2 * MOST.hosts) {
      throw new InvalidOptionError(path, from, `at most ${2 * MOST.hosts} links`);
    }
    if (from === to) throw new InvalidOptionError(`${path}.to`, to, "another end than from");
  }
  return { kind: "graph", links };
}
