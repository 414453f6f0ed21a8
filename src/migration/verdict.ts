import type { RoundStatistics, Verdict } from "../policy/policy.js";
import { toMilliseconds } from "../units.js";
import type { MigrationOptions } from "./options.js";

/** A hybrid migration switches when a round leaves more than this part of what the round before it left. */
const NO_PROGRESS = 0.9;

/** What the option's words mean to the engine. */
const ACTIONS = { abort: "abort", stop: "stop-and-copy", "post-copy": "post-copy" } as const;

/**
 * What to do after a round of push: what the policy says, as the options change it, or what is left to do
 * when patience ends.
 *
 * @param isHybrid - Rounds done, or no progress, lead to post-copy.
 * @param isLate - Pushing has taken longer than the caller has patience.
 */
export function judgeRound(
  options: MigrationOptions,
  statistics: RoundStatistics,
  isHybrid: boolean,
  isLate: boolean,
): Verdict {
  const verdict = options.policy.decide(statistics);
  if (isHybrid) return asHybrid(verdict, options, statistics, isLate);
  if (verdict.action === "stop-and-copy" && !verdict.converged) {
    return { ...verdict, action: ACTIONS[options.onExhausted] };
  }
  if (verdict.action !== "continue") return verdict;
  return outOfPatience(options, statistics, isLate) ?? verdict;
}

function asHybrid(
  verdict: Verdict,
  options: MigrationOptions,
  statistics: RoundStatistics,
  isLate: boolean,
): Verdict {
  if (verdict.converged) return verdict;
  if (verdict.action !== "continue") return { ...verdict, action: "post-copy" };
  const { round, dirtyPages, dirtyPagesBefore } = statistics;
  if (round > 0 && dirtyPages > dirtyPagesBefore * NO_PROGRESS) {
    const reason = `round ${round} left ${dirtyPages} dirty pages of ${dirtyPagesBefore}: no progress`;
    return { action: "post-copy", converged: false, reason };
  }
  const patience = outOfPatience(options, statistics, isLate);
  return patience ? { ...patience, action: "post-copy" } : verdict;
}

function outOfPatience(
  options: MigrationOptions,
  { round, dirtyPages }: RoundStatistics,
  isLate: boolean,
): Verdict | null {
  if (!isLate && round + 1 < options.giveUpAfterRounds) return null;
  const limit = isLate ? `${toMilliseconds(options.giveUpAfterNs)} ms` : `${round + 1} rounds`;
  return {
    action: ACTIONS[options.onNotConverged],
    converged: false,
    reason: `not converged within ${limit}: ${dirtyPages} pages are dirty`,
  };
}
