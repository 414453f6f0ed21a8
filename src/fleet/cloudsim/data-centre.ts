import type { CloudSimExperiment } from "./experiment.js";
import { HostPool, MipsShares } from "./host-pool.js";
import { HostService, VmService } from "./service.js";
import type { Traces } from "./traces.js";

/** A VM that is not on any host: it was never placed, or it is done. */
export const GONE = -1;

/** Hosts, which VMs are on them or on their way, and what they were given at the last look. */
export class DataCentre {
  readonly pool: HostPool;
  readonly traces: Traces;
  readonly hosts: number;
  /** VMs of each host in the order in which they came, with those on their way to it. */
  readonly vms: number[][];
  /** VMs on their way to each host. */
  readonly arriving: number[][];
  /** Where each VM runs. */
  readonly hostOf: Int32Array;
  readonly isMoving: Uint8Array;
  /** MIPS that each VM wants at the instant of the last look. */
  readonly requested: Float64Array;
  /** MIPS that each host spent at the last look, and at the one before. */
  readonly spent: Float64Array;
  readonly spentBefore: Float64Array;
  /** What is left, what is wanted, and what is used with arriving VMs counted in full, at the last look. */
  readonly available: Float64Array;
  readonly wanted: Float64Array;
  readonly used: Float64Array;
  readonly shares: MipsShares;
  readonly vmService: VmService;
  readonly hostService: HostService;
  /** Hosts that are empty and were so at the look before: nothing can be said of them until a VM comes. */
  readonly #isIdle: Uint8Array;

  constructor(experiment: CloudSimExperiment, traces: Traces) {
    this.pool = new HostPool(experiment);
    this.traces = traces;
    const { length } = experiment.hosts;
    const vms = experiment.vms.length;
    this.hosts = length;
    this.vms = Array.from({ length }, () => []);
    this.arriving = Array.from({ length }, () => []);
    this.hostOf = new Int32Array(vms).fill(GONE);
    this.isMoving = new Uint8Array(vms);
    this.requested = new Float64Array(vms);
    this.spent = new Float64Array(length);
    this.spentBefore = new Float64Array(length);
    this.available = this.pool.mips.slice();
    this.wanted = new Float64Array(length);
    this.used = new Float64Array(length);
    this.shares = new MipsShares(this.pool, this.requested, this.isMoving);
    this.vmService = new VmService(vms);
    this.hostService = new HostService(length);
    this.#isIdle = new Uint8Array(length);
  }

  /** Moves to an instant, in seconds: what VMs want then is what counts from now on. */
  moveTo(seconds: number): void {
    this.traces.moveTo(seconds);
    const { now } = this.traces;
    const { vmMips } = this.pool;
    for (let vm = 0; vm < now.length; vm++) {
      this.requested[vm] = (now[vm] as number) * (vmMips[vm] as number);
    }
  }

  /** Looks at every host. */
  lookAtAll(seconds: number): void {
    for (let host = 0; host < this.hosts; host++) {
      if (this.#isIdle[host] === 0) this.look(host, seconds);
    }
  }

  /** Looks again at the same instant, after VMs came to or left `changed` hosts; at all others nothing is new. */
  lookAgain(changed: ReadonlySet<number>, seconds: number): void {
    this.spentBefore.set(this.spent);
    for (const host of changed) this.look(host, seconds);
  }

  /** Looks at one host: shares its MIPS out anew. */
  look(host: number, seconds: number): void {
    const before = this.spent[host] as number;
    this.spentBefore[host] = before;
    const list = this.vms[host] as number[];
    if (list.length === 0 && before === 0 && this.hostService.isSettledOff(host)) {
      this.#isIdle[host] = 1;
      return;
    }
    const { shares } = this;
    this.share(host);
    let spent = 0;
    for (let index = 0; index < list.length; index++) {
      const vm = list[index] as number;
      if (shares.isArriving[index] === 0) {
        const allocated = shares.allocated[index] as number;
        const requested = this.requested[vm] as number;
        this.vmService.state(vm, seconds, allocated, requested, this.isMoving[vm] as number);
      }
      spent += shares.spent(list, index);
    }
    this.spent[host] = spent;
    this.hostService.state(host, seconds, spent, shares.wanted);
  }

  /** Shares a host's MIPS out. */
  share(host: number): void {
    const { shares } = this;
    shares.shareOut(host, this.vms[host] as number[], this.arriving[host] as number[]);
    this.available[host] = shares.available;
    this.wanted[host] = shares.wanted;
    this.used[host] = shares.used;
  }

  /** Takes VMs that want nothing and are not moving off their hosts, for good: CloudSim takes them to be done. Answers where. */
  removeIdle(): Set<number> {
    const changed = new Set<number>();
    for (let vm = 0; vm < this.requested.length; vm++) {
      if (this.requested[vm] !== 0 || this.isMoving[vm] === 1) continue;
      const host = this.hostOf[vm] as number;
      if (host === GONE) continue;
      remove(this.vms[host] as number[], vm);
      this.hostOf[vm] = GONE;
      changed.add(host);
    }
    for (const host of changed) this.share(host);
    return changed;
  }

  /** Utilisation of a host at the last look. */
  utilisation(host: number): number {
    return atMostOne((this.spent[host] as number) / (this.pool.mips[host] as number));
  }

  /** Joules of all hosts since the look before, so many seconds ago: a straight line of power; a host that was off draws nothing. */
  joules(seconds: number): number {
    let joules = 0;
    for (let host = 0; host < this.hosts; host++) {
      const spentBefore = this.spentBefore[host] as number;
      if (spentBefore === 0) continue;
      const utilisationBefore = atMostOne(spentBefore / (this.pool.mips[host] as number));
      const before = this.pool.watts(host, utilisationBefore);
      const now = this.pool.watts(host, this.utilisation(host));
      joules += (before + (now - before) / 2) * seconds;
    }
    return joules;
  }

  /** How many hosts are on. */
  activeHosts(): number {
    let active = 0;
    for (const spent of this.spent) if (spent > 0) active += 1;
    return active;
  }

  /** A migration begins: from now on the VM is on both hosts. */
  begin(vm: number, target: number, seconds: number): void {
    this.isMoving[vm] = 1;
    const arriving = this.arriving[target] as number[];
    if (arriving.includes(vm)) return;
    arriving.push(vm);
    (this.vms[target] as number[]).push(vm);
    this.#isIdle[target] = 0;
    this.look(target, seconds);
    this.look(this.hostOf[vm] as number, seconds);
  }

  /** A migration ends. Answers where the VM was. */
  complete(vm: number, target: number): number {
    const source = this.hostOf[vm] as number;
    if (source !== GONE) remove(this.vms[source] as number[], vm);
    remove(this.arriving[target] as number[], vm);
    const list = this.vms[target] as number[];
    remove(list, vm);
    list.push(vm);
    this.isMoving[vm] = 0;
    this.hostOf[vm] = target;
    return source;
  }
}

function atMostOne(utilisation: number): number {
  return utilisation > 1 ? 1 : utilisation;
}

function remove(list: number[], value: number): void {
  const index = list.indexOf(value);
  if (index >= 0) list.splice(index, 1);
}
