/** Robust statistics of short histories; none of them changes what it is given. */

/** A copy to sort: histories are some thirty values, for which insertion beats a general sort. */
function sorted(values: ArrayLike<number>, count: number): Float64Array {
  const room = scratch.length < count ? new Float64Array(count) : scratch;
  for (let index = 0; index < count; index++) {
    const value = values[index] as number;
    let place = index;
    while (place > 0 && (room[place - 1] as number) > value) {
      room[place] = room[place - 1] as number;
      place--;
    }
    room[place] = value;
  }
  return room;
}

const scratch = new Float64Array(64);

/**
 * The middle value, or the mean of the two in the middle.
 *
 * @param count - How many of the values count, from the first; at least one.
 */
export function median(values: ArrayLike<number>, count: number = values.length): number {
  return middleOf(sorted(values, count), count);
}

function middleOf(ordered: Float64Array, count: number): number {
  const upper = ordered[count >> 1] as number;
  return count % 2 === 1 ? upper : between(ordered[(count >> 1) - 1] as number, upper);
}

function between(lower: number, upper: number): number {
  return lower + 0.5 * (upper - lower);
}

/**
 * Median absolute deviation: the median of how far values are from their median.
 *
 * @param count - How many of the values count, from the first; at least one.
 */
export function medianAbsoluteDeviation(
  values: ArrayLike<number>,
  count: number = values.length,
): number {
  const ordered = sorted(values, count);
  const middle = middleOf(ordered, count);
  // From the middle outwards deviations grow on either side, so half of them in order are soon found.
  let right = count >> 1;
  let left = right - 1;
  let before = 0;
  let deviation = 0;
  for (let rank = 0; rank <= count >> 1; rank++) {
    before = deviation;
    const below = left < 0 ? Number.POSITIVE_INFINITY : middle - (ordered[left] as number);
    const above = right >= count ? Number.POSITIVE_INFINITY : (ordered[right] as number) - middle;
    if (below < above) {
      deviation = below;
      left -= 1;
    } else {
      deviation = above;
      right += 1;
    }
  }
  return count % 2 === 1 ? deviation : between(before, deviation);
}

/**
 * Interquartile range: the third quartile less the first. A quartile is the value whose rank is nearest to
 * a quarter (three quarters) of n + 1.
 *
 * @param count - How many of the values count, from the first; at least two.
 */
export function interquartileRange(
  values: ArrayLike<number>,
  count: number = values.length,
): number {
  const ordered = sorted(values, count);
  const first = Math.round(0.25 * (count + 1)) - 1;
  const third = Math.min(count, Math.round(0.75 * (count + 1))) - 1;
  return (ordered[third] as number) - (ordered[first] as number);
}

/** A straight line: intercept + slope x. */
export interface Line {
  readonly intercept: number;
  readonly slope: number;
}

/**
 * The line of least squares through (1, y1), (2, y2), ...; the point at x counts `weights[x - 1]` times.
 * Level through the mean where all weight is on one point.
 */
export function leastSquares(
  values: ArrayLike<number>,
  weights: ArrayLike<number> | null = null,
): Line {
  let total = 0;
  let meanX = 0;
  let meanY = 0;
  let squares = 0;
  let products = 0;
  // One point after the other (Welford), which loses no digits where a history is nearly level.
  for (let index = 0; index < values.length; index++) {
    const weight = weights === null ? 1 : (weights[index] as number);
    if (weight <= 0) continue;
    const before = total;
    total += weight;
    const x = index + 1 - meanX;
    const y = (values[index] as number) - meanY;
    squares += (x * x * weight * before) / total;
    products += (x * y * weight * before) / total;
    meanX += (x * weight) / total;
    meanY += (y * weight) / total;
  }
  const slope = squares > 0 ? products / squares : 0;
  return { slope, intercept: meanY - slope * meanX };
}
