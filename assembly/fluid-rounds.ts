// The recurrence of pre-copy over D(t), many migrations in one call: a round lasts as long as its bytes
// take, and what the guest dirties meanwhile is the next round's. src/kernel/fluid-exports.ts draws a job
// and its result.

import { fluidDirtyPages } from "./fluid";

/** Bytes of a job and of a result. */
const JOB: usize = 160;
const RESULT: usize = 80;
const SECOND: f64 = 1e9;
/** Rules. */
const SIMGRID: f64 = 1;
const QEMU: f64 = 2;
/** QEMU's window, ns. */
const WINDOW: f64 = 1e8;
/** Why it stopped. */
const FITS: f64 = 0;
const ROUNDS: f64 = 1;
const BYTES: f64 = 2;
const PATIENCE: f64 = 3;

/** The pass just made: how long it took, and pages that it left over. */
let passNs: f64 = 0;
let passLeft: f64 = 0;
/** Pages of the present window that went before the pass. */
let windowUsed: f64 = 0;
/** Guest time of the pass before it; 0: there was none. */
let guestNs: f64 = 0;

export function fluidRounds(jobs: usize, results: usize, count: u32): void {
  for (let end = jobs + <usize>count * JOB; jobs != end; jobs += JOB, results += RESULT) {
    migrate(jobs, results);
  }
}

function migrate(job: usize, result: usize): void {
  const guestPages = load<f64>(job, 8);
  const rate = load<f64>(job, 24);
  const lineRate = load<f64>(job, 32);
  const latency = load<f64>(job, 40);
  const wire = load<f64>(job, 48);
  const rule = load<f64>(job, 64);
  const patience = load<f64>(job, 104);
  let pages = guestPages;
  let cost = load<f64>(job, 16) / guestPages;
  let now: f64 = 0;
  let bytes: f64 = 0;
  let round: f64 = 0;
  let why = FITS;
  let sent: f64 = 0;
  let usedBefore: f64 = 0;
  let nsBefore: f64 = 0;
  let repeats: f64 = 0;
  windowUsed = 0;
  guestNs = 0;
  passNs = 0;
  while (true) {
    const before = pages;
    usedBefore = windowUsed;
    nsBefore = passNs;
    if (rule == QEMU) passWindows(job, pages, cost, now);
    else {
      passNs = latency + (pages * cost * SECOND) / rate;
      passLeft = 0;
    }
    // A transfer of SimGrid's ends before anybody looks at the clock.
    if (rule != SIMGRID && now + passNs > patience) cutShort(pages, patience - now);
    now += passNs;
    sent = (pages - passLeft) * cost;
    bytes += sent;
    round += 1;
    pages = stillDirty(job, rule);
    cost = wire;
    if (isEnough(job, rule, pages, sent, now)) break;
    if (round >= load<f64>(job, 88)) why = ROUNDS;
    else if (bytes >= load<f64>(job, 96)) why = BYTES;
    else if (now >= patience) why = PATIENCE;
    if (why != FITS) break;
    if (pages == before && windowUsed == usedBefore && passNs == nsBefore) {
      // The same for ever: all rounds but the last of them at once.
      const rounds = min<f64>(load<f64>(job, 88) - round, (load<f64>(job, 96) - bytes) / sent);
      const more = max<f64>(0, floor(min<f64>(rounds, (patience - now) / passNs)) - 1);
      now += more * passNs;
      bytes += more * sent;
      round += more;
      repeats = 1;
    }
  }
  store<f64>(result, round);
  store<f64>(result, now, 8);
  store<f64>(result, latency + (pages * wire * SECOND) / lineRate + load<f64>(job, 120), 16);
  store<f64>(result, bytes + pages * wire, 24);
  store<f64>(result, pages, 32);
  store<f64>(result, why, 40);
  store<f64>(result, passNs, 48);
  store<f64>(result, sent, 56);
  store<f64>(result, repeats, 64);
}

/**
 * A pass of QEMU's: it ends at the first window at whose start what is left fits, or when nothing is left,
 * which went at the line's rate then. No window is looked at one by one.
 */
function passWindows(job: usize, pages: f64, cost: f64, now: f64): void {
  const rate = load<f64>(job, 24);
  const perWindow = (rate * (WINDOW / SECOND)) / cost;
  const fits = thresholdOf(job) / load<f64>(job, 56);
  const first = max<f64>(0, perWindow - windowUsed);
  const toBoundary = WINDOW - (now - floor(now / WINDOW) * WINDOW);
  if (pages > first) {
    const later = pages - first;
    const windows = later < fits ? 0 : floor((later - fits) / perWindow) + 1;
    const left = later - windows * perWindow;
    if (left > 0) {
      passNs = toBoundary + windows * WINDOW;
      passLeft = left;
      windowUsed = 0;
      return;
    }
    const whole = floor(later / perWindow);
    windowUsed = later - whole * perWindow;
    passNs = toBoundary + whole * WINDOW + (windowUsed * cost * SECOND) / load<f64>(job, 32);
  } else {
    windowUsed += pages;
    passNs = (pages * cost * SECOND) / load<f64>(job, 32);
  }
  // Pages of the next pass are not the size of this one's.
  windowUsed *= cost / load<f64>(job, 48);
  passLeft = 0;
}

/** Time is up in the middle of a pass. */
function cutShort(pages: f64, ns: f64): void {
  const share = passNs > 0 ? max<f64>(0, ns / passNs) : 1;
  passLeft = pages - (pages - passLeft) * share;
  passNs = ns;
}

/**
 * What the next round would send: what the pass left over, and what was written meanwhile and is not among
 * that. What a first pass leaves over is the end of memory, and what is written lies at its beginning; later, a page
 * left over was written in the pass before, and what was written in both of two times is D(a) + D(b) - D(a + b).
 */
function stillDirty(job: usize, rule: f64): f64 {
  const curve = <usize>load<f64>(job);
  const ns = passNs * load<f64>(job, 112);
  const written = fluidDirtyPages(curve, ns);
  if (rule == SIMGRID) return floor(written);
  let again: f64 = 0;
  if (passLeft > 0) {
    const never = load<f64>(job, 8) - load<f64>(job, 128);
    if (guestNs > 0) {
      const before = fluidDirtyPages(curve, guestNs);
      again = before > 0 ? (before + written - fluidDirtyPages(curve, guestNs + ns)) / before : 0;
    } else if (passLeft > never) {
      again = ((passLeft - never) / passLeft) * (written / load<f64>(job, 128));
    }
  }
  guestNs = ns;
  return floor(passLeft * min<f64>(1, max<f64>(0, 1 - again)) + written + 0.5);
}

function isEnough(job: usize, rule: f64, pages: f64, sent: f64, now: f64): bool {
  const limit = load<f64>(job, 72);
  const rate = passNs > 0 ? (sent * SECOND) / passNs : 0;
  if (rule == SIMGRID) return !(floor(rate * (limit / SECOND)) < pages);
  if (pages < load<f64>(job, 80) || pages == 0) return true;
  const dirty = pages * load<f64>(job, 56);
  if (rule == QEMU) return now < WINDOW || dirty < thresholdOf(job);
  return limit > 0 && rate > 0 && (dirty / rate) * SECOND <= limit;
}

/** QEMU's threshold_size: what goes within the downtime limit at the windows' rate. */
function thresholdOf(job: usize): f64 {
  return floor((load<f64>(job, 24) / 1000) * (load<f64>(job, 72) / 1e6));
}
