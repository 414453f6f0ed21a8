import { expect, test } from "vitest";
import { sampledPoint } from "../../../src/observe/sampled-rate.js";
import { Random } from "../../../src/world/random.js";

const TOTAL = 131_072;
const PER_GIB = 16_384;

/** The number that QEMU gives: a sample with replacement, cut to whole MiB/s. */
function measure(random: Random, share: number, calcTimeMs: number) {
  const samples = (PER_GIB * TOTAL) / 262_144;
  let dirty = 0;
  for (let sample = 0; sample < samples; sample++) if (random.nextUnit() < share) dirty++;
  const mibPerSecond = Math.floor((dirty * (TOTAL / 256) * 1000) / (samples * calcTimeMs));
  return { calcTimeMs, mibPerSecond, samplePagesPerGib: PER_GIB };
}

test.each([
  [0.003, 1000],
  [0.02, 4000],
  [0.3, 1000],
  [0.97, 60_000],
])("QEMU's rate at a dirtied share of %d over %d ms is a point of D(t)", (share, calcTimeMs) => {
  const random = new Random(1);
  let within = 0;
  const runs = 60;
  for (let run = 0; run < runs; run++) {
    const point = sampledPoint(
      [1, 2, 3].map(() => measure(random, share, calcTimeMs)),
      TOTAL,
    );
    expect(point).toMatchObject({ horizonMs: calcTimeMs, windows: 3, deltaBytes: null });
    // Cutting is the same error in each measurement, so it is not made smaller by several.
    const error = 2 * (point.pagesError ?? 0) + (128 * calcTimeMs) / 1000;
    if (Math.abs(point.pages - share * TOTAL) <= error) within++;
  }
  expect(within / runs).toBeGreaterThan(0.9);
});

test("a rate of 0 is less than one MiB/s, and more than the memory is the memory", () => {
  const rate = (mibPerSecond: number) => ({
    calcTimeMs: 1000,
    mibPerSecond,
    samplePagesPerGib: 512,
  });
  expect(sampledPoint([rate(0)], TOTAL).pages).toBeGreaterThan(0);
  expect(sampledPoint([rate(0)], TOTAL).pages).toBeLessThan(256);
  expect(sampledPoint([rate(100_000)], TOTAL).pages).toBe(TOTAL);
  expect(sampledPoint([rate(0)], TOTAL).pagesError).toBeGreaterThan(100);
});
