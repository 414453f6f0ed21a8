import { exp, ln, oneMinusExp } from "../elementary.js";
import type { CurvePoint } from "../observe/observation.js";
import type { Bytes, Milliseconds, PageCount, Share } from "../units.js";
import { drawNormal, type Random } from "../world/random.js";

/** Pages that are written in one manner: what is known of when they become dirty. */
export interface PageClass {
  /** How many pages may become dirty. */
  readonly pages: PageCount;
  /** D(t): mean number of distinct pages written within t of guest time. */
  distinct(ms: Milliseconds): PageCount;
  /** One draw of that number. */
  draw(ms: Milliseconds, random: Random): PageCount;
  /** Mean bytes of a delta of a page last sent t before. */
  deltaBytes(ms: Milliseconds): Bytes;
  /** Share of deltas that come out no smaller than the page. */
  overflowShare(ms: Milliseconds): Share;
  /** Share of the dirty pages that have not changed since they were sent during the last pass of t. */
  unchangedShare(ms: Milliseconds): Share;
}

/** A write adds two run lengths and eight bytes to a page's delta. */
const DELTA_BYTES_PER_WRITE: Bytes = 11;

/**
 * Of the pages written within a stretch `nowMs`, the share that was written within a stretch of `beforeMs` just
 * before it as well: written within both of two stretches a and b are D(a) + D(b) - D(a + b).
 */
export function writtenBefore(one: PageClass, nowMs: Milliseconds, beforeMs: Milliseconds): Share {
  const now = one.distinct(nowMs);
  if (now <= 0) return 0;
  const both = now + one.distinct(beforeMs) - one.distinct(nowMs + beforeMs);
  return Math.min(1, Math.max(0, both / now));
}

/** Pages of a set, each written at random: N (1 - exp(-r t / N)). */
export class PoissonClass implements PageClass {
  readonly pages: PageCount;
  readonly #perPageMs: number;

  /** @param rate - Writes per second to the whole set. */
  constructor(pages: PageCount, rate: number) {
    this.pages = pages;
    this.#perPageMs = rate / pages / 1000;
  }

