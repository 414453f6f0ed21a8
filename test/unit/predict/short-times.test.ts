import { describe, expect, test } from "vitest";
import type { CurvePoint } from "../../../src/observe/observation.js";
import { withShortTimes } from "../../../src/predict/short-times.js";

const point = (horizonMs: number, pages: number): CurvePoint => ({
  ...{ horizonMs, pages, deviation: 0, windows: 1, deltaBytes: null, overflowShare: null },
});
const at = (curve: readonly CurvePoint[], ms: number): number | undefined =>
  curve.find(({ horizonMs }) => horizonMs === ms)?.pages;

describe("D(t) below the shortest horizon that was seen", () => {
  test("falls as t^(2/3) where only one point is known", () => {
    const curve = withShortTimes([point(16_000, 8000)]);
    expect(at(curve, 2000)).toBeCloseTo(2000, 6);
    expect(at(curve, 250)).toBeCloseTo(500, 6);
    expect(at(curve, 16_000)).toBe(8000);
    expect(curve[0]?.horizonMs).toBeLessThan(20);
  });

  test("falls as the two shortest points say, if they are well apart", () => {
    const curve = withShortTimes([point(4000, 2000), point(16_000, 8000)]);
    expect(at(curve, 1000)).toBeCloseTo(500, 6);
    const near = withShortTimes([point(4000, 2000), point(4500, 2400)]);
    expect(at(near, 500)).toBeCloseTo(500, 6);
  });

  test("falls at least as a root, for a guest that has dirtied all it ever will", () => {
    const curve = withShortTimes([point(4000, 2000), point(16_000, 2000)]);
    expect(at(curve, 1000)).toBeCloseTo(1000, 6);
  });

  test("never rises towards shorter times", () => {
    const pages = withShortTimes([point(5000, 700), point(9000, 900)]).map((one) => one.pages);
    expect(pages).toEqual([...pages].sort((a, b) => a - b));
    expect(pages.length).toBeGreaterThan(8);
  });

  test("stays as it is where nothing was dirtied, or nothing is known", () => {
    expect(withShortTimes([])).toEqual([]);
    expect(withShortTimes([point(1000, 0)])).toEqual([point(1000, 0)]);
  });
});
