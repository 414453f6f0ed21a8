import { InvalidOptionError } from "../../errors.js";
import { formatBytes } from "../../scenario/quantities.js";
import type { Random } from "../../world/random.js";
import { FitTree } from "../control/fit-tree.js";
import type { Flavour } from "../model/flavour.js";
import type { Host } from "../model/host.js";
import type { AffinityGroup, VmColumns } from "../model/vms.js";
import { MOST } from "./bounds.js";
import type { Hosts } from "./hosts.js";
import type { PlacementInput, PlacementRule, VmGroupInput } from "./input-vms.js";
import type { Places } from "./places.js";
import { look } from "./read.js";
import { suggestion } from "./shape.js";

/** What VMs are placed among. */
interface Ground {
  readonly vms: VmColumns;
  readonly flavours: readonly Flavour[];
  readonly groups: readonly AffinityGroup[];
}

/** Whatever a host is asked for, it has. */
const ANY_CPU = Number.POSITIVE_INFINITY;

const RULES: readonly string[] = [
  "round-robin",
  "first-fit",
  "emptiest",
  "random",
  "on-arrival",
] satisfies PlacementRule[];

/** Gives VMs the hosts that they start on, and keeps account of what is free there. */
export class StartingPlaces {
  readonly #hosts: Hosts;
  readonly #places: Places;
  readonly #ground: Ground;
  readonly #freeDisk: Float64Array;
  readonly #all: readonly number[];
  /** Memory that is free on all hosts; their CPU may be promised as often as one likes. */
  readonly #room: FitTree;
  /** Where the search for an affinity group's next VM goes on. */
  readonly #next = new Map<number, number>();
  /** Hosts, racks or sites that an affinity group has VMs on. */
  readonly #taken = new Map<number, Set<number>>();

  constructor(hosts: Hosts, places: Places, ground: Ground) {
    this.#hosts = hosts;
    this.#places = places;
    this.#ground = ground;
    this.#all = hosts.hosts.map((_, index) => index);
    this.#room = memoryOf(hosts.hosts.map(({ type }) => type.memoryBytes));
    this.#freeDisk = Float64Array.from(hosts.hosts, ({ type }) => type.diskBytes);
  }

  /**
   * Places the VMs from `start` to `end` as their group says. Those that come later are placed when they
   * come, unless their host is named.
   *
   * @throws InvalidOptionError for the first VM that fits nowhere.
   */
  place(
    path: string,
    input: VmGroupInput["placement"],
    start: number,
    end: number,
    random: Random,
  ): void {
    if (Array.isArray(input) || (typeof input === "string" && !RULES.includes(input))) {
      this.#placeOn(path, this.#namedHosts(path, input as string | readonly string[]), start, end);
      return;
    }
    const rule =
      typeof input === "string" ? { by: input as PlacementRule } : (input as PlacementInput);
    const { by = "round-robin", on, site } = rule ?? {};
    if (by === "on-arrival") return;
    const allowed = this.#allowed(path, on, site);
    const isAll = allowed === this.#all;
    const room = isAll ? this.#room : memoryOf(allowed.map((host) => this.#room.bytesAt(host)));
    this.#placeBy(path, by, { room, allowed, start, end, random });
  }

  #allowed(path: string, on: PlacementInput["on"], site: string | undefined): readonly number[] {
    const { names, hosts } = this.#hosts;
    const named = on === undefined ? this.#all : names.needAll(`${path}.on`, on, MOST.hosts);
    if (site === undefined) return named;
    const wanted = look(`${path}.site`, site, [this.#places.siteNames]);
    return named.filter((index) => hosts[index]?.site === wanted);
  }

  #namedHosts(path: string, input: string | readonly string[]): number[] {
    const { names } = this.#hosts;
    const isMisspeltRule =
      typeof input === "string" && !input.includes("..") && names.find(input) === undefined;
    if (isMisspeltRule) {
      throw new InvalidOptionError(path, input, `a host, or ${suggestion(input, RULES)}`);
    }
    return names.needAll(path, input, MOST.vms);
  }

  #placeOn(path: string, hosts: readonly number[], start: number, end: number): void {
    for (let vm = start; vm < end; vm++) {
      const host = hosts[(vm - start) % hosts.length] as number;
      this.#ground.vms.host[vm] = host;
      if (this.#isThere(vm)) this.#take(path, vm, host);
    }
  }

