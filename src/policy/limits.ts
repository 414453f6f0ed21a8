import { pagesToBytes, SECOND, toMilliseconds } from "../units.js";
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

/**
 * The stop conditions that are set, alone or together: the lecture's three (Clark et al. 2005), dirty
 * pages below a threshold, rounds done, bytes sent, and an expected downtime within the limit.
 */
export function limitReached(statistics: RoundStatistics): Verdict | null {
  const { dirtyPages, round, totalBytesSent, limits } = statistics;
  if (dirtyPages < limits.dirtyThreshold) {
    return converged(
      `dirty pages are ${dirtyPages}, below the threshold of ${limits.dirtyThreshold}`,
    );
  }
  const fits = fitsDowntime(statistics);
  if (fits) return fits;
  if (round + 1 >= limits.maxRounds) return exhausted(`${limits.maxRounds} rounds are done`);
  if (totalBytesSent >= limits.maxBytes) {
    return exhausted(`${totalBytesSent} bytes sent reach the limit of ${limits.maxBytes}`);
  }
  return null;
}

/** Stop when the dirty pages would cross within the downtime limit at the rate of the round; a limit of 0 is none. */
function fitsDowntime({ dirtyPages, roundRate, limits }: RoundStatistics): Verdict | null {
  if (!(roundRate > 0) || limits.downtimeLimitNs === 0) return null;
  const expectedNs = (pagesToBytes(dirtyPages) / roundRate) * SECOND;
  if (expectedNs > limits.downtimeLimitNs) return null;
  const [expected, limit] = [expectedNs, limits.downtimeLimitNs].map((ns) => {
    return Math.round(toMilliseconds(ns) * 10) / 10;
  });
  return converged(`expected downtime ${expected} ms is within the limit of ${limit} ms`);
}
