import { formatBytes } from "../../quantity-text.js";
import type { Bytes } from "../../units.js";
import { Affinity } from "./affinity.js";
import { FitTree } from "./fit-tree.js";
import { HostOrder } from "./host-order.js";
import type { HostState, Snapshot, VmState } from "./snapshot.js";

/** VMs that are placed on one host: one, or all that belong together there; and what they need of it. */
export interface Party {
  readonly vms: readonly number[];
  readonly memoryBytes: Bytes;
  /** Reference cores that are set aside for them. */
  readonly cpu: number;
  /** Of disks that are local to the host. */
  readonly diskBytes: Bytes;
}

/** Why a host does not take somebody. */
export type Obstacle =
  | "asleep"
  | "closed"
  | "failed"
  | "failing"
  | "memory"
  | "cpu"
  | "disk"
  | "apart"
  | "together";

/** How much of a host may be promised. */
export interface RoomOptions {
  /** What a VM is counted with: what it wants now, or the most it can want. Default `demand`. */
  readonly counts?: "demand" | "size";
  /** Share of a host's CPU that may be promised; above 1 it is overcommitted. Default 1. */
  readonly fill?: number;
}

/** Room for rounding when shares of cores are added up. */
const TINY = 1e-9;

/**
 * What the hosts have left: it starts from a snapshot and is charged with what a plan promises. Memory that
 * a planned move will free counts as used still, since nobody knows which move ends first.
 */
export class Room {
  readonly snapshot: Snapshot;
  readonly affinity: Affinity;
  /** Bytes that are free, by host. */
  readonly freeBytes: Float64Array;
  /** Reference cores that are taken when all that is promised has happened, by host. */
  readonly load: Float64Array;
  readonly #options: Required<RoomOptions>;
  /** Room for local disks; null: no VM has one. */
  readonly #freeDisk: Float64Array | null;
  readonly #closed: (Obstacle | null)[];
  #tree: FitTree | null = null;
  #byMemory: HostOrder | null = null;
  #byLoad: HostOrder | null = null;

  constructor(snapshot: Snapshot, options: RoomOptions = {}) {
    const { hosts } = snapshot;
    this.snapshot = snapshot;
    this.affinity = new Affinity(snapshot);
    this.#options = { counts: options.counts ?? "demand", fill: options.fill ?? 1 };
    this.freeBytes = Float64Array.from(hosts, (host) => host.memoryBytes - host.usedBytes);
    this.load = Float64Array.from(hosts, (host) => this.#loadOf(host));
    this.#freeDisk = this.#diskOf();
    this.#closed = hosts.map(obstacleOf);
  }

  get hosts(): number {
    return this.load.length;
  }

  /** Reference cores of a host that may still be promised; negative where more is. */
  freeCpu(host: number): number {
    return this.#capacity(host) * this.#options.fill - (this.load[host] ?? 0);
  }

  /** Load over capacity when all that is promised has happened. */
  utilisation(host: number): number {
    return (this.load[host] ?? 0) / this.#capacity(host);
  }

  /** A VM and those that must share its host, and what they need. */
  party(vm: VmState): Party {
    const vms = this.affinity.companions(vm.vm);
    let memoryBytes = 0;
    let cpu = 0;
    let diskBytes = 0;
    for (const index of vms) {
      const state = index === vm.vm ? vm : this.snapshot.vm(index);
      memoryBytes += state?.memoryBytes ?? 0;
      cpu += state?.[this.#options.counts] ?? 0;
      diskBytes += this.#diskBytes(index);
    }
    return { vms, memoryBytes, cpu, diskBytes };
  }

  /** What keeps a party from a host; null: nothing. */
  obstacle(party: Party, host: number): Obstacle | null {
    return this.#closed[host] ?? this.shortage(party, host);
  }

  /** The same but for whether the host takes anybody at all now. */
  shortage(party: Party, host: number): Obstacle | null {
    if ((this.freeBytes[host] ?? 0) < party.memoryBytes) return "memory";
    if (this.freeCpu(host) < party.cpu - TINY) return "cpu";
    if (this.#freeDisk !== null && (this.#freeDisk[host] ?? 0) < party.diskBytes) return "disk";
    return this.affinity.obstacle(party.vms, host);
  }

  /** The same in words. */
  whyNot(party: Party, host: number): string | null {
    const obstacle = this.obstacle(party, host);
    const name = this.snapshot.fleet.hosts[host]?.name ?? `host ${host}`;
    switch (obstacle) {
      case null:
        return null;
      case "memory": {
        const free = formatBytes(Math.max(0, this.freeBytes[host] ?? 0));
        return `${name} has ${free} free of ${formatBytes(party.memoryBytes)} needed`;
      }
      case "cpu": {
        const free = Math.max(0, this.freeCpu(host)).toFixed(2);
        return `${name} has ${free} cores free of ${party.cpu.toFixed(2)} needed`;
      }
      default:
        return `${name} ${OBSTACLE_WORDS[obstacle]}`;
    }
  }

  /** Sets aside what a party needs on a host; where it is now keeps its memory, and loses its load. */
  put(party: Party, host: number): void {
    this.#charge(party, host);
    for (const vm of party.vms) {
      this.affinity.put(vm, host);
      const state = this.snapshot.vm(vm);
      const from = state?.host ?? -1;
      if (state === undefined || from < 0) continue;
      this.load[from] = (this.load[from] ?? 0) - state[this.#options.counts];
      this.#changed(from);
    }
  }

  /** Gives back what a party had on a host, which it has left for good. */
  remove(party: Party, host: number): void {
    const { vms, memoryBytes, cpu, diskBytes } = party;
    this.#charge({ vms, memoryBytes: -memoryBytes, cpu: -cpu, diskBytes: -diskBytes }, host);
    for (const vm of vms) this.affinity.remove(vm);
  }

  /** A host takes VMs from now on, or (with the reason) none. */
  setClosed(host: number, why: Obstacle | null): void {
    this.#closed[host] = why;
    this.#changed(host);
  }

  /** Whether a host takes VMs, as far as it has room. */
  isTaking(host: number): boolean {
    return this.#closed[host] === null;
  }

  /** The first host from `from` on with enough memory and CPU; what else speaks against it is not asked. */
  firstWithRoom(party: Party, from: number): number {
    if (this.#tree === null) {
      this.#tree = new FitTree(this.hosts);
      for (let host = 0; host < this.hosts; host += 1) this.#plant(this.#tree, host);
    }
    return this.#tree.first(from, party.memoryBytes, party.cpu - TINY);
  }

  /** The hosts that take VMs, in order of their free memory, kept up to date. */
  byFreeMemory(): HostOrder {
    this.#byMemory ??= this.#order((host) => this.#memoryKey(host));
    return this.#byMemory;
  }

  /** The hosts that take VMs, in order of their utilisation, kept up to date. */
  byUtilisation(): HostOrder {
    this.#byLoad ??= this.#order((host) => this.#loadKey(host));
    return this.#byLoad;
  }

  #order(key: (host: number) => number): HostOrder {
    const order = new HostOrder(this.hosts);
    order.fill(Array.from(this.load, (_, host) => key(host)));
    return order;
  }

  #charge({ memoryBytes, cpu, diskBytes }: Party, host: number): void {
    this.freeBytes[host] = (this.freeBytes[host] ?? 0) - memoryBytes;
    this.load[host] = (this.load[host] ?? 0) + cpu;
    if (this.#freeDisk !== null) this.#freeDisk[host] = (this.#freeDisk[host] ?? 0) - diskBytes;
    this.#changed(host);
  }

  #changed(host: number): void {
    if (this.#tree !== null) this.#plant(this.#tree, host);
    this.#byMemory?.set(host, this.#memoryKey(host));
    this.#byLoad?.set(host, this.#loadKey(host));
  }

  #plant(tree: FitTree, host: number): void {
    if (this.isTaking(host)) tree.set(host, this.freeBytes[host] ?? 0, this.freeCpu(host));
    else tree.set(host, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY);
  }

  #memoryKey(host: number): number {
    return this.isTaking(host) ? (this.freeBytes[host] ?? 0) : Number.NaN;
  }

  #loadKey(host: number): number {
    return this.isTaking(host) ? this.utilisation(host) : Number.NaN;
  }

