import { resolve } from "node:path";
import type { Command } from "commander";
import { queryTable } from "../sweep/table-query.js";
import { printable } from "./printable.js";
import { drawTable } from "./tables.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const NOTES = `
The table is called results. Needs the package @duckdb/node-api.

Examples:
  $ godwit query results.parquet "SELECT bandwidth, median(downtimeMs) FROM results GROUP BY ALL"
  $ godwit query results.parquet "COPY (FROM results WHERE error IS NULL) TO 'good.csv'"`;

/** `godwit query`: SQL over a table of results. */
export function addQueryCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  program
    .command("query")
    .summary("ask a table of results in SQL")
    .description("Asks a table of results (godwit sweep -o) in SQL, by means of DuckDB.")
    .argument("<results>", "the table: a .parquet, .csv or .json file")
    .argument("<SQL>", "the query")
    .option("--json", "print the answer as JSON and nothing else")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", NOTES)
    .action(async (file: string, sql: string, { json }: { json?: boolean }) => {
      const { columns, rows } = await queryTable(resolve(world.folder, file), file, sql);
      world.stdout.write(json ? jsonText(columns, rows) : text(columns, rows));
      exit(EXIT.done);
    });
}

type Rows = readonly (readonly unknown[])[];

function jsonText(columns: readonly string[], rows: Rows): string {
  const objects = rows.map((row) =>
    Object.fromEntries(columns.map((column, at) => [column, row[at] ?? null])),
  );
  return `${JSON.stringify(objects, null, 2)}\n`;
}

function text(columns: readonly string[], rows: Rows): string {
  const isNumber = (at: number): boolean => rows.some((row) => typeof row[at] === "number");
  const left = columns.map((_, at) => at).filter((at) => !isNumber(at));
  const cells = rows.map((row) => row.map(cellText));
  return drawTable({ head: columns.map(printable), rows: cells }, left);
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return "-";
  return printable(typeof value === "object" ? JSON.stringify(value) : String(value));
}
