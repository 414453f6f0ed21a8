import type { FluidExports, Pointer } from "../exports.js";
import { dirtyPages } from "./fluid.js";

/** Doubles of a job and of a result. */
const JOB = 20;
const RESULT = 10;
const SECOND = 1e9;
const SIMGRID = 1;
const QEMU = 2;
const WINDOW = 1e8;

/** A job's doubles, by name and in order. */
interface Job {
  readonly curve: Pointer;
  readonly guestPages: number;
  readonly firstBytes: number;
  readonly rate: number;
  readonly lineRate: number;
  readonly latency: number;
  readonly wire: number;
  readonly unit: number;
  readonly rule: number;
  readonly limit: number;
  readonly leastPages: number;
  readonly maxRounds: number;
  readonly maxBytes: number;
  readonly patience: number;
  readonly pace: number;
  readonly pause: number;
  readonly writtenPages: number;
}

/** A pass over the dirty pages. */
interface Pass {
  readonly ns: number;
  /** Pages left over. */
  readonly left: number;
  /** Pages of the present window that went in this pass or before. */
  readonly windowUsed: number;
}

/** Pre-copy's recurrence over curves. */
export function createFluidRoundsExports(buffer: ArrayBuffer): Pick<FluidExports, "fluidRounds"> {
  const memory = new Float64Array(buffer, 0, Math.floor(buffer.byteLength / 8));
  return {
    fluidRounds(jobs, results, count) {
      for (let index = 0; index < count; index++) {
        const result = migrate(memory, readJob(memory, jobs / 8 + JOB * index));
        memory.set(result, results / 8 + RESULT * index);
      }
    },
  };
}

function readJob(memory: Float64Array, at: number): Job {
  const [curve, guestPages, firstBytes, rate, lineRate, latency, wire, unit] = numbers(memory, at);
  const [rule, limit, leastPages, maxRounds, maxBytes, patience, pace, pause] = numbers(
    memory,
    at + 8,
  );
  return {
    ...{ curve, guestPages, firstBytes, rate, lineRate, latency, wire, unit },
    ...{ rule, limit, leastPages, maxRounds, maxBytes, patience, pace, pause },
    writtenPages: memory[at + 16] as number,
  };
}

type Eight = [number, number, number, number, number, number, number, number];

function numbers(memory: Float64Array, at: number): Eight {
  return [...memory.subarray(at, at + 8)] as Eight;
}

function migrate(memory: Float64Array, job: Job): number[] {
  const { guestPages, patience, wire } = job;
  let pages = guestPages;
  let cost = job.firstBytes / guestPages;
  let now = 0;
  let bytes = 0;
  let round = 0;
  let windowUsed = 0;
  let guestNs = 0;
  let nsBefore = 0;
  let repeats = 0;
  for (;;) {
    const whole = passOf(job, pages, cost, now, windowUsed);
    const isLate = job.rule !== SIMGRID && now + whole.ns > patience;
    const pass = isLate ? cutShort(whole, pages, patience - now) : whole;
    now += pass.ns;
    const sent = (pages - pass.left) * cost;
    bytes += sent;
    round += 1;
    const before = pages;
    pages = stillDirty(memory, job, pass, pass.ns * job.pace, guestNs);
    cost = wire;
    const isFit = isEnough(job, pages, sent, pass.ns, now);
    const why = isFit ? 0 : whyNot(job, round, bytes, now);
    if (why !== null) {
      const stop = job.latency + (pages * wire * SECOND) / job.lineRate + job.pause;
      return [round, now, stop, bytes + pages * wire, pages, why, pass.ns, sent, repeats];
    }
    if (pages === before && pass.windowUsed === windowUsed && pass.ns === nsBefore) {
      const rounds = Math.min(job.maxRounds - round, (job.maxBytes - bytes) / sent);
      const more = Math.max(0, Math.floor(Math.min(rounds, (patience - now) / pass.ns)) - 1);
      now += more * pass.ns;
      bytes += more * sent;
      round += more;
      repeats = 1;
    }
    windowUsed = pass.windowUsed;
    guestNs = pass.ns * job.pace;
    nsBefore = pass.ns;
  }
}

function passOf(job: Job, pages: number, cost: number, now: number, used: number): Pass {
  if (job.rule === QEMU) return passWindows(job, pages, cost, now, used);
  return { ns: job.latency + (pages * cost * SECOND) / job.rate, left: 0, windowUsed: 0 };
}

function passWindows(job: Job, pages: number, cost: number, now: number, used: number): Pass {
  const perWindow = (job.rate * (WINDOW / SECOND)) / cost;
  const fits = thresholdOf(job) / job.unit;
  const first = Math.max(0, perWindow - used);
  const inWireSize = cost / job.wire;
  if (pages <= first) {
    const ns = (pages * cost * SECOND) / job.lineRate;
    return { ns, left: 0, windowUsed: (used + pages) * inWireSize };
  }
  const toBoundary = WINDOW - (now - Math.floor(now / WINDOW) * WINDOW);
  const later = pages - first;
  const windows = later < fits ? 0 : Math.floor((later - fits) / perWindow) + 1;
  const left = later - windows * perWindow;
  if (left > 0) return { ns: toBoundary + windows * WINDOW, left, windowUsed: 0 };
  const whole = Math.floor(later / perWindow);
  const last = later - whole * perWindow;
  const ns = toBoundary + whole * WINDOW + (last * cost * SECOND) / job.lineRate;
  return { ns, left: 0, windowUsed: last * inWireSize };
}

function cutShort(pass: Pass, pages: number, ns: number): Pass {
  const share = pass.ns > 0 ? Math.max(0, ns / pass.ns) : 1;
  return { ...pass, left: pages - (pages - pass.left) * share, ns };
}

/** What was left over and not written again, and what was written; see the kernel's. */
function stillDirty(
  memory: Float64Array,
  { rule, guestPages, writtenPages, curve }: Job,
  { left }: Pass,
  ns: number,
  nsBefore: number,
): number {
  const written = dirtyPages(memory, curve, ns);
  if (rule === SIMGRID) return Math.floor(written);
  const never = guestPages - writtenPages;
  let again = 0;
  if (left > 0 && nsBefore > 0) {
    const before = dirtyPages(memory, curve, nsBefore);
    const either = dirtyPages(memory, curve, nsBefore + ns);
    again = before > 0 ? (before + written - either) / before : 0;
  } else if (left > 0 && left > never) {
    again = ((left - never) / left) * (written / writtenPages);
  }
  return Math.floor(left * clamp(1 - again) + written + 0.5);
}

function isEnough(job: Job, pages: number, sent: number, ns: number, now: number): boolean {
  const { rule, limit } = job;
  const rate = ns > 0 ? (sent * SECOND) / ns : 0;
  if (rule === SIMGRID) return !(Math.floor(rate * (limit / SECOND)) < pages);
  if (pages < job.leastPages || pages === 0) return true;
  const dirty = pages * job.unit;
  if (rule === QEMU) return now < WINDOW || dirty < thresholdOf(job);
  return limit > 0 && rate > 0 && (dirty / rate) * SECOND <= limit;
}

/** Why a migration that does not fit stops all the same; null: it goes on. */
function whyNot(job: Job, round: number, bytes: number, now: number): number | null {
  if (round >= job.maxRounds) return 1;
  if (bytes >= job.maxBytes) return 2;
  return now >= job.patience ? 3 : null;
}

function thresholdOf({ rate, limit }: Job): number {
  return Math.floor((rate / 1000) * (limit / 1e6));
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