  #capacity(host: number): number {
    return this.snapshot.hosts[host]?.capacity ?? 0;
  }

  /** What a host will have to do when everybody has arrived who is on the way. */
  #loadOf({ demand, vms, incoming }: HostState): number {
    const { counts } = this.#options;
    const isQuiet = this.snapshot.migrating === 0;
    const staying = isQuiet ? vms : vms.filter((vm) => !this.#isLeaving(vm));
    const own =
      counts === "size"
        ? this.#sum(staying, "size")
        : demand - (staying === vms ? 0 : this.#sum(vms, "demand") - this.#sum(staying, "demand"));
    return own + this.#sum(incoming, counts);
  }

  #isLeaving(vm: number): boolean {
    return this.snapshot.vm(vm)?.isMigrating ?? false;
  }

  #sum(vms: readonly number[], counts: "demand" | "size"): number {
    let sum = 0;
    for (const vm of vms) sum += this.snapshot.vm(vm)?.[counts] ?? 0;
    return sum;
  }

  #diskBytes(vm: number): Bytes {
    const { flavours, vms } = this.snapshot.fleet;
    return flavours[vms.flavour[vm] ?? 0]?.localDiskBytes ?? 0;
  }

  #diskOf(): Float64Array | null {
    const { fleet, hosts } = this.snapshot;
    if (fleet.flavours.every(({ localDiskBytes }) => localDiskBytes === 0)) return null;
    return Float64Array.from(hosts, ({ host, vms, incoming }) => {
      let free = fleet.hosts[host]?.type.diskBytes ?? 0;
      for (const vm of vms) free -= this.#diskBytes(vm);
      for (const vm of incoming) free -= this.#diskBytes(vm);
      return free;
    });
  }
}

function obstacleOf({ status, failsAtNs }: HostState): Obstacle | null {
  if (status === "failed" || status === "asleep") return status;
  if (status === "maintenance") return "closed";
  return failsAtNs === null ? null : "failing";
}

/** What an obstacle is, after a host's name. */
export const OBSTACLE_WORDS: Readonly<Record<Obstacle, string>> = {
  asleep: "is asleep",
  closed: "is closed for maintenance",
  failed: "has failed",
  failing: "is expected to fail",
  memory: "is short of memory",
  cpu: "is short of CPU",
  disk: "is short of room for local disks",
  apart: "has one of a group that must be apart",
  together: "is away from the group that must be together",
};
