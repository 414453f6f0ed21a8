import type { Share } from "../../units.js";
import { providerOf } from "./cost.js";
import { flavourOf } from "./estimate.js";
import type { Snapshot } from "./snapshot.js";

/** Where VMs get less than they want: what is known of the quality of hosts and sites is how their guests fare. */
export class Suffering {
  readonly #snapshot: Snapshot;
  readonly #poorSite: Share;
  /** VMs, and those that suffer. */
  readonly #hosts: Tally;
  readonly #sites: Tally;

  /** @param poorSite - Share of a site's VMs that suffer above which it is poor. */
  constructor(snapshot: Snapshot, poorSite: Share) {
    const { fleet, vms } = snapshot;
    this.#snapshot = snapshot;
    this.#poorSite = poorSite;
    this.#hosts = new Tally(fleet.hosts.length);
    this.#sites = new Tally(fleet.sites.length);
    for (const { vm, host, violated } of vms) {
      const place = fleet.hosts[host];
      if (place === undefined) continue;
      const allowed = 1 - (flavourOf(fleet, vm)?.contract?.availability ?? 1);
      this.#hosts.add(host, violated > allowed);
      this.#sites.add(place.site, violated > allowed);
    }
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
