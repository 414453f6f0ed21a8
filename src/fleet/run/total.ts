/** Sum of a column, in order of its indices. */
export function total(column: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < column.length; index++) sum += column[index] as number;
  return sum;
}
