import type { Nanoseconds } from "../../units.js";
import { type Demand, demandAt } from "../model/demand.js";
import { NOWHERE } from "../model/vms.js";
import { EVENT, type RunState } from "./run-state.js";

const ABSENT = 0;
const PRESENT = 1;

/** Finds a host for VMs that come, all at one instant; null: nobody has room, and why. */
export type PlaceArrivals = (
  vms: readonly number[],
) => readonly ({ readonly host: number } | { readonly because: string })[];

/** Which VMs are there: they come, want, go, are lost and start anew. */
export class Population {
  readonly #state: RunState;
  readonly #presence: Uint8Array;
  /** VMs whose demand changes. */
  readonly #varying: readonly number[];
  /** Since when a VM that was lost is down. */
  readonly #downSince = new Map<number, Nanoseconds>();
  /** VMs that came and found no room, in that order. */
  readonly #waiting = new Set<number>();
  /** VMs that wait for their start on a host. */
  readonly #booting = new Map<number, number>();
  /** Time that each VM was down after crashes. */
  readonly crashDowntimeNs: Map<number, Nanoseconds> = new Map();
  #seen = 0;

  constructor(state: RunState) {
    const { vms, demands } = state.fleet;
    this.#state = state;
    this.#presence = new Uint8Array(vms.count);
    const varies = demands.map(({ kind }) => kind !== "constant");
    const varying: number[] = [];
    if (varies.includes(true)) {
      for (let vm = 0; vm < vms.count; vm++) {
        if (varies[vms.demand[vm] as number]) varying.push(vm);
      }
    }
    this.#varying = varying;
  }

  /** VMs that were there at some time. */
  get seen(): number {
    return this.#seen;
  }

  isPresent(vm: number): boolean {
    return this.#presence[vm] === PRESENT;
  }

  /** Puts in those who are there from the start, and announces the others. */
  begin(place: PlaceArrivals): void {
    const { vms } = this.#state.fleet;
    const unplaced: number[] = [];
    for (let vm = 0; vm < vms.count; vm++) {
      const arrives = vms.arrivesNs[vm] as number;
      if (arrives > 0) this.#state.queue.push(arrives, EVENT.arrival, vm);
      else if (vms.host[vm] === NOWHERE) unplaced.push(vm);
      else this.#come(vm, vms.host[vm] as number);
      this.#state.queue.push(vms.departsNs[vm] as number, EVENT.departure, vm);
    }
    this.arrive(unplaced, place);
  }

  /** VMs come, each to the host it was given or one that is found for it. */
  arrive(vms: readonly number[], place: PlaceArrivals): void {
    const { fleet } = this.#state;
    const unplaced = vms.filter((vm) => fleet.vms.host[vm] === NOWHERE);
    for (const vm of vms) {
      const host = fleet.vms.host[vm] as number;
      if (host !== NOWHERE) this.#come(vm, host);
    }
    if (unplaced.length === 0) return;
    for (const [index, answer] of place(unplaced).entries()) {
      const vm = unplaced[index] as number;
      if ("host" in answer) this.#come(vm, answer.host);
      else this.#wait(vm, answer.because);
    }
  }

