import { join } from "node:path";
import { expect, test } from "vitest";
import { summarise, validate } from "../../scripts/validate.mjs";
import { referenceData } from "../reference-data.js";

test.skipIf(referenceData === null)("predictions hold against real QEMU migrations", () => {
  const rows = validate(join(referenceData ?? "", "qemu-runs"));
  const figures = summarise(rows);
  expect(figures.cases).toBeGreaterThanOrEqual(16);
  expect(figures.medianTotalError).toBeLessThanOrEqual(0.03);
  expect(figures.within10Percent).toBeGreaterThanOrEqual(0.9);
  expect(figures.medianBytesError).toBeLessThanOrEqual(0.02);
  expect(figures.totalWithin5To95).toBeGreaterThanOrEqual(0.85);
  expect(figures.wrongVerdicts).toEqual([]);
});
