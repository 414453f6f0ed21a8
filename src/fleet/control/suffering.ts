import type { Share } from "../../units.js";
import { providerOf } from "./cost.js";
import { flavourOf } from "./estimate.js";
import type { Snapshot } from "./snapshot.js";

/** Less than this is missing for rounding's sake, or for that of a migration that takes CPU. */
const NEGLIGIBLE: Share = 0.05;

/** Where VMs get less than they want: what is known of the quality of hosts and sites is how their guests fare. */
export class Suffering {
  readonly #snapshot: Snapshot;
  readonly #poorSite: Share;
  /** VMs, and those that suffer. */
  readonly #hosts: Tally;
  readonly #sites: Tally;
  /** Share of their capacity that a site's hosts were seen to give. */
  readonly #delivered: Float64Array;

  /** @param poorSite - Share of a site's VMs that suffer above which it is poor. */
  constructor(snapshot: Snapshot, poorSite: Share) {
    const { fleet, vms } = snapshot;
    this.#snapshot = snapshot;
    this.#poorSite = poorSite;
    this.#hosts = new Tally(fleet.hosts.length);
    this.#sites = new Tally(fleet.sites.length);
    const granted = new Float64Array(fleet.hosts.length);
    for (const { vm, host, violated, granted: own } of vms) {
      granted[host] = (granted[host] ?? 0) + own;
      const place = fleet.hosts[host];
      if (place === undefined) continue;
      const allowed = 1 - (flavourOf(fleet, vm)?.contract?.availability ?? 1);
      this.#hosts.add(host, violated > allowed);
      this.#sites.add(place.site, violated > allowed);
    }
    this.#delivered = deliveredBySite(snapshot, granted);
  }

  /** Share of a host's capacity that its site gives, as far as its guests show: 1 where nothing is missing. */
  delivered(host: number): Share {
    return this.#delivered[this.#snapshot.fleet.hosts[host]?.site ?? -1] ?? 1;
  }

  /** Whether anybody suffers on a host. */
  isPoorHost(host: number): boolean {
    return this.#hosts.share(host) > 0;
  }

  /** Whether so many suffer at a site that it must be the site's doing. */
  isPoorSite(site: number): boolean {
    return this.#sites.share(site) > this.#poorSite;
  }

  /** Providers from the one whose cheapest core costs least. */
  providersByPrice(): number[] {
    const { fleet, hosts } = this.#snapshot;
    const prices = fleet.providers.map(() => Number.POSITIVE_INFINITY);
    for (const { host, capacity } of hosts) {
      const provider = providerOf(fleet, host);
      const price = (fleet.hosts[host]?.type.pricePerHour ?? 0) / capacity;
      prices[provider] = Math.min(prices[provider] ?? Number.POSITIVE_INFINITY, price);
    }
    const price = (provider: number): number => prices[provider] ?? 0;
    return [...prices.keys()]
      .filter((provider) => price(provider) < Number.POSITIVE_INFINITY)
      .sort((a, b) => price(a) - price(b) || a - b);
  }
}

/**
 * A host that is asked for less than it has, and gives less than that, gives all that it may. One such host may
 * have its own trouble; where several of a site are short, the one that gives most shows what the site lets it.
 */
function deliveredBySite({ fleet, hosts }: Snapshot, granted: Float64Array): Float64Array {
  const short = new Uint32Array(fleet.sites.length);
  const most = new Float64Array(fleet.sites.length);
  for (const { host, demand, capacity } of hosts) {
    const given = granted[host] ?? 0;
    const site = fleet.hosts[host]?.site ?? -1;
    if (given === 0 || demand > capacity || given >= demand * (1 - NEGLIGIBLE)) continue;
    short[site] = (short[site] ?? 0) + 1;
    most[site] = Math.max(most[site] ?? 0, given / capacity);
  }
  return most.map((share, site) => ((short[site] ?? 0) > 1 ? share : 1));
}

/** How many, and how many of them suffer. */
class Tally {
  readonly #all: Uint32Array;
  readonly #suffering: Uint32Array;

  constructor(length: number) {
    this.#all = new Uint32Array(length);
    this.#suffering = new Uint32Array(length);
  }

  add(index: number, suffers: boolean): void {
    this.#all[index] = (this.#all[index] ?? 0) + 1;
    if (suffers) this.#suffering[index] = (this.#suffering[index] ?? 0) + 1;
  }

  share(index: number): Share {
    return (this.#suffering[index] ?? 0) / Math.max(1, this.#all[index] ?? 0);
  }
}
