/**
 * Multiple correlation: how much of one variable others explain together, linearly. By least squares with
 * a Householder QR decomposition (Golub and Van Loan, "Matrix Computations", algorithms 5.2.1 and 5.3.2),
 * step by step without pivoting, so that what is degenerate comes out as in other programs that do so.
 */

/**
 * Coefficient of determination R^2 of a linear regression with intercept: 1 - residual sum of squares /
 * total sum of squares. NaN where `dependent` is constant.
 *
 * @param explaining - Series that explain, all as long as `dependent`.
 * @returns Null where there is no regression: nothing that explains, fewer observations than coefficients,
 *   or a series that is exactly a combination of those before it.
 */
export function determination(
  explaining: readonly ArrayLike<number>[],
  dependent: ArrayLike<number>,
): number | null {
  const rows = dependent.length;
  const columns = explaining.length + 1;
  if (explaining.length === 0 || rows < columns) return null;
  const design = [new Float64Array(rows).fill(1), ...explaining.map((x) => Float64Array.from(x))];
  const reflected = design.map((column) => column.slice());
  const diagonal = triangularise(reflected, rows);
  if (diagonal === null) return null;
  const coefficients = solve(reflected, diagonal, Float64Array.from(dependent));
  return 1 - residualSquares(design, coefficients, dependent) / totalSquares(dependent);
}

/** Turns columns into reflections below and R above the diagonal; returns the diagonal, null where it has a zero. */
function triangularise(columns: Float64Array[], rows: number): Float64Array | null {
  const diagonal = new Float64Array(columns.length);
  for (let pivot = 0; pivot < columns.length; pivot++) {
    const reflector = columns[pivot] as Float64Array;
    let squares = 0;
    for (let row = pivot; row < rows; row++) {
      squares += (reflector[row] as number) * (reflector[row] as number);
    }
    const head = reflector[pivot] as number;
    const a = head > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    if (a === 0) return null;
    diagonal[pivot] = a;
    reflector[pivot] = head - a;
    for (let other = pivot + 1; other < columns.length; other++) {
      const column = columns[other] as Float64Array;
      let product = 0;
      for (let row = pivot; row < rows; row++) {
        product -= (column[row] as number) * (reflector[row] as number);
      }
      product /= a * (reflector[pivot] as number);
      for (let row = pivot; row < rows; row++) {
        column[row] = (column[row] as number) - product * (reflector[row] as number);
      }
    }
  }
  return diagonal;
}

/** Coefficients that make R x = Q' y. */
function solve(columns: Float64Array[], diagonal: Float64Array, y: Float64Array): Float64Array {
  for (let pivot = 0; pivot < columns.length; pivot++) {
    const reflector = columns[pivot] as Float64Array;
    let product = 0;
    for (let row = pivot; row < y.length; row++) {
      product += (y[row] as number) * (reflector[row] as number);
    }
    product /= (diagonal[pivot] as number) * (reflector[pivot] as number);
    for (let row = pivot; row < y.length; row++) {
      y[row] = (y[row] as number) + product * (reflector[row] as number);
    }
  }
  for (let row = columns.length - 1; row >= 0; row--) {
    const value = (y[row] as number) / (diagonal[row] as number);
    y[row] = value;
    const column = columns[row] as Float64Array;
    for (let above = 0; above < row; above++) {
      y[above] = (y[above] as number) - value * (column[above] as number);
    }
  }
  return y.subarray(0, columns.length);
}

function residualSquares(
  design: readonly Float64Array[],
  coefficients: Float64Array,
  dependent: ArrayLike<number>,
): number {
  let squares = 0;
  for (let row = 0; row < dependent.length; row++) {
    let fitted = 0;
    for (let column = 0; column < design.length; column++) {
      fitted +=
        ((design[column] as Float64Array)[row] as number) * (coefficients[column] as number);
    }
    const residual = (dependent[row] as number) - fitted;
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
