import { assert } from "../errors.js";

/** What a cell holds; null: nothing is known, or it does not apply. */
export type Cell = string | number | boolean | null;

/** What the values of a column are: `integer` is whole numbers within ±2^53, `double` is any others. */
export type ColumnType = "text" | "integer" | "double" | "boolean";

/** A column of a table. Typed arrays do for numbers; infinite and undefined numbers are for `double` only. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly values: ArrayLike<Cell>;
}

/** How many rows there are: all columns have as many. */
export function rowCount(columns: readonly Column[]): number {
  const count = columns[0]?.values.length ?? 0;
  const odd = columns.find(({ values }) => values.length !== count);
  assert(odd === undefined, `column ${odd?.name} has not ${count} values`);
  return count;
}

/** Whether a cell may be in a column of that type. */
export function isOfType(cell: unknown, type: ColumnType): cell is Cell {
  if (cell === null) return true;
  if (type === "integer") return Number.isSafeInteger(cell);
  return typeof cell === CELL_TYPES[type];
}

const CELL_TYPES = { text: "string", double: "number", boolean: "boolean" } as const;
