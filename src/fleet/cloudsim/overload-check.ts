import {
  FALLBACK_THRESHOLD,
  LONGEST_HISTORY,
  type OverloadDetection,
  REGRESSION_HISTORY,
  SPREAD_HISTORY,
} from "../control/overload.js";
import { interquartileRange, medianAbsoluteDeviation } from "../control/statistics.js";
import type { DataCentre } from "./data-centre.js";

/**
 * Whether hosts are overloaded, as CloudSim 3.0.3 tells. A host's history is made up anew from the
 * histories of the VMs it has just now, so it is known at once what it would be with one more.
 *
 * Two rules differ from the paper's: its regressions weigh all points alike, since weights are used only
 * where at least four in ten of them are zero and none ever is, so `lrr` is `lr`; and a history ends with
 * its oldest value above zero.
 */
export class OverloadCheck {
  readonly #detection: OverloadDetection;
  readonly #centre: DataCentre;
  readonly #interval: number;
  /** Histories of hosts, newest first, each {@link LONGEST_HISTORY} long; made when first asked for. */
  readonly #histories: Float64Array;
  readonly #isKnown: Uint8Array;
  readonly #candidate = new Float64Array(LONGEST_HISTORY);
  /** What a host's VMs want, MIPS, and the largest memory of them. */

  constructor(detection: OverloadDetection, centre: DataCentre, interval: number) {
    this.#detection = detection;
    this.#centre = centre;
    this.#interval = interval;
    this.#histories = new Float64Array(centre.hosts * LONGEST_HISTORY);
    this.#isKnown = new Uint8Array(centre.hosts);
  }

  /** Forgets every host's history: a new interval has begun. */
  forgetAll(): void {
    this.#isKnown.fill(0);
  }

  /** A host has lost a VM. */
  forget(host: number): void {
    this.#isKnown[host] = 0;
  }

  /** A host has one VM more, the last of its list. */
  extend(host: number, vm: number): void {
    if (this.#isKnown[host] === 0) return;
    this.#centre.addHistory(this.#histories, host * LONGEST_HISTORY, host, vm);
  }

  /** Whether a host is overloaded with its VMs, which want so many MIPS together. */
  isOverloaded(host: number, vms: readonly number[], wanted: number): boolean {
    const utilisation = wanted / (this.#centre.pool.mips[host] as number);
    if (this.#detection.rule === "thr") return utilisation > this.#detection.parameter;
    this.#know(host, vms);
    const from = host * LONGEST_HISTORY;
    for (let age = 0; age < LONGEST_HISTORY; age++) {
      this.#candidate[age] = this.#histories[from + age] as number;
    }
    return this.#judge(host, vms, utilisation, -1);
  }

  /** Whether a host would be overloaded with one more VM, with which its VMs want so many MIPS. */
  isOverloadedWith(host: number, vms: readonly number[], vm: number, wanted: number): boolean {
    const utilisation = wanted / (this.#centre.pool.mips[host] as number);
    if (this.#detection.rule === "thr") return utilisation > this.#detection.parameter;
    this.#know(host, vms);
    const from = host * LONGEST_HISTORY;
    for (let age = 0; age < LONGEST_HISTORY; age++) {
      this.#candidate[age] = this.#histories[from + age] as number;
    }
    this.#centre.addHistory(this.#candidate, 0, host, vm);
    return this.#judge(host, vms, utilisation, vm);
  }

  #know(host: number, vms: readonly number[]): void {
    if (this.#isKnown[host] === 1) return;
    const from = host * LONGEST_HISTORY;
    this.#histories.fill(0, from, from + LONGEST_HISTORY);
    for (const vm of vms) this.#centre.addHistory(this.#histories, from, host, vm);
    this.#isKnown[host] = 1;
  }

  #judge(host: number, vms: readonly number[], utilisation: number, extra: number): boolean {
    const { rule, parameter } = this.#detection;
    const history = this.#candidate;
    const length = lengthOf(history);
    if (rule === "lr" || rule === "lrr") {
      if (length < REGRESSION_HISTORY) return utilisation > FALLBACK_THRESHOLD;
      const expected = regression(history, this.#migrationIntervals(host, vms, extra));
      return expected * parameter >= 1;
    }
    if (length < SPREAD_HISTORY) return utilisation > FALLBACK_THRESHOLD;
    const spread =
      rule === "mad"
        ? medianAbsoluteDeviation(history, length)
        : interquartileRange(history, length);
    return utilisation > 1 - parameter * spread;
  }

  /** Intervals that the longest migration from the host would take, begun ones counted. */
  #migrationIntervals(host: number, vms: readonly number[], extra: number): number {
    const { vmMemory, migrationRate } = this.#centre.pool;
    let most = extra < 0 ? 0 : (vmMemory[extra] as number);
    for (const vm of vms) most = Math.max(most, vmMemory[vm] as number);
    return Math.ceil(most / (migrationRate[host] as number) / this.#interval);
  }
}

/** Values up to the oldest that is not zero; one at least. */
function lengthOf(history: Float64Array): number {
  let length = LONGEST_HISTORY;
  while (length > 1 && history[length - 1] === 0) length -= 1;
  return length;
}

/** The line of least squares through the ten newest values, drawn on by so many intervals. */
function regression(history: Float64Array, ahead: number): number {
  const middle = (REGRESSION_HISTORY + 1) / 2;
  let sum = 0;
  let moment = 0;
  for (let age = 0; age < REGRESSION_HISTORY; age++) {
    const value = history[age] as number;
    sum += value;
    moment += value * (REGRESSION_HISTORY - age - middle);
  }
  return sum / REGRESSION_HISTORY + (moment / SPREAD_OF_X) * (REGRESSION_HISTORY + ahead - middle);
}

/** Sum of the squares of how far 1 .. n are from their mean: n (n^2 - 1) / 12. */
const SPREAD_OF_X = (REGRESSION_HISTORY * (REGRESSION_HISTORY ** 2 - 1)) / 12;
