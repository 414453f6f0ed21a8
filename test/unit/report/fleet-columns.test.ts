import { describe, expect, test } from "vitest";
import { isOfType, rowCount } from "../../../src/report/column.js";
import {
  eventColumns,
  migrationColumns,
  refusalColumns,
  seriesColumns,
  utilisationColumns,
} from "../../../src/report/fleet-columns.js";
import { sampleRun } from "./sample-fleet.js";

const run = sampleRun();
const { result, fleet } = run;
const tables = {
  migrations: { columns: migrationColumns(run), rows: result.migrations.length },
  events: { columns: eventColumns(run), rows: result.events.length },
  refusals: { columns: refusalColumns(run), rows: result.refusals.length },
  series: { columns: seriesColumns(run), rows: result.series.length },
  utilisation: {
    columns: utilisationColumns(run),
    rows: fleet.hosts.length * result.series.length,
  },
};

describe.each(Object.entries(tables))("%s as columns", (_, { columns, rows }) => {
  test("a row for each", () => {
    expect(rowCount(columns)).toBe(rows);
  });

  test("cells are of their column's type, and names are different", () => {
    for (const { values, type } of columns) {
      expect(Array.from(values).every((cell) => isOfType(cell, type))).toBe(true);
    }
    expect(new Set(columns.map(({ name }) => name)).size).toBe(columns.length);
  });
});

test("numbers are the result's", () => {
  const bytes = tables.migrations.columns.find(({ name }) => name === "bytes")?.values ?? [];
  expect(Array.from(bytes)).toEqual(result.migrations.map((one) => one.bytes));
  const shares = tables.utilisation.columns[2]?.values ?? [];
  const off = Array.from(shares).filter((share) => share === null).length;
  expect(off).toBe(result.series.utilisation?.filter(Number.isNaN).length);
  expect(off).toBeGreaterThan(0);
});

test("a run without utilisation has no rows of it", () => {
  const series = { ...result.series, utilisation: null };
  expect(rowCount(utilisationColumns({ fleet, result: { ...result, series } }))).toBe(0);
});
