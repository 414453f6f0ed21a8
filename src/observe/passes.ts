import { type Milliseconds, PAGE_SIZE, type PageCount, type Share } from "../units.js";
import { monotone } from "./monotone.js";
import type { CurvePoint, Observation, PageContents } from "./observation.js";

/** What `query-migrate` said of a migration that pushes (status `setup` or `active`). */
export interface PassSample {
  /** When, ms on any clock, the same one for all samples and events. */
  readonly atMs: Milliseconds;
  /** `total-time`: how long the migration runs already; null where that is not known. */
  readonly elapsedMs: Milliseconds | null;
  /** `ram.total`, in pages. */
  readonly totalPages: PageCount;
  /** `ram.remaining`, in pages. */
  readonly remainingPages: PageCount;
  /** Pages handled since the start: raw, zero and XBZRLE ones, see {@link passSample}. */
  readonly sentPages: PageCount;
  /** Of these, zero pages. */
  readonly zeroPages: PageCount;
  /** `ram.dirty-sync-count`: number of the pass under way, from 1. */
  readonly pass: number;
  /** `cpu-throttle-percentage` as a share; 0 where the guest runs at full speed. */
  readonly throttle: Share;
}

/** The fields of QEMU's `query-migrate` that {@link passSample} reads. */
export interface MigrationCounters {
  readonly status?: string;
  readonly "total-time"?: number;
  readonly ram?: {
    readonly total: number;
    readonly remaining: number;
    readonly normal: number;
    readonly duplicate: number;
    readonly "dirty-sync-count": number;
  };
  readonly "xbzrle-cache"?: { readonly pages: number; readonly overflow: number };
  readonly "cpu-throttle-percentage"?: number;
}

/** An answer of `query-migrate` as a sample; null unless the migration is in its push phase. */
export function passSample(info: MigrationCounters, atMs: Milliseconds): PassSample | null {
  const { status, ram } = info;
  if (status !== "active" || ram === undefined || ram["dirty-sync-count"] < 1) return null;
  const cache = info["xbzrle-cache"];
  // A page that overflows the delta encoder is counted as raw as well.
  const deltas = cache === undefined ? 0 : cache.pages - cache.overflow;
  return {
    atMs,
    elapsedMs: info["total-time"] ?? null,
    totalPages: Math.round(ram.total / PAGE_SIZE),
    remainingPages: ram.remaining / PAGE_SIZE,
    sentPages: ram.normal + ram.duplicate + deltas,
    zeroPages: ram.duplicate,
    pass: ram["dirty-sync-count"],
    throttle: (info["cpu-throttle-percentage"] ?? 0) / 100,
  };
}

/** What one pass of a migration tells of D(t). */
export interface PassPoint {
  /** The pass that ended; 1 is the full copy. */
  readonly pass: number;
  /** Its duration: t. */
  readonly durationMs: Milliseconds;
  /** Distinct pages dirtied meanwhile: D(t). */
  readonly pages: number;
  /** Of these, those that QEMU counted; the others were still unsent, so their bits were set already. */
  readonly newPages: number;
  /** Standard error of `pages`, from pages that were not counted and moments that are not known. */
  readonly pagesError: number;
  /** Throttle of the guest during the pass. */
  readonly throttle: Share;
}

interface Step {
  readonly from: PassSample;
  readonly to: PassSample;
}

/**
 * D(t) from the passes of a running migration. Each pass of length t ends with a sync, at which QEMU counts
 * the pages that were dirtied within t; so passes that get shorter give D(t) at ever shorter t, for free.
 *
 * Between two samples, what remains changes by the pages that became dirty less those that were sent. The
 * counters of both are exact, so the pages of a sync are, wherever in between it was. QEMU does not count
 * pages that were still unsent when the sync came (it ends a pass when what is left fits the downtime);
 * they are taken to have been dirtied as often as the rest of what was dirty.
 *
 * Give it samples of `query-migrate` as they come, several in each pass, and the MIGRATION_PASS events if
 * there are any: without them, a pass ends half-way between two samples.
 */
export class PassCurve {
  readonly #events = new Map<number, Milliseconds>();
  readonly #steps: Step[] = [];
  #first: PassSample | null = null;
  #last: PassSample | null = null;

  /** A MIGRATION_PASS event: pass `pass` began. It may come before or after the samples around it. */
  event(pass: number, atMs: Milliseconds): void {
    this.#events.set(pass, atMs);
  }

  /** A sample; answers whether it is the first one of another pass. Samples come in order. */
  sample(sample: PassSample): boolean {
    const last = this.#last;
    this.#first ??= sample;
    this.#last = sample;
    if (last === null || sample.pass <= last.pass) return false;
    this.#steps.push({ from: last, to: sample });
    return true;
  }

