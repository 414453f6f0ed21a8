import type { Milliseconds, Share } from "../units.js";
import type { Random } from "../world/random.js";
import type { PredictedHosts } from "./settings.js";

/** Speed of a guest's writes under a throttle, as a share of its own. */
export function throttledSpeed(throttle: Share, catchUpMs: Milliseconds | null): Share {
  if (throttle <= 0) return 1;
  if (catchUpMs === null) return 1 - throttle;
  // QEMU lets the vCPU run for 10 ms and sleeps so long that this is its share (cpu_throttle_thread).
  const periodMs = THROTTLE_SLICE_MS / (1 - throttle);
  return Math.min(1, Math.max(1 - throttle, catchUpMs / periodMs));
}

/** TCG looks at the dirty log only when every vCPU has answered, and one that is throttled sleeps first. */
export function throttledLogWaitMs(
  throttle: Share,
  { accelerator }: PredictedHosts,
  random: Random,
): Milliseconds {
  if (accelerator !== "tcg" || throttle === 0) return 0;
  const sleepMs = (THROTTLE_SLICE_MS * throttle) / (1 - throttle);
  return random.nextUnit() <= throttle ? sleepMs * random.nextUnit() : 0;
}

/** QEMU's CPU_THROTTLE_TIMESLICE. */
const THROTTLE_SLICE_MS: Milliseconds = 10;
