import type { Milliseconds, PageCount } from "../units.js";
import type { PageClass } from "./page-class.js";

/** What a guest meets that runs on before its pages have come. */
export interface PredictedPull {
  /** Pages that the guest touched before they came. */
  readonly faults: number;
  /** How long the guest stood still for them, in sum. */
  readonly stallMs: Milliseconds;
}

/** Steps in which the pull is followed: the absent pages fall evenly from all to none. */
const STEPS = 64;

/**
 * The guest while its absent pages arrive within `pullMs`: it touches absent pages of a class in proportion
 * to how many there are, and stands still for `faultMs` at each. Reads are not known, so only writes count.
 */
export function predictPull(
  classes: readonly PageClass[],
  absent: readonly PageCount[],
  pullMs: Milliseconds,
  faultMs: Milliseconds,
): PredictedPull {
  // Touches of absent pages per ms of guest time, were all of them absent still.
  const touches = classes.reduce((sum, one, index) => {
    const perMs = one.distinct(TOUCH_MS) / TOUCH_MS;
    return sum + perMs * ((absent[index] as number) / one.pages);
  }, 0);
  let faults = 0;
  for (let step = 0; step < STEPS; step++) {
    const rate = touches * (1 - (step + 0.5) / STEPS);
    // Of a stretch of time the guest runs the part that it does not wait.
    const running = 1 / (1 + rate * faultMs);
    faults += rate * running * (pullMs / STEPS);
  }
  return { faults, stallMs: faults * faultMs };
}

/** Short enough that a page is hardly written twice. */
const TOUCH_MS: Milliseconds = 1;
