import process from "node:process";
import { InvalidOptionError } from "../errors.js";
import { PageScan } from "../kernel/page-scan.js";
import { curveOf } from "../observe/curve.js";
import { DeltaSample } from "../observe/delta-sample.js";
import { horizonsFor, SHORTEST_HORIZON_MS } from "../observe/horizons.js";
import type { CurvePoint, Observation } from "../observe/observation.js";
import type { Bytes, Milliseconds, Share } from "../units.js";
import { PageWatch, readBatches, type Watch } from "./page-watch.js";
import { checkRange, pauseUntil } from "./pauses.js";
import { readContents, residentPages } from "./process-contents.js";
import { describeRegion } from "./process-maps.js";
import { ProcessMemory } from "./process-memory.js";
import { hasSoftDirtyBits, SoftDirtyWatch, softDirtyCost } from "./soft-dirty.js";
import { planWatch, type WatchedPart } from "./watch-plan.js";

/** How a process is observed. */
export interface ProcessOptions {
  /** `auto`, the default: the largest writable region without a file, in a QEMU the guest's memory. Or `ADDR-ADDR`, in hexadecimal. */
  readonly region?: string;
  /** How long it is watched for changes, 200 ms to an hour. Default 10 s. */
  readonly forMs?: Milliseconds;
  /** Most bytes that are read in a tick, 1 MiB or more; beyond, a sample is. Default 24 MiB. */
  readonly tickBytes?: Bytes;
  /**
   * Asks the kernel which pages were written, where it keeps soft-dirty bits, instead of comparing digests. That shows pages
   * written with the bytes they had too, and costs less; but it slows the process, whose first write to a page
   * after each look takes a fault, counts huge pages whole, and disturbs whoever else uses these bits. Default false. Without
   * such bits, digests are compared.
   */
  readonly softDirty?: boolean;
  readonly onProgress?: ProbeListener;
  /** Ends the observation early, with an AbortedError. */
  readonly signal?: AbortSignal;
}

/** Is told how far an observation is. */
export type ProbeListener = (progress: {
  readonly phase: "contents" | "changes";
  /** Share of the phase that is done, 0 to 1. */
  readonly share: Share;
}) => void;

const DEFAULT_MS: Milliseconds = 10_000;
const HOUR_MS: Milliseconds = 3_600_000;
/** Read in some 20 ms, so a tick of 50 ms takes less than half of a core. */
const DEFAULT_TICK_BYTES: Bytes = 24 * 2 ** 20;
/** Period of the highest level in a plan whose cost is judged, in ticks. */
const RARELY = 64;
/** Ticks that are timed before the first one counts. */
const TRIALS = 4;
/** Ticks of an observation at most, so that adding up its windows stays cheap. */
const MOST_TICKS = 2000;

/**
 * Observes a process from outside, while it runs on: which pages of a region change from look to look, by
 * their digests, and what they hold.
 *
 * All pages are looked at every 50 ms where reading them takes no more than half of that; else a random
 * sample of them is, and more of them less often. What it misses: a page written with the bytes it
 * had, or written and restored between two looks, does not count as dirtied (to a hypervisor's dirty log it
 * would be). Pages that come into being meanwhile are taken to come evenly over the time.
 *
 * The work is done on the calling thread, some 20 ms at a time.
 *
 * @param pid - Its number. It must belong to the same user, or this process to root.
 * @throws InvalidOptionError when there is no such process, it may not be read, or the region is none.
 * @throws PeerFailedError when it ends, or its memory goes, before the observation does.
 * @throws AbortedError when the signal ends it.
 */
export async function observeProcess(
  pid: number,
  options: ProcessOptions = {},
): Promise<Observation> {
  const { forMs = DEFAULT_MS, tickBytes = DEFAULT_TICK_BYTES, region = "auto" } = options;
  checkRange("for", forMs, 200, HOUR_MS, "ms");
  checkRange("tickBytes", tickBytes, 2 ** 20, 2 ** 40, "bytes");
  const memory = ProcessMemory.open(pid, region);
  try {
    const cpuBefore = process.cpuUsage();
    const seed = Math.floor(Math.random() * 2 ** 32);
    const resident = residentPages(memory);
    const pauseAt = async (phase: "contents" | "changes", share: Share): Promise<void> => {
      options.onProgress?.({ phase, share: Math.min(1, share) });
      await pauseUntil(0, options.signal);
    };
    const contents = await readContents(memory, resident, seed, (share) =>
      pauseAt("contents", share),
    );
    const byBits = options.softDirty === true && hasSoftDirtyBits();
    const looks = byBits
      ? softDirtyLooks(memory, resident)
      : digestLooks(memory, resident, { tickBytes, seed, forMs });
    const watched = await watchChanges(memory, looks, resident.length, forMs, options);
    const arrived = residentPages(memory).length - resident.length;
    const { user, system } = process.cpuUsage(cpuBefore);
    return {
      kind: "godwit-observation",
      version: 1,
      source: "process",
      subject: `process ${pid}, ${describeRegion(memory.region)}${byBits ? ", by soft-dirty bits" : ""}`,
      observedMs: watched.observedMs,
      contents: {
        ...contents,
        nonzeroPages: Math.min(contents.totalPages, contents.nonzeroPages + Math.max(0, arrived)),
      },
      curve: withArrivals(watched.curve, arrived, watched.observedMs),
      cost: {
        cpuMs: (user + system) / 1000,
        bytesRead: memory.bytesRead,
        guestPausedMs: watched.pausedMs,
      },
    };
  } finally {
    memory.close();
  }
}

