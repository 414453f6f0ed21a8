/**
 * Multiple correlation: how much of one variable others explain together, linearly. By least squares with
 * a Householder QR decomposition (Golub and Van Loan, "Matrix Computations", algorithms 5.2.1 and 5.3.2),
 * step by step without pivoting, so that what is degenerate comes out as in other programs that do so.
 */

/** Columns of equal length, one after the other. */
interface Columns {
  readonly values: Float64Array;
  readonly rows: number;
}

/**
 * Coefficients of determination R^2: how much of each series a linear regression on all others explains, 1
 * - residual sum of squares / total sum of squares. NaN for a series that is constant.
 *
 * @param series - At least two, all of one length.
 * @returns Null where a regression is impossible: fewer values than series, or a series that is exactly a
 *   combination of those before it.
 */
export function determinations(series: readonly ArrayLike<number>[]): Float64Array | null {
  const count = series.length;
  const rows = series[0]?.length ?? 0;
  if (count < 2 || rows < count) return null;
  const design = designOf(series, rows);
  // The reflections of those before a series are the same for all that come after, and so are done once.
  const shared = { values: design.values.slice(), rows };
  const diagonal = new Float64Array(count + 1);
  diagonal[0] = reflect(shared, 0, count);
  const found = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const own = { values: withLast(shared, index + 1, count), rows };
    for (let pivot = index + 1; pivot < count; pivot++) {
      diagonal[pivot] = reflect(own, pivot, count);
      if (diagonal[pivot] === 0) return null;
    }
    const residual = residualSquares(design, index + 1, coefficients(own, diagonal, count));
    found[index] = 1 - residual / totalSquares(series[index] as ArrayLike<number>);
    diagonal[index + 1] = reflect(shared, index + 1, count);
    if (diagonal[index + 1] === 0 && index + 1 < count) return null;
  }
  return found;
}

/**
 * Index of the series that the others explain best, the first of equals; null where
 * {@link determinations} is. One decomposition answers for all where they are far from each other: the
 * residual of one on the others is the reciprocal of its place on the diagonal of (X' X)^-1.
 */
export function bestExplained(series: readonly ArrayLike<number>[]): number | null {
  const quick = clearlyBest(series);
  if (quick !== null) return quick;
  const all = determinations(series);
  if (all === null) return null;
  let best = 0;
  let highest = 0;
  for (const [index, determination] of all.entries()) {
    if (determination > highest) {
      highest = determination;
      best = index;
    }
  }
  return best;
}

/** How close to a combination of others a series may be, and two residuals to each other, for the short way. */
const CLEAR = 1e-5;

function clearlyBest(series: readonly ArrayLike<number>[]): number | null {
  const count = series.length;
  const rows = series[0]?.length ?? 0;
  if (count < 2 || rows <= count) return null;
  const columns = designOf(series, rows);
  const diagonal = new Float64Array(count + 1);
  for (let pivot = 0; pivot <= count; pivot++) {
    const length = Math.sqrt(squaresFrom(columns, pivot, 0));
    diagonal[pivot] = reflect(columns, pivot, count);
    if (Math.abs(diagonal[pivot] as number) <= CLEAR * length) return null;
  }
  const inverse = inverseSquares(columns, diagonal);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  let second = Number.POSITIVE_INFINITY;
  for (let index = 0; index < count; index++) {
    const total = totalSquares(series[index] as ArrayLike<number>);
    const unexplained = 1 / ((inverse[index + 1] as number) * total);
    if (unexplained < least) {
      second = least;
      least = unexplained;
      best = index;
    } else if (unexplained < second) second = unexplained;
  }
  // A series of which next to nothing is explained, too, is for the long way to judge.
  return second > least * (1 + CLEAR) + 1e-9 && least < 1 - CLEAR ? best : null;
}

