import { join } from "node:path";
import { expect, test } from "vitest";
import { summariseFirstPasses, validateFirstPasses } from "../../scripts/first-pass-runs.mjs";
import { referenceData } from "../reference-data.js";

test.skipIf(referenceData === null)(
  "real KVM guests do what is predicted of them from the first pass",
  () => {
    const rows = validateFirstPasses(join(referenceData ?? "", "kvm-runs"));
    const figures = summariseFirstPasses(rows);
    expect(figures.configurations).toBeGreaterThanOrEqual(5);
    expect(figures.medianTotalError).toBeLessThanOrEqual(0.05);
    expect(figures.medianBytesError).toBeLessThanOrEqual(0.05);
    expect(figures.largestTotalError).toBeLessThanOrEqual(0.1);
    expect(figures.largestBytesError).toBeLessThanOrEqual(0.1);
    expect(figures.largestThrottledError).toBeLessThanOrEqual(0.1);
    expect(figures.largestDowntimeErrorMs).toBeLessThanOrEqual(20);
    expect(figures.wrongVerdicts).toEqual([]);
    // Every configuration was understood, and either was known from its own runs or from others of its guest.
    for (const { predicted } of rows) expect(predicted.totalMs).not.toBeNull();
  },
);
