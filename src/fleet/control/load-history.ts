import type { Share } from "../../units.js";
import {
  isOverloaded,
  LONGEST_HISTORY,
  type OverloadDetection,
  REGRESSION_HISTORY,
} from "./overload.js";
import type { Snapshot } from "./snapshot.js";

/**
 * What a host's utilisation would have been at the last intervals with the VMs that it has now, or will have:
 * the sum of their histories. So a host is judged by its VMs rather than by others that have left it.
 */
export class LoadHistory {
  readonly #snapshot: Snapshot;
  readonly #detection: OverloadDetection;
  /** Cores wanted of hosts, the newest last; made when first asked for. */
  readonly #known = new Map<number, Float64Array>();
  /** The same of VMs. */
  readonly #knownVms = new Map<number, Float64Array>();
  readonly #trial: Float64Array;
  readonly #shares: Float64Array;

  constructor(snapshot: Snapshot, detection: OverloadDetection) {
    this.#snapshot = snapshot;
    this.#detection = detection;
    this.#trial = new Float64Array(windowOf(detection));
    this.#shares = new Float64Array(windowOf(detection));
  }

  /** Whether a host is overloaded, with so many cores wanted of it now. */
  isOverloaded(host: number, cores: number): boolean {
    return this.#judge(host, cores, this.#of(host));
  }

  /** Whether it would be with these VMs added. */
  isOverloadedWith(host: number, cores: number, vms: readonly number[]): boolean {
    if (this.#detection.rule === "thr") return this.#judge(host, cores, EMPTY);
    const trial = this.#trial;
    trial.set(this.#of(host));
    for (const vm of vms) this.#add(trial, vm, 1);
    return this.#judge(host, cores, trial);
  }

  /** VMs go from a host to another; -1: nowhere yet. */
  move(vms: readonly number[], from: number, to: number): void {
    for (const vm of vms) {
      if (from >= 0) this.#add(this.#of(from), vm, -1);
      if (to >= 0) this.#add(this.#of(to), vm, 1);
    }
  }

  #judge(host: number, cores: number, history: Float64Array): boolean {
    const capacity = this.#snapshot.hosts[host]?.capacity ?? 0;
    const utilisation = cores / capacity;
    if (this.#detection.rule === "thr") return isOverloaded(this.#detection, utilisation, EMPTY);
    // What is older than every VM is no history.
    let first = 0;
    while (first < history.length && (history[first] as number) <= TINY) first += 1;
    for (let index = first; index < history.length; index++) {
      this.#shares[index] = (history[index] as number) / capacity;
    }
    return isOverloaded(this.#detection, utilisation, this.#shares.subarray(first));
  }

  #of(host: number): Float64Array {
    const known = this.#known.get(host);
    if (known !== undefined) return known;
    const history = new Float64Array(this.#trial.length);
    if (history.length > 0) {
      const { vms = [], incoming = [] } = this.#snapshot.hosts[host] ?? {};
      for (const vm of vms) if (!this.#isLeaving(vm)) this.#add(history, vm, 1);
      for (const vm of incoming) this.#add(history, vm, 1);
    }
    this.#known.set(host, history);
    return history;
  }

  #isLeaving(vm: number): boolean {
    return this.#snapshot.vm(vm)?.isMigrating ?? false;
  }

  #add(history: Float64Array, vm: number, sign: 1 | -1): void {
    if (history.length === 0) return;
    const past = this.#ofVm(vm);
    for (let index = 0; index < history.length; index++) {
      history[index] = (history[index] as number) + sign * (past[index] as number);
    }
  }

  #ofVm(vm: number): Float64Array {
    const known = this.#knownVms.get(vm);
    if (known !== undefined) return known;
    const past: readonly Share[] = this.#snapshot.vmHistory(vm);
    const size = this.#snapshot.vm(vm)?.size ?? 0;
    const cores = new Float64Array(this.#trial.length);
    const shift = past.length - cores.length;
    for (let index = Math.max(0, -shift); index < cores.length; index++) {
      cores[index] = (past[index + shift] ?? 0) * size;
    }
    this.#knownVms.set(vm, cores);
    return cores;
  }
}

/** How many looks a rule needs. */
function windowOf({ rule }: OverloadDetection): number {
  switch (rule) {
    case "thr":
      return 0;
    case "mad":
    case "iqr":
      return LONGEST_HISTORY;
    case "lr":
    case "lrr":
      return REGRESSION_HISTORY;
  }
}

const EMPTY = new Float64Array(0);
/** Below this a sum of cores is rounding. */
const TINY = 1e-9;