  /** Those that found no room are placed where there is some now. */
  placeWaiting(place: PlaceArrivals): void {
    const vms = [...this.#waiting].filter((vm) => !this.#booting.has(vm));
    if (vms.length === 0) return;
    for (const [index, answer] of place(vms).entries()) {
      const vm = vms[index] as number;
      if (!("host" in answer)) continue;
      this.#waiting.delete(vm);
      this.#come(vm, answer.host);
    }
  }

  /** A VM goes for good. */
  depart(vm: number): void {
    if (!this.isPresent(vm)) return;
    const { load, now } = this.#state;
    const host = load.hostOf[vm] as number;
    if (host !== NOWHERE) this.#release(vm, host);
    this.#endDowntime(vm, now);
    this.#cancelBoot(vm);
    this.#waiting.delete(vm);
    this.#presence[vm] = ABSENT;
    this.#state.tell("departed", vm, host);
  }

  /** A VM's host is gone, and with it what it did. */
  lose(vm: number, because: string): void {
    const { load, now } = this.#state;
    const host = load.hostOf[vm] as number;
    if (host === NOWHERE) return;
    this.#release(vm, host);
    this.#downSince.set(vm, now);
    this.#state.tell("vm-lost", vm, host, because);
  }

  /** Starts a VM that was lost, or that found no room when it came, on a host; it takes memory at once and runs when it has booted. Answers whether it can. */
  start(vm: number, host: number, memory: number): boolean {
    const { load, fleet, now, queue } = this.#state;
    const isDown = (this.#downSince.has(vm) || this.#waiting.has(vm)) && !this.#booting.has(vm);
    const needs = this.#state.memoryOf(vm);
    if (!isDown || (load.usedBytes[host] as number) + needs > memory || !load.isOn(host)) {
      return false;
    }
    load.usedBytes[host] = (load.usedBytes[host] as number) + needs;
    this.#booting.set(vm, host);
    queue.push(now + fleet.bootNs, EVENT.boot, vm);
    return true;
  }

  /** A VM has booted. */
  booted(vm: number): void {
    const host = this.#booting.get(vm);
    if (host === undefined) return;
    const { load, now } = this.#state;
    this.#booting.delete(vm);
    this.#want(vm);
    load.enter(vm, host, now);
    this.#endDowntime(vm, now);
    this.#waiting.delete(vm);
    this.#state.tell("vm-started", vm, host);
  }

  /** A host that VMs were booting on is gone. */
  abandonBoots(host: number): void {
    for (const [vm, on] of this.#booting) {
      if (on === host) this.#cancelBoot(vm);
    }
  }

  /** Brings the demand of those that vary up to date. */
  updateDemand(): void {
    const { load, now } = this.#state;
    const changed = new Set<number>();
    for (const vm of this.#varying) {
      if (this.#presence[vm] === ABSENT) continue;
      const wants = this.#wantsNow(vm);
      if (wants === load.wants[vm]) continue;
      const host = load.hostOf[vm] as number;
      if (host !== NOWHERE) changed.add(host);
      load.setWants(vm, wants, now);
    }
    for (const host of changed) load.wantsChanged(host);
  }

  /** At the end: downtime that goes on. */
  finish(): void {
    for (const vm of [...this.#downSince.keys()]) this.#endDowntime(vm, this.#state.now);
  }

  #wait(vm: number, because: string): void {
    this.#appear(vm);
    this.#waiting.add(vm);
    this.#state.tell("no-room", vm, NOWHERE, because);
  }

  #appear(vm: number): void {
    if (this.#presence[vm] === PRESENT) return;
    this.#presence[vm] = PRESENT;
    this.#seen += 1;
    this.#want(vm);
  }

  /** A start that is not wanted any more gives its memory back. */
  #cancelBoot(vm: number): void {
    const host = this.#booting.get(vm);
    if (host === undefined) return;
    const { load } = this.#state;
    load.usedBytes[host] = (load.usedBytes[host] as number) - this.#state.memoryOf(vm);
    this.#booting.delete(vm);
  }

  #come(vm: number, host: number): void {
    const { load, now } = this.#state;
    this.#appear(vm);
    this.#want(vm);
    load.usedBytes[host] = (load.usedBytes[host] as number) + this.#state.memoryOf(vm);
    load.enter(vm, host, now);
    if (now > 0) this.#state.tell("arrived", vm, host);
  }

  #release(vm: number, host: number): void {
    const { load, now } = this.#state;
    load.leave(vm, now);
    load.setPaused(vm, false, now);
    load.usedBytes[host] = (load.usedBytes[host] as number) - this.#state.memoryOf(vm);
  }

  #want(vm: number): void {
    const { load, now } = this.#state;
    load.setWants(vm, this.#wantsNow(vm), now);
  }

  #wantsNow(vm: number): number {
    const { fleet, now, load } = this.#state;
    const demand = fleet.demands[fleet.vms.demand[vm] as number] as Demand;
    return demandAt(demand, now, fleet.vms.arrivesNs[vm] as number) * load.sizeOf(vm);
  }

  #endDowntime(vm: number, now: Nanoseconds): void {
    const since = this.#downSince.get(vm);
    if (since === undefined) return;
    this.#downSince.delete(vm);
    this.crashDowntimeNs.set(vm, (this.crashDowntimeNs.get(vm) ?? 0) + now - since);
  }
}
