import { parquetMetadata, parquetReadObjects, parquetSchema } from "hyparquet";
import { expect, test } from "vitest";
import type { Column } from "../../../src/report/column.js";
import { parquetBytes } from "../../../src/report/parquet.js";
import { csvText, jsonText, tableBytes, tableFormatOf } from "../../../src/report/table.js";

const COLUMNS: Column[] = [
  { name: "host", type: "text", values: ["h1", null, 'a "quoted", name'] },
  { name: "bytes", type: "integer", values: [2 ** 40, -1, null] },
  { name: "load", type: "double", values: new Float64Array([0.1, 1, 1e300]) },
  { name: "on", type: "boolean", values: [true, false, null] },
];

/** A file as another reader sees it. */
async function readBack(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  const file = bytes.slice().buffer;
  return parquetReadObjects({ file });
}

test("Parquet gives back what was written, with its types", async () => {
  const bytes = await parquetBytes(COLUMNS);
  expect(await readBack(bytes)).toEqual([
    { host: "h1", bytes: 2n ** 40n, load: 0.1, on: true },
    { host: null, bytes: -1n, load: 1, on: false },
    { host: 'a "quoted", name', bytes: null, load: 1e300, on: null },
  ]);
  const schema = parquetSchema(parquetMetadata(bytes.slice().buffer));
  expect(schema.children.map(({ element }) => element.type)).toEqual(
    "BYTE_ARRAY INT64 DOUBLE BOOLEAN".split(" "),
  );
});

test("equal columns give equal bytes, typed arrays or not", async () => {
  const load = { name: "load", type: "double", values: [0.1, 1, 1e300] } as const;
  const plain = COLUMNS.map((column) => (column.name === "load" ? load : column));
  expect(await parquetBytes(plain)).toEqual(await parquetBytes(COLUMNS));
});

test("more rows than are encoded at a time stay in their order", async () => {
  const values = Float64Array.from({ length: 250_000 }, (_, index) => index);
  const bytes = await parquetBytes([{ name: "at", type: "integer", values }]);
  const rows = await readBack(bytes);
  expect(rows.length).toBe(250_000);
  expect(rows.every(({ at }, index) => at === BigInt(index))).toBe(true);
});

test("a table without rows keeps its columns", async () => {
  const empty = COLUMNS.map((column) => ({ ...column, values: [] }));
  expect(await readBack(await parquetBytes(empty))).toEqual([]);
  expect(csvText(empty)).toBe("host,bytes,load,on\r\n");
  expect(jsonText(empty)).toBe("[]\n");
});

test("CSV quotes what needs it, JSON is a list of objects", () => {
  expect(csvText(COLUMNS)).toBe(
    'host,bytes,load,on\r\nh1,1099511627776,0.1,true\r\n,-1,1,false\r\n"a ""quoted"", name",,1e+300,\r\n',
  );
  expect(JSON.parse(jsonText(COLUMNS))[1]).toEqual({ host: null, bytes: -1, load: 1, on: false });
});

test("what does not fit its column, or its neighbours, is our own bug", async () => {
  const column = (values: (string | number)[]) => [
    { name: "n", type: "integer" as const, values },
    COLUMNS[0] as Column,
  ];
  await expect(parquetBytes(column([1, "2", 3]))).rejects.toThrow("column n of type integer");
  await expect(parquetBytes(column([1, 0.5, 3]))).rejects.toThrow("column n of type integer");
  await expect(parquetBytes(column([1]))).rejects.toThrow("column host has not 1 values");
});

test("a file's name says what it is", async () => {
  expect(["a.parquet", "b.CSV", "c.json", "d.txt", "parquet"].map(tableFormatOf)).toEqual([
    "parquet",
    "csv",
    "json",
    null,
    null,
  ]);
  const csv = await tableBytes(COLUMNS, "csv");
  expect(new TextDecoder().decode(csv)).toBe(csvText(COLUMNS));
});
