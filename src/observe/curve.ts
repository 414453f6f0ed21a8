import type { PageCount } from "../units.js";
import { type ChangeCounts, GROUPS, type WindowCounts } from "./change-counts.js";
import type { DeltaSizes } from "./delta-sample.js";
import { monotone } from "./monotone.js";
import type { CurvePoint } from "./observation.js";

/**
 * Pages that are looked at in one rhythm. Level 0 is looked at most often; pages of a higher level are
 * more, and looked at less often, so that together they show long horizons precisely and short ones at all.
 */
export interface WatchedPages {
  readonly level: number;
  readonly counts: ChangeCounts;
}

/** What is known at one horizon: the estimate of the mean with each of the groups left out, and with none. */
interface Estimate {
  readonly horizon: number;
  readonly level: number;
  readonly lengthMs: number;
  /** Entry g leaves out group g; the last one leaves out none. */
  readonly pages: readonly number[];
  readonly neighbourShare: number;
  /** Share of the pages that were looked at. */
  readonly share: number;
}

/**
 * D(t) of `population` pages of which the watched ones are a random sample, or all.
 *
 * Where a horizon is shown by the few pages of a low level only, their count is corrected by how they
 * differ from the many at the next horizon that those show as well: a sample with more than its share of
 * hot pages has it at both (a ratio estimator). The standard error is the jackknife's over random groups.
 */
export function curveOf(
  watched: readonly WatchedPages[],
  population: PageCount,
  horizons: number,
  deltas: readonly (DeltaSizes | null)[],
): CurvePoint[] {
  const raw: Estimate[] = [];
  for (let horizon = 0; horizon < horizons; horizon++) {
    const level = levelAt(watched, horizon);
    if (level >= 0 && !isAccident(watched, horizon, horizons)) {
      raw.push(poolUpTo(level, watched, population, horizon) as Estimate);
    }
  }
  const corrected = new Map<Estimate, readonly number[]>();
  const byLevel = [...raw].sort((a, b) => b.level - a.level);
  for (const estimate of byLevel) {
    const anchor = nearestHigher(estimate, raw);
    const below = anchor && poolUpTo(estimate.level, watched, population, anchor.horizon);
    const anchored = anchor && corrected.get(anchor);
    const isAnchored = (below?.pages[GROUPS] ?? 0) > 0;
    const ratios = estimate.pages.map((pages, group) =>
      isAnchored ? pages / (below?.pages[group] || 1) : pages,
    );
    corrected.set(
      estimate,
      drawnIn(ratios, estimate.share).map((ratio, group) =>
        isAnchored ? ratio * (anchored?.[group] ?? 0) : ratio,
      ),
    );
  }
  return monotone(
    raw.map((estimate) =>
      pointOf(estimate, corrected.get(estimate) ?? [], watched, population, deltas),
    ),
  );
}

/** The highest level up to which all pages have windows for a horizon; -1 when there is none. */
function levelAt(watched: readonly WatchedPages[], horizon: number): number {
  const without = watched.filter(({ counts }) => counts.at(horizon) === null);
  const levels = [...new Set(watched.map(({ level }) => level))].sort((a, b) => a - b);
  const missing = Math.min(...without.map(({ level }) => level));
  return levels.filter((level) => level < missing).at(-1) ?? -1;
}

/**
 * Whether the windows of a horizon are only the odd ones of another rhythm, such as a single snapshot that
 * came late: longer horizons have three times as many. What comes late is no fair sample.
 */
function isAccident(watched: readonly WatchedPages[], horizon: number, horizons: number): boolean {
  const windowsAt = (at: number): number =>
    Math.max(0, ...watched.map(({ counts }) => counts.at(at)?.windows ?? 0));
  const windows = windowsAt(horizon);
  for (let longer = horizon + 1; longer < horizons; longer++) {
    if (windowsAt(longer) >= 3 * windows) return true;
  }
  return false;
}

/** Where a sample is a large part of all, leaving out a group says less of what all would give: by the root of 1 - share. */
function drawnIn(values: readonly number[], share: number): number[] {
  const whole = values[GROUPS] ?? 0;
  return values.map((value) => whole + (value - whole) * Math.sqrt(Math.max(0, 1 - share)));
}

function nearestHigher(estimate: Estimate, all: readonly Estimate[]): Estimate | null {
  const distance = (other: Estimate): number => Math.abs(other.horizon - estimate.horizon);
  const higher = all.filter(({ level }) => level > estimate.level);
  return higher.sort((a, b) => distance(a) - distance(b) || b.horizon - a.horizon)[0] ?? null;
}

function poolUpTo(
  level: number,
  watched: readonly WatchedPages[],
  population: PageCount,
  horizon: number,
): Estimate | null {
  const seen = new Array<number>(GROUPS).fill(0);
  const sizes = new Array<number>(GROUPS).fill(0);
  let length = 0;
  let pairs = 0;
  let pagesSeen = 0;
  for (const { counts } of watched.filter((one) => one.level <= level)) {
    const windows = counts.at(horizon);
    if (windows === null) return null;
    for (let group = 0; group < GROUPS; group++) {
      seen[group] = (seen[group] ?? 0) + (windows.groupPages[group] ?? 0);
      sizes[group] = (sizes[group] ?? 0) + (counts.groupSizes[group] ?? 0);
    }
    length += windows.lengthMs * counts.pages;
    pairs += windows.pairs;
    pagesSeen += windows.pages;
  }
  const size = sum(sizes);
  const estimate = (without: number): number => {
    const left = size - (sizes[without] ?? 0);
    return left > 0 ? (population * (pagesSeen - (seen[without] ?? 0))) / left : 0;
  };
  return {
    horizon,
    level,
    lengthMs: length / size,
    pages: [...sizes.keys(), GROUPS].map(estimate),
    neighbourShare: pagesSeen > 0 ? Math.min(1, (2 * pairs) / pagesSeen) : 0,
    share: size / population,
  };
}

function pointOf(
  { horizon, lengthMs, neighbourShare, share }: Estimate,
  pages: readonly number[],
  watched: readonly WatchedPages[],
  population: PageCount,
  deltas: readonly (DeltaSizes | null)[],
): CurvePoint {
  const groups = pages.slice(0, GROUPS);
  const mean = sum(groups) / GROUPS;
  const spread = sum(groups.map((one) => (one - mean) ** 2));
  const error = Math.sqrt(((GROUPS - 1) / GROUPS) * spread);
  // The pages of level 0 are looked at together, so what differs from window to window is seen in them.
  const often = watched.filter((one) => one.level === 0);
  const windows = often.map(({ counts }) => counts.at(horizon)).filter((one) => one !== null);
  const sampled = sum(often.map(({ counts }) => counts.pages)) / population;
  return {
    horizonMs: lengthMs,
    pages: Math.min(population, pages[GROUPS] ?? 0),
    deviation: deviationOf(windows, sampled),
    windows: Math.max(...windows.map((one) => one.windows)),
    deltaBytes: deltas[horizon]?.meanBytes ?? null,
    overflowShare: deltas[horizon]?.overflowShare ?? null,
    ...(share < 1 ? { pagesError: error } : {}),
    neighbourShare,
  };
}

/**
 * The deviation of all pages' count from that of a share of them. Which of the dirtied pages lie in the
 * sample is chance (thinning): var(sample) = f^2 var(all) + f (1 - f) mean(all).
 */
function deviationOf(windows: readonly WindowCounts[], share: number): number {
  const variance = sum(windows.map((one) => one.variance));
  const chance = (1 - share) * sum(windows.map((one) => one.pages));
  return Math.sqrt(Math.max(0, variance - chance)) / share;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
