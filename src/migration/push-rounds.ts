import { accountHarvest } from "../policy/auto-converge.js";
import type { Verdict } from "../policy/policy.js";
import { SECOND, toMilliseconds } from "../units.js";
import type { Migration } from "./migration.js";
import type { Pacing } from "./pacing.js";
import { PageOrder } from "./page-order.js";
import { pacingOf, pushPages } from "./push.js";
import type { RoundTally } from "./round-tally.js";
import { stealCpu } from "./stolen-cpu.js";

/** A hybrid migration switches when a round leaves more than this part of what the round before it left. */
const NO_PROGRESS = 0.9;

/** What the option's words mean to the engine. */
const ACTIONS = { abort: "abort", stop: "stop-and-copy", "post-copy": "post-copy" } as const;

/**
 * Rounds of push while the guest runs, until the policy has enough or patience ends. Each round sends
 * what was dirty at its start; then the dirty log is harvested and the policy asked.
 *
 * @param isHybrid - Rounds done, or no progress, lead to post-copy.
 */
export async function pushRounds(m: Migration, isHybrid: boolean): Promise<Verdict> {
  const pacing = pacingOf(m);
  const order = m.options.order === "cold-first" ? new PageOrder(m) : null;
  m.startWithAllPages();
  for (let dirtyBefore = m.machine.pageCount; ; dirtyBefore = m.remaining) {
    stealCpu(m, m.options.host.sourceCpuSecondsPerGiB, m.options.maxBandwidth);
    const tally = m.beginRound("push");
    await pushPages(m, tally, { pacing, order, isFinal: false });
    harvestRound(m, tally, order);
    const verdict = decide(m, tally, pacing, dirtyBefore, isHybrid);
    m.endRound(tally);
    if (verdict.action !== "continue") return verdict;
  }
}

function harvestRound(m: Migration, tally: RoundTally, order: PageOrder | null): void {
  m.machine.settle();
  order?.learn(m.machine.dirtyLog);
  m.observer?.dirtied(tally.round, m.machine.dirtyLog, tally.startedAt, m.clock.now());
  const newlyDirty = m.machine.harvest(m.pending);
  m.generation += 1;
  m.remaining += newlyDirty;
  throttleGuest(m, newlyDirty);
}

function throttleGuest(m: Migration, newlyDirty: number): void {
  const { autoConverge } = m.options;
  if (!autoConverge) return;
  const harvest = { now: m.clock.now(), newlyDirty, totalBytesSent: m.pageBytesSent };
  const before = m.throttle.throttle;
  m.throttle = accountHarvest(m.throttle, harvest, autoConverge);
  const { throttle } = m.throttle;
  if (throttle === before) return;
  m.machine.slowDown("throttle", throttle);
  m.throttleHistory.push({ atMs: toMilliseconds(m.elapsedNs), throttle });
}

function decide(
  m: Migration,
  tally: RoundTally,
  pacing: Pacing,
  dirtyBefore: number,
  isHybrid: boolean,
): Verdict {
  const { options } = m;
  const roundNs = m.clock.now() - tally.startedAt;
  const roundRate = roundNs > 0 ? (tally.bytes * SECOND) / roundNs : 0;
  const verdict = options.policy.decide({
    round: tally.round,
    elapsedNs: m.elapsedNs,
    roundNs,
    pagesSent: tally.pagesSent,
    bytesSent: tally.bytes,
    totalBytesSent: m.pageBytesSent,
    guestPages: m.machine.pageCount,
    dirtyPages: m.remaining,
    dirtyPagesBefore: dirtyBefore,
    roundRate,
    windowRate: options.policy.windowNs === null ? roundRate : pacing.windowRate,
    limits: options,
  });
  if (isHybrid) return asHybrid(verdict, m, tally.round, dirtyBefore);
  if (verdict.action === "stop-and-copy" && !verdict.converged) {
    return { ...verdict, action: ACTIONS[options.onExhausted] };
  }
  if (verdict.action !== "continue") return verdict;
  return outOfPatience(m, tally.round) ?? verdict;
}

function asHybrid(verdict: Verdict, m: Migration, round: number, dirtyBefore: number): Verdict {
  if (verdict.converged) return verdict;
  if (verdict.action !== "continue") return { ...verdict, action: "post-copy" };
  if (round > 0 && m.remaining > dirtyBefore * NO_PROGRESS) {
    const reason = `round ${round} left ${m.remaining} dirty pages of ${dirtyBefore}: no progress`;
    return { action: "post-copy", converged: false, reason };
  }
  const patience = outOfPatience(m, round);
  return patience ? { ...patience, action: "post-copy" } : verdict;
}

function outOfPatience(m: Migration, round: number): Verdict | null {
  const { options, remaining, isOutOfPatience: isLate } = m;
  if (!isLate && round + 1 < options.giveUpAfterRounds) return null;
  const limit = isLate ? `${toMilliseconds(options.giveUpAfterNs)} ms` : `${round + 1} rounds`;
  return {
    action: ACTIONS[options.onNotConverged],
    converged: false,
    reason: `not converged within ${limit}: ${remaining} pages are dirty`,
  };
}
