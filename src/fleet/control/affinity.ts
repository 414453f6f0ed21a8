import type { Fleet } from "../model/fleet.js";
import type { AffinityGroup } from "../model/vms.js";
import type { Snapshot } from "./snapshot.js";

/** Where the VMs of a group are, by domain: a host, a rack or a site. */
interface GroupPlaces {
  readonly rule: AffinityGroup["rule"];
  readonly within: AffinityGroup["within"];
  /** Who is in a domain, or is leaving it, or on the way to it: what `apart` looks at. */
  readonly present: Map<number, Set<number>>;
  /** The domain in which a member will be: what `together` looks at. */
  readonly final: Map<number, number>;
  /** How many will be in a domain. */
  readonly finals: Map<number, number>;
}

/** Which VMs belong together or apart, kept up to date with what a plan promises. */
export class Affinity {
  readonly #fleet: Fleet;
  readonly #groups: readonly GroupPlaces[];

  constructor(snapshot: Snapshot) {
    const { fleet, vms, hosts } = snapshot;
    this.#fleet = fleet;
    this.#groups = fleet.groups.map(({ rule, within }) => ({
      rule,
      within,
      present: new Map(),
      final: new Map(),
      finals: new Map(),
    }));
    if (this.#groups.length === 0) return;
    for (const { vm, host } of vms) if (host >= 0) this.put(vm, host);
    for (const { host, incoming } of hosts) for (const vm of incoming) this.put(vm, host);
  }

  /** The VMs that must come along when `vm` goes to another host: itself, and those that share its host by rule. */
  companions(vm: number): readonly number[] {
    const places = this.#places(vm);
    if (places?.rule !== "together" || places.within !== "host") return [vm];
    const domain = places.final.get(vm);
    if (domain === undefined) return [vm];
    return [...places.final].filter(([, other]) => other === domain).map(([member]) => member);
  }

  /** What a group's rule says against these VMs going to a host: `apart`, `together`, or null for nothing. */
  obstacle(vms: readonly number[], host: number): AffinityGroup["rule"] | null {
    for (const vm of vms) {
      const places = this.#places(vm);
      if (places === null) continue;
      const domain = this.#domain(places, host);
      const isFine =
        places.rule === "apart"
          ? isAlone(places, vm, domain)
          : isWithOthers(places, new Set(vms), domain);
      if (!isFine) return places.rule;
    }
    return null;
  }

  /** A VM runs on a host or will. Until it has left where it was, it is in both places. */
  put(vm: number, host: number): void {
    const places = this.#places(vm);
    if (places === null) return;
    const domain = this.#domain(places, host);
    const there = places.present.get(domain) ?? new Set();
    places.present.set(domain, there.add(vm));
    const before = places.final.get(vm);
    if (before !== undefined) places.finals.set(before, (places.finals.get(before) ?? 1) - 1);
    places.final.set(vm, domain);
    places.finals.set(domain, (places.finals.get(domain) ?? 0) + 1);
  }

  /** A VM is gone from the data centre. */
  remove(vm: number): void {
    const places = this.#places(vm);
    if (places === null) return;
    for (const there of places.present.values()) there.delete(vm);
    const domain = places.final.get(vm);
    if (domain === undefined) return;
    places.final.delete(vm);
    places.finals.set(domain, (places.finals.get(domain) ?? 1) - 1);
  }

  #places(vm: number): GroupPlaces | null {
    if (this.#groups.length === 0) return null;
    return this.#groups[this.#fleet.vms.group[vm] ?? -1] ?? null;
  }

  #domain({ within }: GroupPlaces, host: number): number {
    if (within === "host") return host;
    const place = this.#fleet.hosts[host];
    return (within === "rack" ? place?.rack : place?.site) ?? -1;
  }
}

function isAlone({ present }: GroupPlaces, vm: number, domain: number): boolean {
  const there = present.get(domain);
  if (there === undefined) return true;
  return there.size - (there.has(vm) ? 1 : 0) === 0;
}

/** Whether the group is there already; where it is scattered, whether a part of it is. */
function isWithOthers(
  { final, finals }: GroupPlaces,
  moving: ReadonlySet<number>,
  domain: number,
): boolean {
  let others = final.size;
  let there = finals.get(domain) ?? 0;
  for (const vm of moving) {
    const place = final.get(vm);
    if (place === undefined) continue;
    others -= 1;
    if (place === domain) there -= 1;
  }
  return others === 0 || there > 0;
}