  distinct(ms: Milliseconds): PageCount {
    return this.pages * oneMinusExp(this.#perPageMs * ms);
  }

  draw(ms: Milliseconds, random: Random): PageCount {
    const share = oneMinusExp(this.#perPageMs * ms);
    const deviation = Math.sqrt(this.pages * share * (1 - share));
    return clamp(this.pages * share + deviation * drawNormal(random), this.pages);
  }

  deltaBytes(ms: Milliseconds): Bytes {
    const writes = this.#perPageMs * ms;
    const share = oneMinusExp(writes);
    return share === 0 ? DELTA_BYTES_PER_WRITE : (DELTA_BYTES_PER_WRITE * writes) / share;
  }

  overflowShare(ms: Milliseconds): Share {
    return this.deltaBytes(ms) >= 4096 ? 1 : 0;
  }

  unchangedShare(ms: Milliseconds): Share {
    // Written before it was sent and not after, averaged over when that was.
    const x = this.#perPageMs * ms;
    const dirty = oneMinusExp(x);
    return dirty === 0 ? 0.5 : (dirty / x - exp(-x)) / dirty;
  }
}

/** Pages written one after the other, over and over: min(N, r t). */
export class CyclicClass implements PageClass {
  readonly pages: PageCount;
  readonly #perMs: number;

  /** @param rate - Writes per second. */
  constructor(pages: PageCount, rate: number) {
    this.pages = pages;
    this.#perMs = rate / 1000;
  }

  distinct(ms: Milliseconds): PageCount {
    return Math.min(this.pages, this.#perMs * ms);
  }

  draw(ms: Milliseconds, random: Random): PageCount {
    const mean = this.distinct(ms);
    // Where in its cycle the guest is decides whether a page more or less is met.
    return mean === this.pages ? mean : clamp(mean + random.nextUnit() - 0.5, this.pages);
  }

  deltaBytes(ms: Milliseconds): Bytes {
    return DELTA_BYTES_PER_WRITE * Math.max(1, (this.#perMs * ms) / this.pages);
  }

  overflowShare(ms: Milliseconds): Share {
    return this.deltaBytes(ms) >= 4096 ? 1 : 0;
  }

  unchangedShare(ms: Milliseconds): Share {
    return this.#perMs * ms >= this.pages ? 0 : 0.5 * (1 - (this.#perMs * ms) / this.pages);
  }
}

/** Pages of whose writes only D(t) was measured. */
export class MeasuredClass implements PageClass {
  readonly pages: PageCount;
  readonly #curve: readonly CurvePoint[];
  /** Slope at the end, pages per ms, and the time in which it falls to 1/e. */
  readonly #endSlope: number;
  readonly #fallMs: Milliseconds;

  /**
   * @param curve - Points in order of their horizons, at least one.
   * @param pages - Most pages that can ever be dirty.
   */
  constructor(curve: readonly CurvePoint[], pages: PageCount) {
    this.#curve = curve;
    this.pages = pages;
    const slopes = slopesOf(curve);
    const last = slopes.at(-1) ?? { atMs: 0, slope: 0 };
    const before = slopes.at(-2);
    this.#endSlope = Math.max(0, last.slope);
    const falls = before !== undefined && last.slope > 0 && before.slope > last.slope;
    this.#fallMs = falls
      ? (last.atMs - before.atMs) / ln(before.slope / last.slope)
      : Number.POSITIVE_INFINITY;
  }

  distinct(ms: Milliseconds): PageCount {
    const last = this.#curve.at(-1) as CurvePoint;
    if (ms <= last.horizonMs) return Math.min(this.pages, this.#between(ms, "pages"));
    // Beyond what was seen the slope goes on falling as it did at the end.
    const beyond = ms - last.horizonMs;
    const more = Number.isFinite(this.#fallMs)
      ? this.#endSlope * this.#fallMs * oneMinusExp(beyond / this.#fallMs)
      : this.#endSlope * beyond;
    return Math.min(this.pages, last.pages + more);
  }

  draw(ms: Milliseconds, random: Random): PageCount {
    const deviation = this.#between(ms, "deviation");
    return clamp(this.distinct(ms) + deviation * drawNormal(random), this.pages);
  }

  deltaBytes(ms: Milliseconds): Bytes {
    return this.#nearest(ms)?.deltaBytes ?? DELTA_BYTES_PER_WRITE;
  }

  overflowShare(ms: Milliseconds): Share {
    return this.#nearest(ms)?.overflowShare ?? 0;
  }

  unchangedShare(): Share {
    return 0;
  }

  /** The point nearest to t among those that say anything of deltas. */
  #nearest(ms: Milliseconds): CurvePoint | undefined {
    let best: CurvePoint | undefined;
    for (const point of this.#curve) {
      if (point.deltaBytes === null) continue;
      if (!best || Math.abs(point.horizonMs - ms) < Math.abs(best.horizonMs - ms)) best = point;
    }
    return best;
  }

  /** Straight lines between the points, from the origin to the first; the last value beyond the last. */
  #between(ms: Milliseconds, field: "pages" | "deviation"): number {
    let fromMs = 0;
    let from = 0;
    for (const point of this.#curve) {
      const to = point[field];
      if (ms <= point.horizonMs) {
        return from + ((to - from) * (ms - fromMs)) / (point.horizonMs - fromMs);
      }
      fromMs = point.horizonMs;
      from = to;
    }
    return from;
  }
}

function slopesOf(curve: readonly CurvePoint[]): { atMs: Milliseconds; slope: number }[] {
  let before = { horizonMs: 0, pages: 0 };
  return curve.map((point) => {
    const slope = (point.pages - before.pages) / (point.horizonMs - before.horizonMs);
    const atMs = (point.horizonMs + before.horizonMs) / 2;
    before = point;
    return { atMs, slope };
  });
}

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}
