import { LONGEST_HISTORY, SPREAD_HISTORY } from "../control/overload.js";
import { interquartileRange, medianAbsoluteDeviation } from "../control/statistics.js";
import type { DataCentre } from "./data-centre.js";
import { type HistoryCheck, NONE } from "./history-check.js";

/** Thresholds that fall with how much a host's history scatters. */
export class SpreadCheck implements HistoryCheck {
  readonly #centre: DataCentre;
  readonly #spread: (history: Float64Array, length: number) => number;
  readonly #safety: number;
  /** No spread is larger than so many standard deviations. */
  readonly #reach: number;
  /** Histories of hosts, newest first, each {@link LONGEST_HISTORY} long; made when first asked for. */
  readonly #histories: Float64Array;
  readonly #isKnown: Uint8Array;
  readonly #trial = new Float64Array(LONGEST_HISTORY);

  constructor(centre: DataCentre, rule: "mad" | "iqr", safety: number) {
    this.#centre = centre;
    this.#spread = rule === "mad" ? medianAbsoluteDeviation : interquartileRange;
    this.#safety = safety;
    this.#reach = rule === "mad" ? MAD_REACH : IQR_REACH;
    this.#histories = new Float64Array(centre.hosts * LONGEST_HISTORY);
    this.#isKnown = new Uint8Array(centre.hosts);
  }

  forgetAll(): void {
    this.#isKnown.fill(0);
  }

  forget(host: number): void {
    this.#isKnown[host] = 0;
  }

  extend(host: number, vm: number): void {
    if (this.#isKnown[host] === 1) this.#add(this.#histories, host * LONGEST_HISTORY, host, vm);
  }

  isOverloaded(
    host: number,
    vms: readonly number[],
    extra: number,
    utilisation: number,
  ): boolean | null {
    const trial = this.#trial;
    const from = host * LONGEST_HISTORY;
    if (this.#isKnown[host] === 0) {
      this.#histories.fill(0, from, from + LONGEST_HISTORY);
      for (const vm of vms) this.#add(this.#histories, from, host, vm);
      this.#isKnown[host] = 1;
    }
    for (let age = 0; age < LONGEST_HISTORY; age++) {
      trial[age] = this.#histories[from + age] as number;
    }
    if (extra !== NONE) this.#add(trial, 0, host, extra);
    let length = LONGEST_HISTORY;
    while (length > 0 && trial[length - 1] === 0) length -= 1;
    if (length < SPREAD_HISTORY) return null;
    // Sorting is dear, and most histories scatter far too little to matter.
    const most = this.#reach * standardDeviation(trial, length);
    if (this.#safety * most < 1 - utilisation) return false;
    return utilisation > 1 - this.#safety * this.#spread(trial, length);
  }

  #add(history: Float64Array, offset: number, host: number, vm: number): void {
    const { pool, traces } = this.#centre;
    const size = pool.vmMips[vm] as number;
    const mips = pool.mips[host] as number;
    const from = vm * LONGEST_HISTORY;
    for (let age = 0; age < traces.remembered; age++) {
      const share = traces.history[from + age] as number;
      history[offset + age] = (history[offset + age] as number) + (share * size) / mips;
    }
  }
}

/**
 * Chebyshev: half of all values are within sqrt(2) standard deviations of the mean, and the median within one
 * of it, so the median absolute deviation is below 2.42 of them. Cantelli: a fifth of the values cannot be
 * more than two above (below) the mean, so the quartiles are within four of each other.
 */
const MAD_REACH = 2.5;
const IQR_REACH = 4.1;

function standardDeviation(values: Float64Array, count: number): number {
  let sum = 0;
  let squares = 0;
  for (let index = 0; index < count; index++) {
    const value = values[index] as number;
    sum += value;
    squares += value * value;
  }
  const mean = sum / count;
  return Math.sqrt(Math.max(0, squares / count - mean * mean)) + 1e-7;
}