/** How pages are looked at. */
interface Looks {
  /** How long the looks of one tick take together, ms. */
  readonly costMs: Milliseconds;
  watches(horizonsMs: readonly Milliseconds[]): (Watch & { readonly pausedMs?: Milliseconds })[];
}

function digestLooks(
  memory: ProcessMemory,
  resident: Uint32Array,
  { tickBytes, seed, forMs }: { tickBytes: Bytes; seed: number; forMs: Milliseconds },
): Looks {
  const costMs = tickCost(memory, planWatch(resident, tickBytes, seed, RARELY));
  // Pages of the highest level are to be looked at some three times.
  const mostPeriod = forMs / stepFor(costMs, forMs) / 3;
  const parts = planWatch(resident, tickBytes, seed, mostPeriod);
  return {
    costMs,
    watches: (horizonsMs) =>
      parts.map(({ pages, ...place }) => new PageWatch(place, pages, horizonsMs)),
  };
}

function softDirtyLooks(memory: ProcessMemory, resident: Uint32Array): Looks {
  return {
    costMs: softDirtyCost(memory),
    watches: (horizonsMs) =>
      resident.length === 0 ? [] : [new SoftDirtyWatch(memory, resident, horizonsMs)],
  };
}

/** Time between two ticks, at least twice what one takes. */
function stepFor(costMs: Milliseconds, forMs: Milliseconds): Milliseconds {
  return Math.max(SHORTEST_HORIZON_MS, 2 * costMs, forMs / MOST_TICKS);
}

interface WatchedChanges {
  readonly curve: CurvePoint[];
  readonly observedMs: Milliseconds;
  readonly pausedMs: Milliseconds;
}

async function watchChanges(
  memory: ProcessMemory,
  looks: Looks,
  population: number,
  forMs: Milliseconds,
  { onProgress, signal }: ProcessOptions,
): Promise<WatchedChanges> {
  const stepMs = stepFor(looks.costMs, forMs);
  const horizonsMs = horizonsFor(stepMs, forMs);
  const watches = looks.watches(horizonsMs);
  const deltas = new DeltaSample(horizonsMs, 0);
  const began = performance.now();
  const now = (): Milliseconds => performance.now() - began;
  // A tick that comes late delays those after it, so that none come close together.
  let due = began;
  let observedMs = 0;
  for (let tick = 0; due <= began + forMs + stepMs / 2; tick++, due += stepMs) {
    await pauseUntil(due, signal);
    due = Math.max(due, performance.now() - stepMs / 4);
    for (const watch of watches) {
      if (tick % watch.period !== watch.phase) continue;
      watch.look(memory, now, watch.level === 0 ? deltas : null);
      if (watch.level === 0) observedMs = now();
    }
    deltas.snapshot(now());
    onProgress?.({ phase: "changes", share: Math.min(1, (due - began) / forMs) });
  }
  const curve = curveOf(watches, population, horizonsMs.length, deltas.sizes());
  const pausedMs = watches.reduce((sum, watch) => sum + (watch.pausedMs ?? 0), 0);
  if (curve.length > 0) return { curve, observedMs, pausedMs };
  // Without a page to look at, nothing was dirtied; otherwise no two looks came in time.
  if (watches.length === 0) {
    return { curve: [{ ...UNTOUCHED, horizonMs: forMs }], observedMs, pausedMs };
  }
  throw new InvalidOptionError("for", forMs, `more ms, since one look takes ${Math.ceil(stepMs)}`);
}

const UNTOUCHED: Omit<CurvePoint, "horizonMs"> = {
  ...{ pages: 0, deviation: 0, windows: 1, deltaBytes: null, overflowShare: null },
};

/**
 * How long one tick takes, ms, judged by the pages that are looked at in every one. The shortest of some
 * trials, since a busy host makes single ones arbitrarily long.
 */
function tickCost(memory: ProcessMemory, parts: readonly WatchedPart[]): Milliseconds {
  const first = parts[0]?.pages ?? new Uint32Array();
  const trials = Array.from({ length: TRIALS }, () => {
    const before = performance.now();
    readBatches(memory, first, (bytes) => PageScan.digests(bytes));
    return performance.now() - before;
  });
  const inTick = parts.reduce((sum, { pages, period }) => sum + pages.length / period ** 2, 0);
  return (Math.min(...trials) * inTick) / Math.max(1, first.length);
}

/** Adds the pages that came into being, evenly over the time. */
function withArrivals(
  curve: readonly CurvePoint[],
  arrived: number,
  observedMs: Milliseconds,
): CurvePoint[] {
  if (arrived <= 0) return [...curve];
  return curve.map((point) => ({
    ...point,
    pages: point.pages + arrived * Math.min(1, point.horizonMs / observedMs),
  }));
}
