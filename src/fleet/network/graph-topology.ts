import { InvalidOptionError } from "../../errors.js";
import type { Nanoseconds } from "../../units.js";
import type { Host } from "../model/host.js";
import type { NetworkLink, Route, Topology } from "../model/topology.js";
import type { CablePlan, GraphPlan } from "./network-plan.js";
import { HOP, type SwitchLink, SwitchPaths } from "./switch-paths.js";

/** A host's end of a cable. */
interface Port {
  /** The switch at the other end, or the host where `isHost`. */
  readonly peer: number;
  readonly isHost: boolean;
  /** Link that leads away from the host, and the one that leads to it. */
  readonly out: number;
  readonly in: number;
  readonly latencyNs: Nanoseconds;
}

/**
 * Hosts and switches joined by cables; traffic takes the way of least latency, then of fewest hops, then the
 * one that was written first. Hosts do not pass on what is not for them. Only ways between switches are kept.
 */
export class GraphTopology implements Topology {
  readonly links: NetworkLink[] = [];
  readonly #ports: Port[][];
  readonly #switches = new Map<string, number>();
  readonly #switchLinks: SwitchLink[][] = [];
  readonly #paths: SwitchPaths;

  constructor({ links }: GraphPlan, hosts: readonly Host[]) {
    this.#ports = hosts.map(() => []);
    for (const cable of links) this.#lay(cable);
    this.#paths = new SwitchPaths(this.#switchLinks);
    this.#checkConnected(hosts);
  }

  route(from: number, to: number): Route {
    if (from === to) return { links: [], latencyNs: 0 };
    let nearest = Infinity;
    let best: readonly [Port, Port | null] | null = null;
    for (const first of this.#ports[from] as Port[]) {
      if (first.isHost) {
        if (first.peer !== to || first.latencyNs + HOP >= nearest) continue;
        nearest = first.latencyNs + HOP;
        best = [first, null];
        continue;
      }
      for (const last of this.#ports[to] as Port[]) {
        if (last.isHost) continue;
        const between = this.#paths.distance(first.peer, last.peer);
        const distance = first.latencyNs + between + last.latencyNs + 2 * HOP;
        if (distance >= nearest) continue;
        nearest = distance;
        best = [first, last];
      }
    }
    if (best === null) throw new InvalidOptionError("network.links", to, `a way from host ${from}`);
    const [first, last] = best;
    const links = [first.out];
    if (last !== null) links.push(...this.#paths.path(first.peer, last.peer), last.in);
    return { links, latencyNs: Math.floor(nearest) };
  }

  #lay({ name, from, to, bandwidth, latencyNs, isShared }: CablePlan): void {
    const there = this.links.push({ name, bandwidth, latencyNs }) - 1;
    let back = there;
    if (!isShared) back = this.links.push({ name: `${name}-back`, bandwidth, latencyNs }) - 1;
    this.#plug(from, to, there, back, latencyNs);
    this.#plug(to, from, back, there, latencyNs);
  }

  /** One end of a cable. */
  #plug(
    end: number | string,
    peer: number | string,
    out: number,
    back: number,
    latencyNs: Nanoseconds,
  ): void {
    const isHost = typeof peer === "number";
    const to = isHost ? peer : this.#switch(peer);
    if (typeof end === "number") {
      (this.#ports[end] as Port[]).push({ peer: to, isHost, out, in: back, latencyNs });
    } else if (!isHost) {
      (this.#switchLinks[this.#switch(end)] as SwitchLink[]).push({ link: out, to, latencyNs });
    }
  }

  #switch(name: string): number {
    const known = this.#switches.get(name);
    if (known !== undefined) return known;
    this.#switches.set(name, this.#switches.size);
    this.#switchLinks.push([]);
    return this.#switches.size - 1;
  }

  /** Every host must reach the first one's switches, or have a cable to every other host. */
  #checkConnected(hosts: readonly Host[]): void {
    const root = this.#ports.flat().find(({ isHost }) => !isHost)?.peer;
    this.#ports.forEach((ports, host) => {
      const reachesRoot =
        root !== undefined &&
        ports.some(({ peer, isHost }) => !isHost && this.#paths.distance(root, peer) < Infinity);
      if (reachesRoot) return;
      const neighbours = new Set(ports.filter(({ isHost }) => isHost).map(({ peer }) => peer));
      if (neighbours.size >= hosts.length - 1) return;
      const expected = "a cable to a switch from which all other hosts are reached";
      throw new InvalidOptionError("network.links", hosts[host]?.name, expected);
    });
  }
}
