import { InvalidOptionError } from "../../errors.js";
import type { BytesPerSecond, Nanoseconds } from "../../units.js";
import type { Host } from "../model/host.js";
import type { NetworkLink, Route, Topology } from "../model/topology.js";
import type { LayeredPlan } from "./network-plan.js";

/**
 * Every host has its own link up and its own link down. Above them is, by the kind of the plan, nothing, one
 * link for all traffic of a site, or an uplink and a downlink for every rack, which traffic within the rack
 * does not cross. Sites are joined by a link each way for every pair.
 */
export class LayeredTopology implements Topology {
  readonly links: NetworkLink[] = [];
  readonly #hosts: readonly Host[];
  readonly #kind: LayeredPlan["kind"];
  /** The backbone of each site, or the uplink of each rack, after which comes its downlink. */
  readonly #inner: number[] = [];
  /** The link from one site to another, a row for each site it comes from; -1 where there is none. */
  readonly #wan: Int32Array;
  readonly #sites: number;

  constructor(plan: LayeredPlan, hosts: readonly Host[]) {
    this.#kind = plan.kind;
    this.#hosts = hosts;
    for (const { name, type } of hosts) {
      this.#add(`${name}-up`, type.nic, plan.hostLatencyNs);
      this.#add(`${name}-down`, type.nic, plan.hostLatencyNs);
    }
    if (plan.kind === "shared") this.#layBackbones(plan);
    if (plan.kind === "racks") this.#layUplinks(plan);
    this.#sites = hosts.reduce((most, { site }) => Math.max(most, site + 1), 0);
    this.#wan = new Int32Array(this.#sites * this.#sites).fill(-1);
    this.#layWan(plan);
  }

  route(from: number, to: number): Route {
    if (from === to) return { links: [], latencyNs: 0 };
    const links = [2 * from];
    const a = this.#hosts[from] as Host;
    const b = this.#hosts[to] as Host;
    const staysInSite = a.site === b.site;
    const isInner = this.#kind === "shared" || (this.#kind === "racks" && a.rack !== b.rack);
    if (isInner) links.push(this.#innerOf(a));
    if (!staysInSite) links.push(this.#wan[a.site * this.#sites + b.site] as number);
    if (this.#kind === "racks" && isInner) links.push(this.#innerOf(b) + 1);
    if (this.#kind === "shared" && !staysInSite) links.push(this.#innerOf(b));
    links.push(2 * to + 1);
    let latencyNs = 0;
    for (const link of links) latencyNs += (this.links[link] as NetworkLink).latencyNs;
    return { links, latencyNs };
  }

  #add(name: string, bandwidth: BytesPerSecond, latencyNs: Nanoseconds): number {
    return this.links.push({ name, bandwidth, latencyNs }) - 1;
  }

  #groupOf({ site, rack }: Host): number {
    return this.#kind === "shared" ? site : rack;
  }

  #innerOf(host: Host): number {
    return this.#inner[this.#groupOf(host)] as number;
  }

  /** What the cards of each site or rack come to. */
  #cards(): BytesPerSecond[] {
    const cards: BytesPerSecond[] = [];
    for (const host of this.#hosts) {
      const group = this.#groupOf(host);
      cards[group] = (cards[group] ?? 0) + host.type.nic;
    }
    return cards;
  }

  #layBackbones({ backbone, innerLatencyNs }: LayeredPlan): void {
    // As in the scenario that simulators are compared by: a quarter of what the hosts could send.
    this.#cards().forEach((sum, site) => {
      this.#inner[site] = this.#add(`backbone-${site}`, backbone ?? sum / 4, innerLatencyNs);
    });
  }

  #layUplinks({ uplink, oversubscription, innerLatencyNs }: LayeredPlan): void {
    this.#cards().forEach((sum, rack) => {
      const bandwidth = uplink ?? sum / oversubscription;
      this.#inner[rack] = this.#add(`rack-${rack}-up`, bandwidth, innerLatencyNs);
      this.#add(`rack-${rack}-down`, bandwidth, innerLatencyNs);
    });
  }

  #layWan({ wan }: LayeredPlan): void {
    for (const { from, to, bandwidth, latencyNs } of wan) {
      for (const [a, b] of [
        [from, to],
        [to, from],
      ] as const) {
        if (a >= this.#sites || b >= this.#sites) continue;
        this.#wan[a * this.#sites + b] = this.#add(`wan-${a}-${b}`, bandwidth, latencyNs);
      }
    }
    const inhabited = [...new Set(this.#hosts.map(({ site }) => site))];
    for (const a of inhabited) {
      for (const b of inhabited) {
        if (a === b || (this.#wan[a * this.#sites + b] as number) >= 0) continue;
        const expected = `a link between site ${a} and site ${b}`;
        throw new InvalidOptionError("network.wan", wan.length, expected);
      }
    }
  }
}
