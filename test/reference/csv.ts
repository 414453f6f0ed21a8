/** Rows of a CSV file by their columns' names; fields may be quoted. */
export function readCsv(text: string): ReadonlyMap<string, string>[] {
  const [head = [], ...rows] = text.trim().split(/\r?\n/).map(fieldsOf);
  return rows.map((row) => new Map(head.map((name, index) => [name, row[index] ?? ""])));
}

function fieldsOf(line: string): string[] {
  const fields = line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g);
  return [...fields].map(([, field = ""]) => field.replace(/^"|"$/g, "").replaceAll('""', '"'));
}
