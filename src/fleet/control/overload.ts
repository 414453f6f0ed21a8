/**
 * When a host is about to have too little CPU: the rules of Beloglazov and Buyya, "Optimal online
 * deterministic algorithms and adaptive heuristics for energy and performance efficient dynamic
 * consolidation of virtual machines in cloud data centers", Concurrency and Computation: Practice and
 * Experience 24 (2012), section 6.1. Pure functions of a history of utilisations (demand over capacity),
 * the newest last.
 */

import type { Share } from "../../units.js";
import { interquartileRange, leastSquares, median, medianAbsoluteDeviation } from "./statistics.js";

/** The rules: static threshold, median absolute deviation, interquartile range, local regression, robust local regression. */
export const OVERLOAD_RULES = ["thr", "mad", "iqr", "lr", "lrr"] as const;
/** Name of a rule, as the paper abbreviates it. */
export type OverloadRule = (typeof OVERLOAD_RULES)[number];

/** A rule and its parameter. */
export interface OverloadDetection {
  readonly rule: OverloadRule;
  /**
   * `thr`: the threshold itself. Otherwise the safety parameter s, at least 0: the larger, the earlier a
   * host counts as overloaded. The paper's best: 0.8, 2.5 (mad), 1.5 (iqr), 1.2 (lr, lrr).
   */
  readonly parameter: number;
}

/** Threshold that stands in while a history is too short. The authors' own programs use 0.7. */
export const FALLBACK_THRESHOLD: Share = 0.7;
/** Fewest values from which a spread can be told; the authors' own programs ask for twelve. */
export const SPREAD_HISTORY = 12;
/** How many values a regression looks back: ten, so that it follows the newest. */
export const REGRESSION_HISTORY = 10;
/** How many values a spread looks back. */
export const LONGEST_HISTORY = 30;

/** Whether demand is above a fixed share of the capacity. */
export function staticThreshold(utilisation: Share, threshold: Share): boolean {
  return utilisation > threshold;
}

/** Adaptive threshold 1 - s MAD: the more a history scatters, the lower. */
export function madThreshold(history: ArrayLike<Share>, safety: number): Share {
  return 1 - safety * medianAbsoluteDeviation(history);
}

/** Adaptive threshold 1 - s IQR. */
export function iqrThreshold(history: ArrayLike<Share>, safety: number): Share {
  return 1 - safety * interquartileRange(history);
}

/**
 * Utilisation that a local regression (Loess, Cleveland 1979) expects: a line through the history, in which
 * newer points weigh more by the tricube function, drawn on.
 *
 * @param ahead - Intervals after the newest value, at least 1: how long the longest migration takes.
 */
export function localRegression(history: ArrayLike<Share>, ahead = 1): Share {
  const isUsual = history.length === REGRESSION_HISTORY;
  const weights = isUsual ? USUAL_WEIGHTS : tricubeWeights(history.length);
  const { intercept, slope } = leastSquares(history, weights);
  return intercept + slope * (history.length + ahead);
}

/**
 * The same, robust against outliers: the line is fitted once more, and points count less the farther they
 * were from the first one (bisquare weights at six median residuals).
 */
export function robustLocalRegression(history: ArrayLike<Share>, ahead = 1): Share {
  const weights = tricubeWeights(history.length);
  const first = leastSquares(history, weights);
  const residuals = Float64Array.from(history, (value, index) =>
    Math.abs(value - first.intercept - first.slope * (index + 1)),
  );
  const reach = 6 * median(residuals);
  if (reach === 0) return first.intercept + first.slope * (history.length + ahead);
  const robust = weights.map((weight, index) => {
    const distance = (residuals[index] as number) / reach;
    return distance < 1 ? weight * (1 - distance * distance) ** 2 : 0;
  });
  const { intercept, slope } = leastSquares(history, robust);
  return intercept + slope * (history.length + ahead);
}

/** Weights (1 - d^3)^3 at distance d from the newest point; the oldest of all has none. */
export function tricubeWeights(count: number): Float64Array {
  const span = Math.max(1, count - 1);
  return Float64Array.from({ length: count }, (_, index) => {
    const distance = (count - 1 - index) / span;
    const near = 1 - distance * distance * distance;
    return near * near * near;
  });
}

/** Regressions are asked for often, and nearly always over as many values. */
const USUAL_WEIGHTS = tricubeWeights(REGRESSION_HISTORY);

/**
 * Whether a host counts as overloaded.
 *
 * @param utilisation - Demand over capacity now; what the history does not hold yet, such as a VM that may come, is in it.
 * @param history - Newest last. While it is too short for the rule, {@link FALLBACK_THRESHOLD} decides.
 */
export function isOverloaded(
  { rule, parameter }: OverloadDetection,
  utilisation: Share,
  history: ArrayLike<Share>,
): boolean {
  if (rule === "thr") return staticThreshold(utilisation, parameter);
  const needed = rule === "lr" || rule === "lrr" ? REGRESSION_HISTORY : SPREAD_HISTORY;
  if (history.length < needed) return staticThreshold(utilisation, FALLBACK_THRESHOLD);
  switch (rule) {
    case "mad":
      return utilisation > madThreshold(newest(history, LONGEST_HISTORY), parameter);
    case "iqr":
      return utilisation > iqrThreshold(newest(history, LONGEST_HISTORY), parameter);
    case "lr":
      return parameter * localRegression(newest(history, needed)) >= 1;
    case "lrr":
      return parameter * robustLocalRegression(newest(history, needed)) >= 1;
  }
}

function newest(history: ArrayLike<Share>, count: number): ArrayLike<Share> {
  const from = history.length - count;
  return from <= 0
    ? history
    : Float64Array.from({ length: count }, (_, k) => history[from + k] ?? 0);
}
