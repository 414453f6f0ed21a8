import { RAW_RECORD_BYTES } from "../../memory/guest-memory.js";
import { type Bytes, type BytesPerSecond, type Nanoseconds, SECOND } from "../../units.js";
import type { EngineMigration } from "./engine-migration.js";
import { recordBytes } from "./flavour.js";
import type { Step } from "./migration.js";
import type { StepEnd } from "./mover.js";

/** What a step of a pass sends, until when it is meant to last, and what it may take of the network. */
interface Plan {
  readonly bytes: Bytes;
  readonly until: Nanoseconds;
  readonly cap: BytesPerSecond;
}

/** The next step of a pass over the pages that remain; mirrored writes of a disk cross in the same flow. */
export function passStep(m: EngineMigration, now: Nanoseconds, isStopped: boolean): Step {
  const { windowNs } = m.flavour.options.policy;
  const plan = windowNs === null ? evenly(m, now) : inWindows(m, now, windowNs, isStopped);
  const { bytes, until, cap } = isStopped ? plan : untilPatienceEnds(m, plan, now);
  const phase = isStopped ? "stop-and-copy" : "push";
  const guest = isStopped ? "stopped" : "source";
  m.sending = bytes;
  m.sendingCap = cap;
  if (bytes < 1) return { kind: "wait", ns: Math.max(1, Math.ceil(until - now)), phase, guest };
  const mirrored = m.mirrorRate > 0 ? (m.mirrorRate * bytes) / Math.min(cap, m.rate) : 0;
  return { kind: "transfer", bytes: bytes + mirrored, cap: cap + m.mirrorRate, phase, guest };
}

/** The rate is held: all of it in one step. */
function evenly(m: EngineMigration, now: Nanoseconds): Plan {
  const bytes = recordBytes(m.remaining, m.zero);
  const cap = m.flavour.options.maxBandwidth;
  return { bytes, cap, until: now + (bytes * SECOND) / Math.min(cap, m.rate) };
}

/**
 * QEMU's windows in closed form: each carries its budget (and the page that passes it) or what the line gives, so
 * the window at which the pass ends is found by halving, and all windows up to it are one step that ends with
 * it. What is left of a pass within a window goes at the line's rate, as a second step.
 */
function inWindows(
  m: EngineMigration,
  now: Nanoseconds,
  windowNs: Nanoseconds,
  isStopped: boolean,
): Plan {
  const bytes = recordBytes(m.remaining, m.zero);
  const budget = budgetBytes(m.flavour.options.maxBandwidth, windowNs);
  const byLine = (m.rate * windowNs) / SECOND;
  const each = Math.min(budget, byLine);
  const first = Math.max(0, each - m.windowUsed);
  if (bytes <= first) {
    const cap = Number.POSITIVE_INFINITY;
    return { bytes, cap, until: now + (bytes * SECOND) / m.rate };
  }
  const later = bytes - first;
  const windows = isStopped ? Math.floor(later / each) : windowsOfPass(m, later, each, windowNs);
  const sent = first + windows * each;
  const until = m.windowSince + (windows + 1) * windowNs;
  const isCapped = budget <= byLine;
  return {
    bytes: sent,
    until,
    cap: ((isCapped ? sent : budget) * SECOND) / (isCapped ? until - now : windowNs),
  };
}

