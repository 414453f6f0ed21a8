import type { ByteWriter, ColumnSource, SchemaElement } from "hyparquet-writer";
import { assert } from "../errors.js";
import { type Cell, type Column, type ColumnType, isOfType, rowCount } from "./column.js";

/** Rows that are converted, encoded and compressed at a time; what DuckDB takes by default. */
const GROUP_ROWS = 122_880;

/** Parquet's types for ours. */
const TYPES: Readonly<Record<ColumnType, Omit<SchemaElement, "name">>> = {
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  integer: { type: "INT64" },
  double: { type: "DOUBLE" },
  boolean: { type: "BOOLEAN" },
};

/**
 * Columns as an Apache Parquet file, compressed with Snappy. Every column may have nulls. Equal columns give
 * equal bytes.
 */
export async function parquetBytes(columns: readonly Column[]): Promise<Uint8Array> {
  const rows = rowCount(columns);
  // Read first when a table is wanted: nothing else needs the library.
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  const writer: ByteWriter = new ByteWriter();
  const root = { name: "root", num_children: columns.length };
  const elements = columns.map(({ name, type }): SchemaElement => {
    return { name, ...TYPES[type], repetition_type: "OPTIONAL" };
  });
  const file = new ParquetWriter({ writer, schema: [root, ...elements], createdBy: "godwit" });
  for (let from = 0; from < rows; from += GROUP_ROWS) {
    const to = Math.min(from + GROUP_ROWS, rows);
    const columnData = columns.map((column) => part(column, from, to));
    file.write({ columnData, rowGroupSize: GROUP_ROWS });
  }
  file.finish();
  return writer.getBytes();
}

function part({ name, type, values }: Column, from: number, to: number): ColumnSource {
  const data = Array.from({ length: to - from }, (_, index) => {
    const cell = values[from + index] as Cell;
    assert(isOfType(cell, type), `${cell} in column ${name} of type ${type}`);
    return type === "integer" && cell !== null ? BigInt(cell) : cell;
  });
  return { name, data };
}
