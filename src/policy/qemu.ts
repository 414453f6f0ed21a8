import {
  type Bytes,
  type BytesPerSecond,
  MILLISECOND,
  type Nanoseconds,
  pagesToBytes,
} from "../units.js";
import { CONTINUE, converged, limitReached, nothingDirty } from "./limits.js";
import type { ConvergencePolicy } from "./policy.js";

/** Bytes that QEMU thinks it can send within the downtime limit (migration_update_counters: threshold_size). */
export function thresholdSize(windowRate: BytesPerSecond, downtimeLimitNs: Nanoseconds): Bytes {
  const bytesPerMs = windowRate / 1000;
  return Math.floor(bytesPerMs * (downtimeLimitNs / MILLISECOND));
}

/**
 * QEMU 7.2's: rate limit and bandwidth are kept over windows of 100 ms. A pass ends as soon as what
 * remains is below window rate x downtime limit, so up to that much is left over and joins the newly
 * dirty pages; if the sum is still below, the guest stops. The window rate is the capped one, the final burst is not capped.
 */
export const qemu72: ConvergencePolicy = {
  name: "qemu-7.2",
  source: "QEMU 7.2, migration_iteration_run, migration_update_counters, ram_save_pending",
  windowNs: 100 * MILLISECOND,
  defaults: {
    downtimeLimitNs: 300 * MILLISECOND,
    // QEMU's max-bandwidth, 128 MiB/s.
    maxBandwidth: 134_217_728,
    // Its max-postcopy-bandwidth is unlimited.
    pullIsUncapped: true,
    // Its scan goes on from the page asked for.
    prepaging: "forward",
  },
  endsRound: ({ remainingPages, windowRate, downtimeLimitNs }) =>
    pagesToBytes(remainingPages) < thresholdSize(windowRate, downtimeLimitNs),
  decide: (statistics) => {
    const remaining = pagesToBytes(statistics.dirtyPages);
    const threshold = thresholdSize(statistics.windowRate, statistics.limits.downtimeLimitNs);
    if (statistics.windowRate === 0) {
      // With a threshold of 0 QEMU does not look at the log again: nothing pending is the end.
      return converged("every page went within QEMU's first window");
    }
    if (remaining < threshold) {
      return converged(`${remaining} dirty bytes are below QEMU's threshold of ${threshold}`);
    }
    // Its own rule has judged the downtime; the other conditions are the caller's.
    const others = { ...statistics, limits: { ...statistics.limits, downtimeLimitNs: 0 } };
    return nothingDirty(statistics) ?? limitReached(others) ?? CONTINUE;
  },
};
