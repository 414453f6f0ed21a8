import type { Share } from "../../units.js";
import { LONGEST_HISTORY } from "../control/overload.js";

/** What each VM wants over time, and what it wanted at the last intervals. */
export class Traces {
  /** Share of its MIPS that each VM wants at the instant that was set last. */
  readonly now: Float64Array;
  /** What each VM wanted at the remembered instants, {@link LONGEST_HISTORY} values a VM, the newest first. */
  readonly history: Float64Array;
  readonly #interval: number;
  readonly #vms: number;
  /** Interval by interval, so that one instant's values lie together; the last value is there twice. */
  readonly #values: Float64Array;
  readonly #lengths: number;
  #remembered = 0;

  constructor(utilisation: ArrayLike<ArrayLike<Share>>, intervals: number, interval: number) {
    this.#interval = interval;
    this.#vms = utilisation.length;
    this.#lengths = intervals + 2;
    this.now = new Float64Array(this.#vms);
    this.history = new Float64Array(this.#vms * LONGEST_HISTORY);
    this.#values = new Float64Array(this.#vms * this.#lengths);
    for (let vm = 0; vm < this.#vms; vm++) {
      const trace = utilisation[vm] as ArrayLike<Share>;
      for (let index = 0; index < this.#lengths; index++) {
        this.#values[index * this.#vms + vm] = trace[Math.min(index, trace.length - 1)] as number;
      }
    }
  }

  /** Sets `now` to an instant, in seconds: straight lines between samples. */
  moveTo(time: number): void {
    const { now } = this;
    const before = Math.min(this.#lengths - 1, Math.floor(time / this.#interval));
    const after = Math.min(this.#lengths - 1, Math.ceil(time / this.#interval));
    const early = before * this.#vms;
    const late = after * this.#vms;
    const values = this.#values;
    if (before === after) {
      now.set(values.subarray(early, early + this.#vms));
      return;
    }
    const span = (after - before) * this.#interval;
    const into = time - before * this.#interval;
    for (let vm = 0; vm < now.length; vm++) {
      const from = values[early + vm] as number;
      now[vm] = from + (((values[late + vm] as number) - from) / span) * into;
    }
  }

  /** Keeps what is wanted now; only the last {@link LONGEST_HISTORY} are remembered. */
  record(): void {
    // Every VM's values move up by one, all in one go; what falls out of one VM's is overwritten.
    this.history.copyWithin(1, 0);
    for (let vm = 0; vm < this.#vms; vm++)
      this.history[vm * LONGEST_HISTORY] = this.now[vm] as number;
    this.#remembered = Math.min(LONGEST_HISTORY, this.#remembered + 1);
  }

  /** How many instants are remembered. */
  get remembered(): number {
    return this.#remembered;
  }

  /** What a VM wanted at the remembered instants, the newest first. */
  historyOf(vm: number): Float64Array {
    const from = vm * LONGEST_HISTORY;
    return this.history.subarray(from, from + this.#remembered);
  }
}
