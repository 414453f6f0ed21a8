import { type Nanoseconds, SECOND, type Share } from "../../units.js";
import type { HostStatus } from "../control/snapshot.js";
import type { Fleet } from "../model/fleet.js";
import { capacityOf } from "../model/host.js";
import { type PowerTable, wattsAt } from "../model/power.js";
import { NOWHERE } from "../model/vms.js";

/** What a host may be doing; one that is closed for maintenance is on. */
export type Power = Exclude<HostStatus, "maintenance"> | "falling-asleep";
const POWERS: readonly Power[] = ["on", "falling-asleep", "asleep", "waking", "failed"];
const [ON, FALLING_ASLEEP, ASLEEP, WAKING, FAILED] = [0, 1, 2, 3, 4];

/** Not overloaded: every VM gets what it wants. */
const UNLIMITED = Number.POSITIVE_INFINITY;
const NONE = -1;

/**
 * Which VM runs where, what it wants, what it gets, and what that costs in energy. A change at a host costs
 * a walk over those of its VMs that want anything; a VM that does nothing costs its columns and nothing else.
 *
 * A host whose VMs want more than it has shares it max-min fairly, in proportion to their size, after
 * migrations have taken theirs. Whatever is counted over time is counted when a host changes (`settle`).
 */
export class HostLoad {
  readonly #fleet: Fleet;
  /** Host that a VM runs on, or {@link NOWHERE}. */
  readonly hostOf: Int32Array;
  /** Reference cores that a VM wants when it runs. */
  readonly wants: Float64Array;
  /** Guest time that a VM lost while it ran, for want of CPU. */
  readonly lostNs: Float64Array;
  readonly #size: Float64Array;
  readonly #paused: Uint8Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;

  /** Of each host, the first in the chain of VMs that want something, and of those that do not. */
  readonly #busy: Int32Array;
  readonly #idle: Int32Array;
  readonly #power: Uint8Array;
  readonly #capacity: Float64Array;
  /** Share of its capacity that its provider lets it give. */
  readonly #quality: Float64Array;
  readonly #taken: Float64Array;
  readonly #demand: Float64Array;
  /** Cores per unit of size that a VM gets at most. */
  readonly #level: Float64Array;
  readonly #watts: Float64Array;
  /** The power tables there are, and which of them each host has. */
  readonly #tables: readonly PowerTable[];
  readonly #table: Uint32Array;
  readonly #since: Float64Array;
  /** Memory that a host has. */
  readonly memoryBytes: Float64Array;
  /** Memory of VMs that run here or are promised a place. */
  readonly usedBytes: Float64Array;
  readonly joules: Float64Array;
  readonly activeNs: Float64Array;
  readonly overloadedNs: Float64Array;
  /** Core seconds that were wanted and that were given, of VMs alone. */
  readonly demandedCoreS: Float64Array;
  readonly grantedCoreS: Float64Array;
  /** The part that was wanted and not given because migrations took their CPU. */
  readonly takenCoreS: Float64Array;

