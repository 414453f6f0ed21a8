import { InvalidOptionError } from "../errors.js";
import { statOfReadable } from "../files/file-errors.js";
import { TABLE_FORMATS, type TableFormat, tableFormatOf } from "../report/table.js";

/** What a query answers. */
export interface QueryAnswer {
  readonly columns: readonly string[];
  /** Values as in JSON; whole numbers beyond 2^53 are texts. */
  readonly rows: readonly (readonly unknown[])[];
}

const READERS: Readonly<Record<TableFormat, string>> = {
  parquet: "read_parquet",
  csv: "read_csv",
  json: "read_json",
};

/**
 * Asks a file with a table, which is called `results` in the query, by means of DuckDB.
 *
 * @throws InvalidOptionError for a file that is no table, for SQL that DuckDB refuses, and without DuckDB.
 */
export async function queryTable(path: string, shown: string, sql: string): Promise<QueryAnswer> {
  const format = tableFormatOf(path);
  if (format === null) {
    const expected = `a file whose name ends with .${TABLE_FORMATS.join(", .")}`;
    throw new InvalidOptionError("results", shown, expected);
  }
  statOfReadable("results", path, "a file with a table", shown);
  const { DuckDBInstance } = await loadDuckDb(sql);
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const file = path.replaceAll("'", "''");
    await asked("results", shown, `a table in ${format}`, () =>
      connection.run(`CREATE VIEW results AS SELECT * FROM ${READERS[format]}('${file}')`),
    );
    const reader = await asked("SQL", sql, "a query of the table results", () =>
      connection.runAndReadAll(sql),
    );
    const plain = reader.getRowsJson();
    const rows = reader.getRowsJS().map((row, at) =>
      // As JSON the library makes all 64-bit numbers texts, which most of them need not be.
      row.map((value, column) => wholeNumber(value) ?? plain[at]?.[column]),
    );
    return { columns: reader.columnNames(), rows };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function wholeNumber(value: unknown): number | null {
  const number = typeof value === "bigint" ? Number(value) : null;
  return Number.isSafeInteger(number) ? number : null;
}

async function loadDuckDb(sql: string): Promise<typeof import("@duckdb/node-api")> {
  try {
    return await import("@duckdb/node-api");
  } catch (cause) {
    const expected = "the package @duckdb/node-api beside godwit (npm install @duckdb/node-api)";
    throw new InvalidOptionError("SQL", sql, expected, { cause });
  }
}

async function asked<T>(
  option: string,
  value: string,
  expected: string,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    const [reason = ""] = cause instanceof Error ? cause.message.split("\n") : [];
    throw new InvalidOptionError(option, value, `${expected} (${reason})`, { cause });
  }
}