/** Sums of squares of the rows of R^-1. */
function inverseSquares({ values, rows }: Columns, diagonal: Float64Array): Float64Array {
  const size = diagonal.length;
  const inverse = new Float64Array(size * size);
  const squares = new Float64Array(size);
  for (let column = 0; column < size; column++) {
    for (let row = column; row >= 0; row--) {
      let sum = row === column ? 1 : 0;
      for (let between = row + 1; between <= column; between++) {
        const r = values[between * rows + row] as number;
        sum -= r * (inverse[between * size + column] as number);
      }
      const value = sum / (diagonal[row] as number);
      inverse[row * size + column] = value;
      squares[row] = (squares[row] as number) + value * value;
    }
  }
  return squares;
}

/** A column of ones, then the series. */
function designOf(series: readonly ArrayLike<number>[], rows: number): Columns {
  const values = new Float64Array((series.length + 1) * rows).fill(1, 0, rows);
  for (const [index, one] of series.entries()) values.set(one, (index + 1) * rows);
  return { values, rows };
}

/** The columns with one of them moved to the end. */
function withLast({ values, rows }: Columns, moved: number, last: number): Float64Array {
  const copy = values.slice();
  copy.copyWithin(moved * rows, (moved + 1) * rows, (last + 1) * rows);
  copy.set(values.subarray(moved * rows, (moved + 1) * rows), last * rows);
  return copy;
}

function squaresFrom({ values, rows }: Columns, column: number, row: number): number {
  let squares = 0;
  for (let at = column * rows + row; at < (column + 1) * rows; at++) {
    squares += (values[at] as number) * (values[at] as number);
  }
  return squares;
}

/** Turns a column into a reflection below its diagonal and reflects those after it up to `last`; answers the diagonal. */
function reflect(columns: Columns, pivot: number, last: number): number {
  const { values, rows } = columns;
  if (pivot >= rows) return 0;
  const start = pivot * rows;
  const length = Math.sqrt(squaresFrom(columns, pivot, pivot));
  const head = values[start + pivot] as number;
  const a = head > 0 ? -length : length;
  if (a === 0) return 0;
  values[start + pivot] = head - a;
  const scale = a * (head - a);
  for (let other = pivot + 1; other <= last; other++) {
    const shift = (other - pivot) * rows;
    let product = 0;
    for (let at = start + pivot; at < start + rows; at++) {
      product -= (values[at + shift] as number) * (values[at] as number);
    }
    product /= scale;
    for (let at = start + pivot; at < start + rows; at++) {
      values[at + shift] = (values[at + shift] as number) - product * (values[at] as number);
    }
  }
  return a;
}

/** Coefficients of a regression of the last column on the `count` before it, all reflected. */
function coefficients(
  { values, rows }: Columns,
  diagonal: Float64Array,
  count: number,
): Float64Array {
  const found = values.slice(count * rows, count * rows + count);
  for (let row = count - 1; row >= 0; row--) {
    const value = (found[row] as number) / (diagonal[row] as number);
    found[row] = value;
    for (let above = 0; above < row; above++) {
      found[above] = (found[above] as number) - value * (values[row * rows + above] as number);
    }
  }
  return found;
}

function residualSquares(
  { values, rows }: Columns,
  dependent: number,
  weights: Float64Array,
): number {
  let squares = 0;
  for (let row = 0; row < rows; row++) {
    let fitted = 0;
    for (let index = 0; index < weights.length; index++) {
      const column = index < dependent ? index : index + 1;
      fitted += (values[column * rows + row] as number) * (weights[index] as number);
    }
    const residual = (values[dependent * rows + row] as number) - fitted;
    squares += residual * residual;
  }
  return squares;
}

function totalSquares(values: ArrayLike<number>): number {
  let mean = 0;
  let squares = 0;
  for (let index = 0; index < values.length; index++) {
    const deviation = (values[index] as number) - mean;
    const step = deviation / (index + 1);
    mean += step;
    squares += index * deviation * step;
  }
  return squares;
}
