import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Column } from "../../../src/report/column.js";
import { tableBytes } from "../../../src/report/table.js";
import { type Stage, setStage } from "./stage.js";

let stage: Stage;
beforeEach(() => {
  stage = setStage();
});
afterEach(() => stage.close());

const COLUMNS: Column[] = [
  { name: "policy", type: "text", values: ["xen", "qemu", "xen"] },
  { name: "bytes", type: "integer", values: [1, 2 ** 40, 3] },
  { name: "downtimeMs", type: "double", values: [0.5, 2, null] },
];
const SQL =
  "SELECT policy, sum(bytes)::BIGINT AS bytes, avg(downtimeMs) AS mean FROM results GROUP BY 1 ORDER BY 1";

test.each(["parquet", "csv", "json"] as const)("a %s file answers SQL", async (format) => {
  // A name that would end a text in SQL.
  const name = `it's.${format}`;
  writeFileSync(join(stage.folder, name), await tableBytes(COLUMNS, format));
  const asked = await stage.play(["query", name, SQL, "--json"]);
  expect(asked.err).toBe("");
  expect(JSON.parse(asked.out)).toEqual([
    { policy: "qemu", bytes: 2 ** 40, mean: 2 },
    { policy: "xen", bytes: 4, mean: 0.5 },
  ]);
  const shown = await stage.play(["query", name, "SELECT policy, downtimeMs FROM results"]);
  expect(shown.out).toMatch(/^policy +downtimeMs\nxen +0\.5\nqemu +2\nxen +-\n$/);
});

test.each([
  ["good.csv", "SELEC 1", "SQL: got"],
  ["good.csv", "SELECT nothing FROM results", "SQL: got"],
  ["none.parquet", "SELECT 1", "results: got"],
  ["bad.parquet", "SELECT 1", "a table in parquet"],
  ["good.txt", "SELECT 1", "a file whose name ends with .parquet, .csv, .json"],
])("what cannot be asked is told: %s, %s", async (file, sql, message) => {
  writeFileSync(join(stage.folder, "good.csv"), "a,b\n1,2\n");
  writeFileSync(join(stage.folder, "bad.parquet"), "a,b\n1,2\n");
  const { code, err, out } = await stage.play(["query", file, sql]);
  expect(code).toBe(1);
  expect(err).toContain(message);
  expect(out).toBe("");
});
