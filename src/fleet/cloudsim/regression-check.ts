import { LONGEST_HISTORY } from "../control/overload.js";
import type { DataCentre } from "./data-centre.js";
import { type HistoryCheck, NONE } from "./history-check.js";

/**
 * A line through a host's newest utilisations, drawn on to when the longest migration from it would end.
 *
 * In CloudSim 3.0.3 all points weigh alike, whichever of the two regressions is asked for: it weighs them
 * only where at least four in ten weights are zero, and none ever is. So the line is linear in the values,
 * and a host's is the sum of its VMs'.
 */
export class RegressionCheck implements HistoryCheck {
  readonly #centre: DataCentre;
  readonly #safety: number;
  readonly #interval: number;
  readonly #points: number;
  /** Mean and slope of what each VM wanted at the newest points, MIPS; whether it wanted anything at the oldest or before. */
  readonly #vmMean: Float64Array;
  readonly #vmSlope: Float64Array;
  readonly #vmIsOld: Uint8Array;
  /** The same of each host's VMs together; made when first asked for. */
  readonly #mean: Float64Array;
  readonly #slope: Float64Array;
  readonly #oldVms: Uint32Array;
  readonly #isKnown: Uint8Array;
  readonly #isAlwaysNext: boolean;

  constructor(centre: DataCentre, safety: number, interval: number, points: number) {
    this.#centre = centre;
    this.#safety = safety;
    this.#interval = interval;
    this.#points = points;
    const vms = centre.requested.length;
    this.#vmMean = new Float64Array(vms);
    this.#vmSlope = new Float64Array(vms);
    this.#vmIsOld = new Uint8Array(vms);
    this.#mean = new Float64Array(centre.hosts);
    this.#slope = new Float64Array(centre.hosts);
    this.#oldVms = new Uint32Array(centre.hosts);
    this.#isKnown = new Uint8Array(centre.hosts);
    const slowest = centre.pool.migrationRate.reduce((a, b) => Math.min(a, b));
    const largest = centre.pool.vmMemory.reduce((a, b) => Math.max(a, b));
    this.#isAlwaysNext = largest / slowest <= interval;
  }

  forgetAll(): void {
    this.#isKnown.fill(0);
    const { remembered, history } = this.#centre.traces;
    if (remembered < this.#points) return;
    const points = this.#points;
    const middle = (points - 1) / 2;
    const squares = (points * (points * points - 1)) / 12;
    for (let vm = 0; vm < this.#vmMean.length; vm++) {
      const from = vm * LONGEST_HISTORY;
      let sum = 0;
      let moment = 0;
      for (let age = 0; age < points; age++) {
        const share = history[from + age] as number;
        sum += share;
        moment += share * (middle - age);
      }
      const size = this.#centre.pool.vmMips[vm] as number;
      this.#vmMean[vm] = (sum / points) * size;
      this.#vmSlope[vm] = (moment / squares) * size;
      let oldest = from + remembered - 1;
      while (oldest > from + points - 1 && history[oldest] === 0) oldest -= 1;
      this.#vmIsOld[vm] = history[oldest] === 0 ? 0 : 1;
    }
  }

  forget(host: number): void {
    this.#isKnown[host] = 0;
  }

  extend(host: number, vm: number): void {
    if (this.#isKnown[host] === 1) this.#add(host, vm);
  }

  isOverloaded(host: number, vms: readonly number[], extra: number): boolean | null {
    if (this.#centre.traces.remembered < this.#points) return null;
    if (this.#isKnown[host] === 0) this.#know(host, vms);
    let mean = this.#mean[host] as number;
    let slope = this.#slope[host] as number;
    let oldVms = this.#oldVms[host] as number;
    if (extra !== NONE) {
      mean += this.#vmMean[extra] as number;
      slope += this.#vmSlope[extra] as number;
      oldVms += this.#vmIsOld[extra] as number;
    }
    if (oldVms === 0) return null;
    const beyond = (this.#points - 1) / 2 + this.#intervalsAhead(host, vms, extra);
    const expected = (mean + slope * beyond) / (this.#centre.pool.mips[host] as number);
    return expected * this.#safety >= 1;
  }

  #know(host: number, vms: readonly number[]): void {
    this.#mean[host] = 0;
    this.#slope[host] = 0;
    this.#oldVms[host] = 0;
    for (const vm of vms) this.#add(host, vm);
    this.#isKnown[host] = 1;
  }

  #add(host: number, vm: number): void {
    this.#mean[host] = (this.#mean[host] as number) + (this.#vmMean[vm] as number);
    this.#slope[host] = (this.#slope[host] as number) + (this.#vmSlope[vm] as number);
    this.#oldVms[host] = (this.#oldVms[host] as number) + (this.#vmIsOld[vm] as number);
  }

  /** Intervals that the longest migration from the host would take, begun ones counted. */
  #intervalsAhead(host: number, vms: readonly number[], extra: number): number {
    if (this.#isAlwaysNext) return 1;
    const { vmMemory, migrationRate } = this.#centre.pool;
    let most = extra === NONE ? 0 : (vmMemory[extra] as number);
    for (const vm of vms) most = Math.max(most, vmMemory[vm] as number);
    return Math.ceil(most / (migrationRate[host] as number) / this.#interval);
  }
}
