import { type Cell, type Column, rowCount } from "./column.js";
import { parquetBytes } from "./parquet.js";

/** What a table's file can be, by the end of its name. */
export const TABLE_FORMATS: readonly TableFormat[] = ["parquet", "csv", "json"];

/** Apache Parquet, comma-separated values (RFC 4180) or a list of JSON objects. */
export type TableFormat = "parquet" | "csv" | "json";

/** The format that a file's name asks for; null: none that is known. */
export function tableFormatOf(path: string): TableFormat | null {
  return TABLE_FORMATS.find((format) => path.toLowerCase().endsWith(`.${format}`)) ?? null;
}

/** Columns as the bytes of a file. Equal columns give equal bytes. */
export async function tableBytes(
  columns: readonly Column[],
  format: TableFormat,
): Promise<Uint8Array> {
  if (format === "parquet") return parquetBytes(columns);
  return new TextEncoder().encode(format === "csv" ? csvText(columns) : jsonText(columns));
}

/** One object a row and line, with null for what is not known and for numbers that JSON cannot write. */
export function jsonText(columns: readonly Column[]): string {
  const lines = rowsOf(columns).map((cells) => {
    const entries = cells.map((cell, at) => [columns[at]?.name, cell]);
    return `  ${JSON.stringify(Object.fromEntries(entries))}`;
  });
  return lines.length === 0 ? "[]\n" : `[\n${lines.join(",\n")}\n]\n`;
}

/** A line of names and a line for each row; what is not known is left empty. */
export function csvText(columns: readonly Column[]): string {
  const lines = [columns.map(({ name }) => name), ...rowsOf(columns)];
  return lines.map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(cell: Cell): string {
  // A text without characters is not the same as no text.
  if (cell === "") return '""';
  const text = cell === null ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function rowsOf(columns: readonly Column[]): Cell[][] {
  return Array.from({ length: rowCount(columns) }, (_, row) =>
    columns.map(({ values }) => values[row] as Cell),
  );
}