/** After how many further windows the policy ends the pass, or all that go whole. */
function windowsOfPass(
  m: EngineMigration,
  bytes: Bytes,
  each: Bytes,
  windowNs: Nanoseconds,
): number {
  const { policy, downtimeLimitNs } = m.flavour.options;
  const pageBytes = recordBytes(1, zeroShareAtEnd(m));
  const windowRate = (each * SECOND) / windowNs;
  let low = 0;
  let high = Math.floor(bytes / each);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const remainingPages = (bytes - middle * each) / pageBytes;
    if (policy.endsRound({ remainingPages, windowRate, downtimeLimitNs })) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Bytes of a window: pages until more than the budget has gone. */
export function budgetBytes(cap: BytesPerSecond, windowNs: Nanoseconds): Bytes {
  const budget = Math.floor(cap / (SECOND / windowNs));
  return (Math.floor(budget / RAW_RECORD_BYTES) + 1) * RAW_RECORD_BYTES;
}

function untilPatienceEnds(m: EngineMigration, plan: Plan, now: Nanoseconds): Plan {
  const end = deadline(m);
  if (plan.until <= end) return plan;
  const share = Math.max(0, (end - now) / (plan.until - now));
  return { ...plan, bytes: plan.bytes * share, until: end };
}

function deadline({ pushingSince, flavour }: EngineMigration): Nanoseconds {
  return pushingSince + flavour.options.giveUpAfterNs;
}

/** Books a step of a pass; answers whether a window begins now. */
export function takeStep(m: EngineMigration, { now, elapsedNs }: StepEnd): boolean {
  const whole = recordBytes(m.remaining, m.zero);
  const mirrored = (m.mirrorRate * elapsedNs) / SECOND;
  m.diskBytes += mirrored;
  const planned = m.sending + (m.mirrorRate * m.sending) / Math.min(m.sendingCap, m.rate);
  const bytes = m.mirrorRate > 0 ? Math.min(whole, Math.max(0, planned - mirrored)) : m.sending;
  keep(m, whole - bytes < 1 ? 0 : whole - bytes, whole);
  m.pageBytes += bytes;
  m.roundBytes += bytes;
  learnRate(m, bytes, elapsedNs);
  const { windowNs } = m.flavour.options.policy;
  m.windowUsed += bytes;
  if (windowNs === null) return true;
  if (now + 1 < m.windowSince + windowNs) return false;
  m.windowRate = (m.windowUsed * SECOND) / (now - m.windowSince);
  m.windowSince = now;
  m.windowUsed = 0;
  return true;
}

/**
 * Pages that are left when so many bytes of their records are. A first pass leaves over the end of memory, to which the
 * zero pages belong that no working set has at the beginning.
 */
function keep(m: EngineMigration, bytes: Bytes, whole: Bytes): void {
  const share = zeroShareAtEnd(m);
  const pages = bytes / recordBytes(1, share);
  const isAtEnd = m.rounds > 0 || pages <= m.flavour.pages - m.flavour.writtenPages;
  m.zero = isAtEnd ? pages * share : (m.zero * bytes) / whole;
  m.remaining = isAtEnd ? pages : (m.remaining * bytes) / whole;
}

/** Share of zero pages in what goes last: the end of memory; later what the first pass left over of that goes first. */
function zeroShareAtEnd({ flavour, remaining, zero, rounds }: EngineMigration): number {
  if (rounds > 0) return 0;
  const others = flavour.pages - flavour.writtenPages;
  return others > 0 && flavour.zeroPages <= others ? flavour.zeroPages / others : zero / remaining;
}

/** What the network gives is known from steps that it and not their cap held up. */
function learnRate(m: EngineMigration, bytes: Bytes, elapsedNs: Nanoseconds): void {
  if (elapsedNs < 1000 || bytes < 1) return;
  const rate = (bytes * SECOND) / elapsedNs;
  const isHeldUp = elapsedNs > (bytes * SECOND) / m.sendingCap + 2;
  if (isHeldUp || rate > m.rate) m.rate = rate;
}

/** Whether a pass ends here: nothing is left, patience ended, or the policy has enough at a window's start. */
export function isPassOver(m: EngineMigration, now: Nanoseconds, isWindowStart: boolean): boolean {
  if (m.remaining === 0 || now + 1 >= deadline(m)) return true;
  if (!isWindowStart) return false;
  const { policy, downtimeLimitNs } = m.flavour.options;
  const { remaining, windowRate } = m;
  return policy.endsRound({ remainingPages: remaining, windowRate, downtimeLimitNs });
}
