import { pagesToBytes, SECOND } from "../units.js";
import type { RoundStatistics, Verdict } from "./policy.js";

/** Go on with another round. */
export const CONTINUE: Verdict = { action: "continue", converged: false, reason: "" };

/** Stop the guest: the dirty set is small enough. */
export function converged(reason: string): Verdict {
  return { action: "stop-and-copy", converged: true, reason };
}

/** Stop the guest: enough effort was made. */
export function exhausted(reason: string): Verdict {
  return { action: "stop-and-copy", converged: false, reason };
}

/** Nothing is dirty: stop, whatever the policy. */
export function nothingDirty({ dirtyPages }: RoundStatistics): Verdict | null {
  return dirtyPages === 0 ? converged("no page is dirty") : null;
}

/** The lecture's three stop conditions (Clark et al. 2005): dirty pages below a threshold, rounds done, bytes sent. */
export function limitReached(statistics: RoundStatistics): Verdict | null {
  const { dirtyPages, round, totalBytesSent, limits } = statistics;
  if (dirtyPages < limits.dirtyThreshold) {
    return converged(
      `${dirtyPages} dirty pages are below the threshold of ${limits.dirtyThreshold}`,
    );
  }
  if (round + 1 >= limits.maxRounds) return exhausted(`${limits.maxRounds} rounds are done`);
  if (totalBytesSent >= limits.maxBytes) {
    return exhausted(`${totalBytesSent} bytes sent reach the limit of ${limits.maxBytes}`);
  }
  return null;
}

/** Stop when the dirty pages would cross within the downtime limit at `rate`. */
export function fitsDowntime(statistics: RoundStatistics, rate: number): Verdict | null {
  const { dirtyPages, limits } = statistics;
  if (!(rate > 0)) return null;
  const expectedNs = (pagesToBytes(dirtyPages) / rate) * SECOND;
  if (expectedNs > limits.downtimeLimitNs) return null;
  return converged(
    `expected downtime ${(expectedNs / 1e6).toFixed(1)} ms is within the limit of ${limits.downtimeLimitNs / 1e6} ms`,
  );
}