  constructor(fleet: Fleet) {
    const { hosts, vms, flavours } = fleet;
    this.#fleet = fleet;
    const perVm = (): Float64Array => new Float64Array(vms.count);
    const perHost = (): Float64Array => new Float64Array(hosts.length);
    this.hostOf = new Int32Array(vms.count).fill(NOWHERE);
    this.wants = perVm();
    this.lostNs = perVm();
    this.#size = new Float64Array(flavours.map(({ vcpus, vcpuSpeed }) => vcpus * vcpuSpeed));
    this.#paused = new Uint8Array(vms.count);
    this.#next = new Int32Array(vms.count).fill(NONE);
    this.#previous = new Int32Array(vms.count).fill(NONE);
    this.#busy = new Int32Array(hosts.length).fill(NONE);
    this.#idle = new Int32Array(hosts.length).fill(NONE);
    this.#power = new Uint8Array(hosts.length);
    this.#capacity = Float64Array.from(hosts, ({ type }) => capacityOf(type));
    this.#quality = perHost().fill(1);
    this.#taken = perHost();
    this.#demand = perHost();
    this.#level = perHost().fill(UNLIMITED);
    const tables = new Map(hosts.map(({ type }) => [type.power, 0]));
    this.#tables = [...tables.keys()];
    for (const [index, power] of this.#tables.entries()) tables.set(power, index);
    this.#table = Uint32Array.from(hosts, ({ type }) => tables.get(type.power) as number);
    this.#watts = Float64Array.from(hosts, ({ type }) => wattsAt(type.power, 0));
    this.#since = perHost();
    this.memoryBytes = Float64Array.from(hosts, ({ type }) => type.memoryBytes);
    this.usedBytes = perHost();
    this.joules = perHost();
    this.activeNs = perHost();
    this.overloadedNs = perHost();
    this.demandedCoreS = perHost();
    this.grantedCoreS = perHost();
    this.takenCoreS = perHost();
  }

  /** Reference cores of a VM's flavour. */
  sizeOf(vm: number): number {
    return this.#size[this.#fleet.vms.flavour[vm] as number] as number;
  }

  powerOf(host: number): Power {
    return POWERS[this.#power[host] as number] as Power;
  }

  isOn(host: number): boolean {
    return this.#power[host] === ON;
  }

  capacityOf(host: number): number {
    return this.#capacity[host] as number;
  }

  /** What its VMs and migrations want, reference cores. */
  demandOf(host: number): number {
    return (this.#demand[host] as number) + (this.#taken[host] as number);
  }

  /** Share of its pace that a running VM has. */
  paceOf(vm: number): Share {
    const host = this.hostOf[vm] as number;
    if (host === NOWHERE || this.#paused[vm] === 1) return 0;
    const level = this.#level[host] as number;
    const wants = this.wants[vm] as number;
    if (level === UNLIMITED || wants <= 0) return 1;
    return Math.min(1, (level * this.sizeOf(vm)) / wants);
  }

  /** Calls with every VM on a host: those that want something and then the others, the last to come first. */
  forEachVm(host: number, visit: (vm: number) => void): void {
    for (const first of [this.#busy[host] as number, this.#idle[host] as number]) {
      for (let vm = first; vm !== NONE; ) {
        const next = this.#next[vm] as number;
        visit(vm);
        vm = next;
      }
    }
  }

  hasVms(host: number): boolean {
    return this.#busy[host] !== NONE || this.#idle[host] !== NONE;
  }

  /** Puts a VM on a host, where it runs. Its memory is counted by who promised it. */
  enter(vm: number, host: number, now: Nanoseconds): void {
    this.settle(host, now);
    this.hostOf[vm] = host;
    this.#link(vm, host);
    if ((this.wants[vm] as number) > 0) this.#refresh(host);
  }

  /** Takes a VM off its host. */
  leave(vm: number, now: Nanoseconds): void {
    const host = this.hostOf[vm] as number;
    this.settle(host, now);
    this.#unlink(vm, host);
    this.hostOf[vm] = NOWHERE;
    if ((this.wants[vm] as number) > 0) this.#refresh(host);
  }

  /** Stops a VM's CPUs where it is, or lets them go on. */
  setPaused(vm: number, isPaused: boolean, now: Nanoseconds): void {
    const host = this.hostOf[vm] as number;
    if (host !== NOWHERE) this.settle(host, now);
    this.#paused[vm] = isPaused ? 1 : 0;
    if (host !== NOWHERE) this.#refresh(host);
  }

  /** Cores that migrations take from now on, more (or less) than before. */
  take(host: number, cores: number, now: Nanoseconds): void {
    if (cores === 0) return;
    this.settle(host, now);
    // What is given back to the last bit leaves nothing.
    const taken = (this.#taken[host] as number) + cores;
    this.#taken[host] = taken < 1e-9 ? 0 : taken;
    this.#refresh(host);
  }

  setPower(host: number, power: Power, now: Nanoseconds): void {
    this.settle(host, now);
    this.#power[host] = POWERS.indexOf(power);
    this.#refresh(host);
  }

  setQuality(host: number, share: Share, now: Nanoseconds): void {
    this.settle(host, now);
    this.#quality[host] = share;
    this.#refresh(host);
  }

  /** A VM wants something else from now on; where it is on a host, {@link wantsChanged} must follow. */
  setWants(vm: number, cores: number, now: Nanoseconds): void {
    const host = this.hostOf[vm] as number;
    if (host === NOWHERE) {
      this.wants[vm] = cores;
      return;
    }
    this.settle(host, now);
    const staysInChain = cores > 0 === (this.wants[vm] as number) > 0;
    if (!staysInChain) this.#unlink(vm, host);
    this.wants[vm] = cores;
    if (!staysInChain) this.#link(vm, host);
  }

  /** VMs of a host want something else. */
  wantsChanged(host: number): void {
    this.#refresh(host);
  }

  /** Counts everything of a host up to now. */
  settle(host: number, now: Nanoseconds): void {
    const ns = now - (this.#since[host] as number);
    if (ns <= 0) return;
    this.#since[host] = now;
    const seconds = ns / SECOND;
    add(this.joules, host, (this.#watts[host] as number) * seconds);
    if (!this.isOn(host)) return;
    add(this.activeNs, host, ns);
    const demand = this.#demand[host] as number;
    add(this.demandedCoreS, host, demand * seconds);
    const level = this.#level[host] as number;
    if (level === UNLIMITED) {
      add(this.grantedCoreS, host, demand * seconds);
      return;
    }
    add(this.overloadedNs, host, ns);
    const usable = (this.#capacity[host] as number) * (this.#quality[host] as number);
    const left = Math.max(0, usable - (this.#taken[host] as number));
    add(this.takenCoreS, host, (Math.min(demand, usable) - left) * seconds);
    for (let vm = this.#busy[host] as number; vm !== NONE; vm = this.#next[vm] as number) {
      if (this.#paused[vm] === 1) continue;
      const pace = this.paceOf(vm);
      add(this.lostNs, vm, ns * (1 - pace));
      add(this.grantedCoreS, host, (this.wants[vm] as number) * pace * seconds);
    }
  }

  #chainOf(vm: number): Int32Array {
    return (this.wants[vm] as number) > 0 ? this.#busy : this.#idle;
  }

  #link(vm: number, host: number): void {
    const chain = this.#chainOf(vm);
    const first = chain[host] as number;
    this.#next[vm] = first;
    this.#previous[vm] = NONE;
    if (first !== NONE) this.#previous[first] = vm;
    chain[host] = vm;
  }

  #unlink(vm: number, host: number): void {
    const next = this.#next[vm] as number;
    const previous = this.#previous[vm] as number;
    if (previous === NONE) this.#chainOf(vm)[host] = next;
    else this.#next[previous] = next;
    if (next !== NONE) this.#previous[next] = previous;
  }

  /** Works out demand, shares and power anew. */
  #refresh(host: number): void {
    let demand = 0;
    for (let vm = this.#busy[host] as number; vm !== NONE; vm = this.#next[vm] as number) {
      if (this.#paused[vm] === 0) demand += this.wants[vm] as number;
    }
    this.#demand[host] = demand;
    const capacity = this.#capacity[host] as number;
    const taken = this.#taken[host] as number;
    const left = Math.max(0, capacity * (this.#quality[host] as number) - taken);
    const isOverloaded = demand > left * (1 + 1e-12);
    this.#level[host] = isOverloaded ? this.#fairLevel(host, left) : UNLIMITED;
    this.#watts[host] = this.#wattsNow(host, Math.min(demand, left) + taken);
  }

  /** Cores per unit of size at which the VMs of a host use all that is left. */
  #fairLevel(host: number, left: number): number {
    let level = 0;
    for (;;) {
      let rest = left;
      let sizes = 0;
      for (let vm = this.#busy[host] as number; vm !== NONE; vm = this.#next[vm] as number) {
        if (this.#paused[vm] === 1) continue;
        const wants = this.wants[vm] as number;
        const size = this.sizeOf(vm);
        if (wants <= level * size) rest -= wants;
        else sizes += size;
      }
      const risen = sizes > 0 ? rest / sizes : level;
      if (risen <= level * (1 + 1e-12)) return level;
      level = risen;
    }
  }

  #wattsNow(host: number, cores: number): number {
    const power = this.#tables[this.#table[host] as number] as PowerTable;
    switch (this.#power[host]) {
      case FAILED:
        return 0;
      case ASLEEP:
        return power.sleepWatts;
      case FALLING_ASLEEP:
      case WAKING:
        return wattsAt(power, 0);
      default:
        return wattsAt(power, cores / (this.#capacity[host] as number));
    }
  }
}

function add(column: Float64Array, index: number, value: number): void {
  column[index] = (column[index] as number) + value;
}