  #placeBy(
    path: string,
    by: Exclude<PlacementRule, "on-arrival">,
    group: {
      readonly room: FitTree;
      readonly allowed: readonly number[];
      readonly start: number;
      readonly end: number;
      readonly random: Random;
    },
  ): void {
    const { room, allowed, start, end, random } = group;
    let after = 0;
    for (let vm = start; vm < end; vm++) {
      if (!this.#isThere(vm)) continue;
      const from = this.#startOf(by, vm, { room, count: allowed.length, random, after });
      const place = this.#search(vm, from, room, allowed);
      if (place < 0) throw this.#noRoom(path, vm, room);
      after = (place + 1) % allowed.length;
      const host = allowed[place] as number;
      this.#ground.vms.host[vm] = host;
      this.#take(path, vm, host);
      if (room !== this.#room) room.set(place, this.#room.bytesAt(host), ANY_CPU);
      const { rule } = this.#ground.groups[this.#groupOf(vm)] ?? {};
      // Hosts that members are on are passed over from then on; going round finds those that were left.
      if (rule === "apart") this.#next.set(this.#groupOf(vm), place + 1);
    }
  }

  /** Where the search for a VM's place begins. */
  #startOf(
    by: Exclude<PlacementRule, "on-arrival">,
    vm: number,
    search: {
      readonly room: FitTree;
      readonly count: number;
      readonly random: Random;
      readonly after: number;
    },
  ): number {
    switch (by) {
      case "round-robin":
        return search.after;
      case "first-fit":
        return this.#next.get(this.#groupOf(vm)) ?? 0;
      case "emptiest":
        return Math.max(0, search.room.emptiest());
      case "random":
        return search.random.nextBelow(Math.max(1, search.count));
    }
  }

  /** The first place from `from` on, and round, that a VM can start on. */
  #search(vm: number, from: number, room: FitTree, allowed: readonly number[]): number {
    const bytes = this.#flavourOf(vm).memoryBytes;
    for (const [begin, end] of [[from, allowed.length] as const, [0, from] as const]) {
      let place = room.first(begin, bytes, 0);
      while (place >= 0 && place < end) {
        if (this.#objection(vm, allowed[place] as number) === null) return place;
        place = room.first(place + 1, bytes, 0);
      }
    }
    return -1;
  }

  #take(path: string, vm: number, host: number): void {
    const objection = this.#objection(vm, host);
    if (objection !== null) {
      const { names } = this.#hosts;
      throw new InvalidOptionError(
        path,
        names.nameOf(host),
        `a host for ${this.#ground.vms.name(vm)} at the start; ${objection}`,
      );
    }
    const { memoryBytes, localDiskBytes } = this.#flavourOf(vm);
    this.#room.set(host, this.#room.bytesAt(host) - memoryBytes, ANY_CPU);
    this.#freeDisk[host] = (this.#freeDisk[host] as number) - localDiskBytes;
    const group = this.#groupOf(vm);
    const affinity = this.#ground.groups[group];
    if (affinity === undefined) return;
    const taken = this.#taken.get(group) ?? new Set();
    this.#taken.set(group, taken.add(this.#unitOf(affinity, host)));
  }

  /** Why a VM cannot start on a host, in words; null: it can. */
  #objection(vm: number, host: number): string | null {
    const { memoryBytes, localDiskBytes } = this.#flavourOf(vm);
    const free = this.#room.bytesAt(host);
    if (free < memoryBytes) {
      return `${formatBytes(free)} of its memory are free, ${formatBytes(memoryBytes)} wanted`;
    }
    const disk = this.#freeDisk[host] as number;
    if (disk < localDiskBytes) {
      return `${formatBytes(disk)} of its disk are free, ${formatBytes(localDiskBytes)} wanted`;
    }
    const group = this.#groupOf(vm);
    const affinity = this.#ground.groups[group];
    const taken = this.#taken.get(group);
    if (affinity === undefined || taken === undefined) return null;
    const isTaken = taken.has(this.#unitOf(affinity, host));
    if (isTaken === (affinity.rule === "together")) return null;
    return `${affinity.name} is to be ${affinity.rule}, within a ${affinity.within}`;
  }

  #noRoom(path: string, vm: number, room: FitTree): InvalidOptionError {
    const { memoryBytes, localDiskBytes } = this.#flavourOf(vm);
    const name = this.#ground.vms.name(vm);
    const emptiest = room.emptiest();
    const most = emptiest < 0 ? 0 : room.bytesAt(emptiest);
    const affinity = this.#ground.groups[this.#groupOf(vm)];
    const disk = localDiskBytes > 0 ? ` and ${formatBytes(localDiskBytes)} of disk` : "";
    const rule = affinity === undefined ? "" : ` where ${affinity.name} may be`;
    const expected = `a host${rule} with ${formatBytes(memoryBytes)} free${disk} for it at the start; the emptiest has ${formatBytes(most)}`;
    return new InvalidOptionError(path, name, expected);
  }

  #isThere(vm: number): boolean {
    return this.#ground.vms.arrivesNs[vm] === 0;
  }

  #flavourOf(vm: number): Flavour {
    return this.#ground.flavours[this.#ground.vms.flavour[vm] as number] as Flavour;
  }

  #groupOf(vm: number): number {
    return this.#ground.vms.group[vm] as number;
  }

  #unitOf({ within }: AffinityGroup, host: number): number {
    const { rack, site } = this.#hosts.hosts[host] as Host;
    return { host, rack, site }[within];
  }
}

/** Free memory of hosts, to be searched. */
function memoryOf(free: readonly number[]): FitTree {
  const tree = new FitTree(free.length);
  for (const [host, bytes] of free.entries()) tree.set(host, bytes, ANY_CPU);
  return tree;
}
