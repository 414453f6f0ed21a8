/**
 * Which VM leaves an overloaded host: the rules of Beloglazov and Buyya (2012), section 6.2. Pure; each
 * answers an index into what it was given, and the first of equals.
 */

import type { Share } from "../../units.js";
import { bestExplained } from "./multiple-correlation.js";

/** Minimum migration time, minimum utilisation, random, maximum correlation. */
export const SELECTION_RULES = ["mmt", "mu", "rs", "mc"] as const;
/** Name of a rule. */
export type SelectionRule = (typeof SELECTION_RULES)[number];

/** A VM that may leave. */
export interface Selectable {
  /** Memory to move, in any unit that is the same for all. */
  readonly memory: number;
  /** Demand over its own size. */
  readonly utilisation: Share;
  /** Demand over its own size at the last intervals, the newest last; as long for each VM of a host. */
  readonly history: ArrayLike<Share>;
}

/** The one that is moved fastest: all go over the same link, so the one with the least memory. */
export function minimumMigrationTime(vms: readonly Selectable[]): number {
  return leastBy(vms, (vm) => vm.memory);
}

/** The one that uses the least of its own size. */
export function minimumUtilisation(vms: readonly Selectable[]): number {
  return leastBy(vms, (vm) => vm.utilisation);
}

/**
 * The one whose CPU is explained best by that of all others (the highest R^2), since peaks that come
 * together are what overloads a host (Verma et al. 2009). Where that cannot be told, because histories are
 * shorter than there are VMs or one repeats others, it is the one that is moved fastest.
 */
export function maximumCorrelation(vms: readonly Selectable[]): number {
  return bestExplained(vms.map((vm) => vm.history)) ?? minimumMigrationTime(vms);
}

/**
 * The VM to move, as an index; -1 when there is none.
 *
 * @param nextBelow - A whole number from 0 to one less than its argument, for `rs`.
 */
export function selectVm(
  rule: SelectionRule,
  vms: readonly Selectable[],
  nextBelow: (bound: number) => number,
): number {
  if (vms.length === 0) return -1;
  switch (rule) {
    case "mmt":
      return minimumMigrationTime(vms);
    case "mu":
      return minimumUtilisation(vms);
    case "rs":
      return nextBelow(vms.length);
    case "mc":
      return maximumCorrelation(vms);
  }
}

function leastBy(vms: readonly Selectable[], measure: (vm: Selectable) => number): number {
  let best = 0;
  for (let index = 1; index < vms.length; index++) {
    if (measure(vms[index] as Selectable) < measure(vms[best] as Selectable)) best = index;
  }
  return best;
}