  /** The passes that ended, in order. Those that were too short to be told apart are one, with their means. */
  points(): PassPoint[] {
    let mostDirty = 0;
    const points: PassPoint[] = [];
    for (const [index, { from, to }] of this.#steps.entries()) {
      const passes = to.pass - from.pass;
      const began = this.#began(from.pass, this.#steps[index - 1]);
      const ended = this.#began(to.pass, this.#steps[index]);
      const durationMs = (ended.atMs - began.atMs) / passes;
      const sent = to.sentPages - from.sentPages;
      const newPages = Math.max(0, to.remainingPages - from.remainingPages + sent) / passes;
      const unsent = this.#unsentAt(from, to);
      // In the first pass everything is dirty; later ones began with what the one before left.
      const dirty = from.pass === 1 ? to.totalPages : Math.max(mostDirty, newPages + unsent);
      const share = dirty > unsent ? Math.min(1, newPages / (dirty - unsent)) : 1;
      const pages = Math.min(to.totalPages, newPages + share * unsent);
      mostDirty = Math.max(mostDirty, pages);
      if (!(durationMs > 0)) continue;
      const { throttle } = from;
      // How many of the unsent pages were dirtied may be anything; a third of it is about a deviation.
      const uncounted = (share * unsent) / 3;
      const untimed = (pages * Math.hypot(began.errorMs, ended.errorMs)) / (passes * durationMs);
      const pagesError = Math.hypot(uncounted, untimed);
      points.push({ pass: from.pass, durationMs, pages, newPages, pagesError, throttle });
    }
    return points;
  }

  /**
   * D(t) from the passes so far; empty before the first one has ended. Passes of a throttled guest are left out,
   * unless there are no others: they show a slower guest.
   */
  curve(): CurvePoint[] {
    const all = this.points();
    const unthrottled = all.filter(({ throttle }) => throttle === 0);
    const points = unthrottled.length > 0 ? unthrottled : all;
    return monotone(together(points.sort((a, b) => a.durationMs - b.durationMs)));
  }

  /** What is known of the contents: zero pages show as they are sent. Null before the first sample. */
  contents(): PageContents | null {
    const [end] = this.#steps;
    const sample = end?.from.pass === 1 ? end.to : this.#last;
    if (sample === null) return null;
    const { totalPages, zeroPages, sentPages } = sample;
    // Pages of the first pass that have not been sent may hold anything between zeros and none.
    const open =
      end?.from.pass === 1 ? this.#unsentAt(end.from, end.to) : Math.max(0, totalPages - sentPages);
    const sent = totalPages - open;
    const nonzeroShare = sent > 0 ? Math.max(0, 1 - zeroPages / sent) : 0.5;
    return {
      totalPages,
      nonzeroPages: Math.round(nonzeroShare * totalPages),
      nonzeroPagesError: open / Math.sqrt(12),
      repeatedPages: null,
      compressedShare: null,
    };
  }

  /** All of it as an observation; null before the first pass has ended. */
  observation(subject: string): Observation | null {
    const curve = this.curve();
    const contents = this.contents();
    if (curve.length === 0 || contents === null) return null;
    const observedMs = (this.#last?.atMs ?? 0) - (this.#first?.atMs ?? 0);
    return {
      ...{ kind: "godwit-observation", version: 1, source: "migration", subject, observedMs },
      ...{ contents, curve, cost: null },
    };
  }

  /** When a pass began: at its event, or half-way between the samples around it; NaN where nobody saw it. */
  #began(pass: number, step: Step | undefined): { atMs: Milliseconds; errorMs: Milliseconds } {
    const event = this.#events.get(pass);
    if (event !== undefined) return { atMs: event, errorMs: 0 };
    if (step !== undefined) {
      const [from, to] = [step.from.atMs, step.to.atMs];
      return { atMs: (from + to) / 2, errorMs: (to - from) / Math.sqrt(12) };
    }
    const first = this.#first;
    const isKnown = first?.pass === 1 && first.elapsedMs !== null;
    return { atMs: isKnown ? first.atMs - (first.elapsedMs ?? 0) : Number.NaN, errorMs: 0 };
  }

  /** Pages that were unsent when the pass ended, as if sending had been even between the samples. */
  #unsentAt(from: PassSample, to: PassSample): number {
    const endMs = this.#events.get(from.pass + 1) ?? (from.atMs + to.atMs) / 2;
    const part = (endMs - from.atMs) / Math.max(1e-6, to.atMs - from.atMs);
    const sent = (to.sentPages - from.sentPages) * Math.min(1, Math.max(0, part));
    return Math.max(0, from.remainingPages - sent);
  }
}

/** Passes of about the same duration, within a tenth, are windows of one point. */
function together(points: readonly PassPoint[]): CurvePoint[] {
  const groups: PassPoint[][] = [];
  for (const point of points) {
    const group = groups.at(-1);
    const shortest = group?.[0]?.durationMs ?? 0;
    if (group !== undefined && point.durationMs <= 1.1 * shortest) group.push(point);
    else groups.push([point]);
  }
  return groups.map((group) => {
    const mean = (of: (point: PassPoint) => number): number =>
      group.reduce((sum, point) => sum + of(point), 0) / group.length;
    const pages = mean((point) => point.pages);
    const squares = group.reduce((sum, point) => sum + (point.pages - pages) ** 2, 0);
    return {
      horizonMs: mean(({ durationMs }) => durationMs),
      pages,
      deviation: group.length > 1 ? Math.sqrt(squares / (group.length - 1)) : 0,
      windows: group.length,
      deltaBytes: null,
      overflowShare: null,
      pagesError: mean(({ pagesError }) => pagesError),
    };
  });
}
