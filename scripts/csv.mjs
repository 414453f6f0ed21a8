// Tables of comma-separated values, as the reference data has them.

import { readFileSync } from "node:fs";

/** Rows as objects by their columns' names; fields may be quoted. */
export function parseCsv(text) {
  const [head = [], ...rows] = text.trim().split(/\r?\n/).map(fieldsOf);
  return rows.map((row) => Object.fromEntries(head.map((name, index) => [name, row[index] ?? ""])));
}

/** The rows of a file that must have some columns, named in one string, and at least one row. */
export function readTable(file, columns) {
  const text = readFileSync(file, "utf8");
  const names = fieldsOf(text.trimStart().split(/\r?\n/, 1)[0] ?? "");
  const missing = columns.split(" ").find((column) => !names.includes(column));
  if (missing !== undefined) throw new Error(`${file} has no column ${missing}`);
  const rows = parseCsv(text);
  if (rows.length === 0) throw new Error(`${file} has no lines but its first`);
  return rows;
}

function fieldsOf(line) {
  const fields = line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g);
  return [...fields].map(([, field = ""]) => field.replace(/^"|"$/g, "").replaceAll('""', '"'));
}
