import type { OverloadDetection } from "../control/overload.js";
import { FALLBACK_THRESHOLD, REGRESSION_HISTORY } from "../control/overload.js";
import type { DataCentre } from "./data-centre.js";
import type { HistoryCheck } from "./history-check.js";
import { RegressionCheck } from "./regression-check.js";
import { SpreadCheck } from "./spread-check.js";

/** Whether hosts are overloaded, now or with one VM more. */
export class OverloadCheck {
  readonly history: HistoryCheck | null;
  readonly #mips: Float64Array;
  readonly #threshold: number;

  constructor({ rule, parameter }: OverloadDetection, centre: DataCentre, interval: number) {
    this.#mips = centre.pool.mips;
    this.#threshold = rule === "thr" ? parameter : FALLBACK_THRESHOLD;
    if (rule === "thr") this.history = null;
    else if (rule === "lr" || rule === "lrr") {
      this.history = new RegressionCheck(centre, parameter, interval, REGRESSION_HISTORY);
    } else this.history = new SpreadCheck(centre, rule, parameter);
  }

  /** Whether a host is overloaded with `vms` and `extra`, which want so many MIPS together. */
  isOverloaded(host: number, vms: readonly number[], extra: number, wanted: number): boolean {
    const utilisation = wanted / (this.#mips[host] as number);
    const verdict = this.history?.isOverloaded(host, vms, extra, utilisation) ?? null;
    return verdict ?? utilisation > this.#threshold;
  }
}
