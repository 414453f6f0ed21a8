import { ln, power } from "../elementary.js";
import type { CurvePoint } from "../observe/observation.js";
import type { Milliseconds } from "../units.js";

/**
 * How D(t) falls towards short times where nothing tells: as t^(2/3), between what never returns to a page
 * (t^1) and what our recorded Linux guests did below a second (a Redis server and a shell's pipeline: t^0.4
 * to t^0.6). The Zipf law of a key-value benchmark with constant 0.99 gives t^0.7 to t^0.9 for its rows
 * alone, and a database's index and log pages are hotter than its rows.
 */
const TYPICAL_EXPONENT = 2 / 3;
/** Two passes whose lengths differ by less say nothing of a slope. */
const APART = 1.5;
/** A slope seen between two passes is believed within these: a guest that has few pages left to dirty has none. */
const LEAST_EXPONENT = 0.5;
const MOST_EXPONENT = 1;
/** Down to here, well below QEMU's windows of 100 ms, in steps of a half. */
const SHORTEST_MS: Milliseconds = 10;

/**
 * D(t) below the shortest horizon that was seen: D(t1) (t / t1)^b. The passes of a migration are seconds
 * long when they begin to tell of D(t), and where they end is decided within tenths of a second. A straight
 * line to the origin would promise far too few pages there, since busy pages are dirtied at once and the
 * others late (a heavy-tailed mixture of rates). b is the slope between the two shortest horizons where they
 * are well apart, and 2/3 where only one is known.
 */
export function withShortTimes(curve: readonly CurvePoint[]): readonly CurvePoint[] {
  const [first] = curve;
  if (first === undefined || first.pages <= 0) return curve;
  const exponent = exponentOf(first, curve);
  const shorter: CurvePoint[] = [];
  for (let ms = first.horizonMs / 2; ms >= SHORTEST_MS; ms /= 2) {
    const share = power(ms / first.horizonMs, exponent);
    const { pages, deviation } = first;
    shorter.unshift({
      ...first,
      horizonMs: ms,
      pages: pages * share,
      deviation: deviation * share,
    });
  }
  return [...shorter, ...curve];
}

function exponentOf(first: CurvePoint, curve: readonly CurvePoint[]): number {
  const next = curve.find(({ horizonMs }) => horizonMs >= APART * first.horizonMs);
  if (next === undefined) return TYPICAL_EXPONENT;
  const slope = ln(next.pages / first.pages) / ln(next.horizonMs / first.horizonMs);
  return Math.min(MOST_EXPONENT, Math.max(LEAST_EXPONENT, slope));
}
