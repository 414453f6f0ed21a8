import { accountHarvest } from "../policy/auto-converge.js";
import type { Verdict } from "../policy/policy.js";
import { type Nanoseconds, type PageCount, SECOND, toMilliseconds } from "../units.js";
import type { Migration } from "./migration.js";
import type { Pacing } from "./pacing.js";
import { PageOrder } from "./page-order.js";
import { pacingOf, pushPages } from "./push.js";
import type { RoundTally } from "./round-tally.js";
import { stealCpu } from "./stolen-cpu.js";
import { judgeRound } from "./verdict.js";

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
    const roundNs = m.clock.now() - tally.startedAt;
    if (tally.round === 0) await m.target.rehearse();
    harvestRound(m, tally, order);
    const verdict = decide(m, tally, pacing, { roundNs, dirtyBefore, isHybrid });
    m.endRound(tally);
    if (verdict.action !== "continue") return verdict;
  }
}

function harvestRound(m: Migration, tally: RoundTally, order: PageOrder | null): void {
  m.machine.readLog();
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

/** What the policy has to know of a round beside its tally. */
interface RoundPast {
  /** How long its pages took. */
  readonly roundNs: Nanoseconds;
  readonly dirtyBefore: PageCount;
  readonly isHybrid: boolean;
}

function decide(
  m: Migration,
  tally: RoundTally,
  pacing: Pacing,
  { roundNs, dirtyBefore, isHybrid }: RoundPast,
): Verdict {
  const { options } = m;
  const roundRate = roundNs > 0 ? (tally.bytes * SECOND) / roundNs : 0;
  const statistics = {
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
  };
  return judgeRound(options, statistics, isHybrid, m.isOutOfPatience);
}
