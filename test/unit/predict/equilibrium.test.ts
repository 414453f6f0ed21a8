import { expect, test } from "vitest";
import { type DirtyCurve, dirtyCurveOf } from "../../../src/predict/equilibrium.js";
import { guestOfWorkload } from "../../../src/predict/guest.js";
import { type PredictedSettings, TYPICAL_HOSTS } from "../../../src/predict/settings.js";
import type { WorkloadSpec } from "../../../src/workload/spec.js";

const settings: PredictedSettings = {
  profile: "qemu-10",
  // 30 000 raw pages a second.
  maxBandwidth: 30_000 * 4104,
  downtimeLimitMs: 300,
  xbzrleCacheBytes: null,
  autoConverge: null,
  postCopyAfterMs: null,
  stopFirst: false,
};

function curveOf(spec: WorkloadSpec): DirtyCurve {
  const pages = 2 ** 19;
  const guest = guestOfWorkload([spec], {
    totalPages: pages,
    nonzeroPages: [{ from: pages, to: pages }],
  });
  return dirtyCurveOf(guest, settings, TYPICAL_HOSTS);
}

test("a guest that goes round faster than the link settles at one round of its set", () => {
  const { equilibriumMs } = curveOf({ kind: "sequential", wssPages: 45_000, rate: 60_000 });
  expect(equilibriumMs).toBeCloseTo(1500);
});

test("a guest that writes fewer pages than the link carries lets passes shrink to nothing", () => {
  expect(curveOf({ kind: "uniform", wssPages: 100_000, rate: 20_000 }).equilibriumMs).toBe(0);
});

test("random writes settle where N (1 - exp(-r t / N)) meets the link line", () => {
  const { equilibriumMs: t } = curveOf({ kind: "uniform", wssPages: 45_000, rate: 60_000 });
  expect(45_000 * (1 - Math.exp((-60 * t) / 45_000))).toBeCloseTo(30 * t, -2);
  expect(t).toBeGreaterThan(1000);
});

test("the curve begins at nothing, never falls, and goes beyond the crossing", () => {
  const { points, equilibriumMs, thresholdBytes, bandwidth } = curveOf({
    kind: "uniform",
    wssPages: 45_000,
    rate: 60_000,
  });
  expect(points[0]).toEqual({ ms: 0, bytes: 0 });
  for (let index = 1; index < points.length; index++) {
    const [before, point] = points.slice(index - 1, index + 1);
    expect(point?.bytes).toBeGreaterThanOrEqual(before?.bytes as number);
  }
  expect(points.at(-1)?.ms).toBeGreaterThan(equilibriumMs);
  expect(thresholdBytes).toBeCloseTo(0.3 * bandwidth);
});
