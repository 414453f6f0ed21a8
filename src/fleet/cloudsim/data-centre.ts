import { LONGEST_HISTORY } from "../control/overload.js";
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
  }

  /** Moves to an instant: what VMs want then is what counts from now on. */
  moveTo(seconds: number): void {
    this.traces.moveTo(seconds);
    const { now } = this.traces;
    const { vmMips } = this.pool;
    for (let vm = 0; vm < now.length; vm++) {
      this.requested[vm] = (now[vm] as number) * (vmMips[vm] as number);
    }
  }

  /** Looks at every host, shares its MIPS out anew and removes the VMs that want nothing: CloudSim takes them to be done. */
  lookAtAll(seconds: number): void {
    for (let host = 0; host < this.hosts; host++) this.look(host, seconds);
  }

  /** Looks at one host. */
  look(host: number, seconds: number): void {
    this.spentBefore[host] = this.spent[host] as number;
    const list = this.vms[host] as number[];
    if (list.length === 0 && this.hostService.isSettledOff(host)) {
      this.spent[host] = 0;
      return;
    }
    const { shares } = this;
    this.share(host);
    let spent = 0;
    for (let index = 0; index < list.length; index++) {
      const vm = list[index] as number;
      if (!shares.isArriving[index]) {
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

  /** Takes VMs that want nothing and are not moving off their hosts, for good. */
  removeIdle(): void {
    for (let host = 0; host < this.hosts; host++) {
      const list = this.vms[host] as number[];
      const kept = list.filter((vm) => this.isMoving[vm] === 1 || this.requested[vm] !== 0);
      if (kept.length === list.length) continue;
      for (const vm of list) if (!kept.includes(vm)) this.hostOf[vm] = GONE;
      this.vms[host] = kept;
      this.share(host);
    }
  }

  /** Utilisation of a host at the last look, and at the one before. */
  utilisation(host: number): number {
    return atMostOne((this.spent[host] as number) / (this.pool.mips[host] as number));
  }

  utilisationBefore(host: number): number {
    return atMostOne((this.spentBefore[host] as number) / (this.pool.mips[host] as number));
  }

  /** Joules of all hosts since the look before: a straight line of power; a host that was off draws nothing. */
  joules(seconds: number): number {
    let joules = 0;
    for (let host = 0; host < this.hosts; host++) {
      if (this.spentBefore[host] === 0) continue;
      const before = this.pool.watts(host, this.utilisationBefore(host));
      const now = this.pool.watts(host, this.utilisation(host));
      joules += (before + (now - before) / 2) * seconds;
    }
    return joules;
  }

  /** How many hosts are on. */
  activeHosts(): number {
    let active = 0;
    for (let host = 0; host < this.hosts; host++) if ((this.spent[host] as number) > 0) active += 1;
    return active;
  }

  /** A migration begins: from now on the VM is on both hosts. */
  begin(vm: number, target: number, seconds: number): void {
    this.isMoving[vm] = 1;
    const arriving = this.arriving[target] as number[];
    if (arriving.includes(vm)) return;
    arriving.push(vm);
    (this.vms[target] as number[]).push(vm);
    this.look(target, seconds);
    this.look(this.hostOf[vm] as number, seconds);
  }

  /** A migration ends. */
  complete(vm: number, target: number): void {
    const source = this.hostOf[vm] as number;
    if (source !== GONE) remove(this.vms[source] as number[], vm);
    remove(this.arriving[target] as number[], vm);
    const list = this.vms[target] as number[];
    remove(list, vm);
    list.push(vm);
    this.isMoving[vm] = 0;
    this.hostOf[vm] = target;
  }

  /** History of a host's utilisation as of the VMs that it has now: the newest first, {@link LONGEST_HISTORY} values. */
  addHistory(history: Float64Array, offset: number, host: number, vm: number): void {
    const scale = this.pool.vmMips[vm] as number;
    const mips = this.pool.mips[host] as number;
    const count = Math.min(LONGEST_HISTORY, this.traces.remembered);
    for (let age = 0; age < count; age++) {
      const wanted = this.traces.recorded(age)[vm] as number;
      history[offset + age] = (history[offset + age] as number) + (wanted * scale) / mips;
    }
  }
}

function atMostOne(utilisation: number): number {
  return utilisation > 1 ? 1 : utilisation;
}

function remove(list: number[], value: number): void {
  const index = list.indexOf(value);
  if (index >= 0) list.splice(index, 1);
}
