import type { Cell, Column } from "../report/column.js";
import { KINDS } from "./kinds.js";
import type { PointResult } from "./point.js";
import type { Sweep } from "./sweep.js";

/** A sweep's results as a table: its number, what varies, what came of it, and an error where nothing did. */
export function resultColumns(sweep: Sweep, results: readonly PointResult[]): Column[] {
  const values = results.map((_, index) => sweep.valuesAt(index));
  const cellsAt = (at: number): Cell[] =>
    results.map((result) => ("cells" in result ? (result.cells[at] as Cell) : null));
  return [
    { name: "point", type: "integer", values: results.map((_, index) => index) },
    ...sweep.varied.map(({ field, type }, at): Column => {
      const cells = values.map((row) => cellOf(row[at], type === "text"));
      return { name: field, type, values: cells };
    }),
    ...KINDS[sweep.run].columns.map(({ name, type }, at) => ({ name, type, values: cellsAt(at) })),
    { name: "error", type: "text", values: results.map(errorOf) },
  ];
}

/** Why a point has no result; null: it has one. */
export function errorOf(result: PointResult): string | null {
  if ("error" in result) return result.error;
  return "bug" in result ? `a bug in godwit: ${result.bug}` : null;
}

function cellOf(value: unknown, isText: boolean): Cell {
  return isText && typeof value !== "string" && value !== null
    ? JSON.stringify(value)
    : (value as Cell);
}
