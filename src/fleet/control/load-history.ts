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

  constructor(snapshot: Snapshot, detection: OverloadDetection) {
    this.#snapshot = snapshot;
    this.#detection = detection;
  }

  /** Whether a host is overloaded, with so many cores wanted of it now. */
  isOverloaded(host: number, cores: number): boolean {
    return this.#judge(host, cores, this.#of(host));
  }

  /** Whether it would be with these VMs added. */
  isOverloadedWith(host: number, cores: number, vms: readonly number[]): boolean {
    if (this.#detection.rule === "thr") return this.#judge(host, cores, EMPTY);
    const history = this.#of(host).slice();
    for (const vm of vms) this.#add(history, vm, 1);
    return this.#judge(host, cores, history);
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
    const first = history.findIndex((value) => value > TINY);
    const shares = first < 0 ? EMPTY : history.subarray(first).map((value) => value / capacity);
    return isOverloaded(this.#detection, utilisation, shares);
  }

  #of(host: number): Float64Array {
    const known = this.#known.get(host);
    if (known !== undefined) return known;
    const history = new Float64Array(this.#length());
    if (history.length > 0) {
      const { vms = [], incoming = [] } = this.#snapshot.hosts[host] ?? {};
      for (const vm of vms) if (!this.#isLeaving(vm)) this.#add(history, vm, 1);
      for (const vm of incoming) this.#add(history, vm, 1);
    }
    this.#known.set(host, history);
    return history;
  }

  #length(): number {
    switch (this.#detection.rule) {
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

  #isLeaving(vm: number): boolean {
    return this.#snapshot.vm(vm)?.isMigrating ?? false;
  }

  #add(history: Float64Array, vm: number, sign: 1 | -1): void {
    if (history.length === 0) return;
    const past: readonly Share[] = this.#snapshot.vmHistory(vm);
    const size = this.#snapshot.vm(vm)?.size ?? 0;
    const shift = past.length - history.length;
    for (let index = Math.max(0, -shift); index < history.length; index++) {
      const cores = (past[index + shift] ?? 0) * size;
      history[index] = (history[index] as number) + sign * cores;
    }
  }
}

const EMPTY = new Float64Array(0);
/** Below this a sum of cores is rounding. */
const TINY = 1e-9;
