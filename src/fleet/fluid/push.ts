import { judgeRound } from "../../migration/verdict.js";
import { accountHarvest, unthrottled } from "../../policy/auto-converge.js";
import { type Nanoseconds, SECOND } from "../../units.js";
import type { EngineMigration, OpenDowntime, Stage } from "./engine-migration.js";
import type { StepEnd } from "./mover.js";
import { isPassOver, passStep, takeStep } from "./pass.js";
import { lose } from "./stages.js";

/** Every page has to go. */
export const startWithAllPages: Stage = (m, { now }) => {
  m.remaining = m.flavour.pages;
  m.zero = m.flavour.zeroPages;
  m.pushingSince = now;
  m.windowSince = now;
  m.throttle = unthrottled(now);
  m.rate = m.path.rate - m.mirrorRate;
  return null;
};

/** Rounds of push while the guest runs, until the policy has enough or patience ends. */
export const pushRounds: Stage = (m, done, calls) => {
  if (calls === 0) {
    startWithAllPages(m, done, 0);
    beginRound(m, done.now);
    return passStep(m, done.now, false);
  }
  m.guestNs += lose(m, done.elapsedNs, done.guestNs);
  const isWindowStart = takeStep(m, done);
  if (!isPassOver(m, done.now, isWindowStart)) return passStep(m, done.now, false);
  const dirtyBefore = m.dirtyBefore;
  harvest(m, done.now);
  const { action, converged, reason } = judge(m, done, dirtyBefore);
  if (action === "continue") {
    beginRound(m, done.now);
    return passStep(m, done.now, false);
  }
  m.ending = { outcome: "completed", converged, reason };
  if (action === "post-copy") return "switch-to-pull";
  if (action === "stop-and-copy") return "switch-over";
  m.ending.outcome = "not-converged";
  return "take-back";
};

/** All memory of a guest that is stopped. */
export const pushStopped: Stage = (m, done, calls) => {
  if (calls === 0) {
    startWithAllPages(m, done, 0);
  } else takeStep(m, done);
  if (m.remaining > 0) return passStep(m, done.now, true);
  (m.downtime as OpenDowntime).finalPages = done.now - m.pushingSince;
  return null;
};

function beginRound(m: EngineMigration, now: Nanoseconds): void {
  m.roundSince = now;
  m.roundBytes = 0;
  m.dirtyBefore = m.remaining;
}

/**
 * What the guest dirtied joins what the pass left over. What a first pass leaves over is the end of memory, and
 * what is written lies at its beginning; later, a page left over was dirtied in the pass before, and
 * what was written in both of two times a and b is D(a) + D(b) - D(a + b).
 */
function harvest(m: EngineMigration, now: Nanoseconds): void {
  const { curves, curve, pages, writtenPages, options } = m.flavour;
  const left = m.remaining;
  const written = curves.dirtyPages(curve, m.guestNs);
  let again = 0;
  if (left > 0 && m.guestNsBefore > 0) {
    const before = curves.dirtyPages(curve, m.guestNsBefore);
    const either = curves.dirtyPages(curve, m.guestNsBefore + m.guestNs);
    again = before > 0 ? (before + written - either) / before : 0;
  } else if (left > pages - writtenPages) {
    again = ((left - (pages - writtenPages)) / left) * (written / writtenPages);
  }
  m.remaining = Math.min(pages, Math.round(left * Math.min(1, Math.max(0, 1 - again)) + written));
  m.zero = Math.min(m.zero, m.remaining);
  m.guestNsBefore = m.guestNs;
  m.guestNs = 0;
  if (!options.autoConverge) return;
  const newlyDirty = m.remaining - left;
  const sent = { now, newlyDirty, totalBytesSent: m.pageBytes };
  m.throttle = accountHarvest(m.throttle, sent, options.autoConverge);
}

function judge(m: EngineMigration, { now }: StepEnd, dirtyPagesBefore: number) {
  const { options, pages, strategy } = m.flavour;
  const roundNs = now - m.roundSince;
  const roundRate = roundNs > 0 ? (m.roundBytes * SECOND) / roundNs : 0;
  const round = m.rounds;
  m.rounds += 1;
  m.onRound?.({ round, durationNs: roundNs, bytes: m.roundBytes, dirtyPagesAtEnd: m.remaining });
  const statistics = {
    round,
    elapsedNs: now - m.startedAt,
    roundNs,
    pagesSent: dirtyPagesBefore,
    bytesSent: m.roundBytes,
    totalBytesSent: m.pageBytes,
    guestPages: pages,
    dirtyPages: m.remaining,
    dirtyPagesBefore,
    roundRate,
    windowRate: options.policy.windowNs === null ? roundRate : m.windowRate,
    limits: options,
  };
  const isLate = now >= m.pushingSince + options.giveUpAfterNs;
  return judgeRound(options, statistics, strategy === "hybrid", isLate);
}
