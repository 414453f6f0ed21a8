import { describe, expect, test } from "vitest";
import { CyclicClass, MeasuredClass, PoissonClass } from "../../../src/predict/page-class.js";
import { Random } from "../../../src/world/random.js";

describe("a set written at random", () => {
  const set = new PoissonClass(10_000, 5000);

  test("has D(t) = N (1 - exp(-r t / N))", () => {
    expect(set.distinct(2000)).toBeCloseTo(10_000 * (1 - Math.exp(-1)), 6);
    expect(set.distinct(0)).toBe(0);
  });

  test("draws scatter as a binomial does", () => {
    const random = new Random(7);
    const draws = Array.from({ length: 2000 }, () => set.draw(2000, random));
    const mean = draws.reduce((sum, one) => sum + one, 0) / draws.length;
    const variance = draws.reduce((sum, one) => sum + (one - mean) ** 2, 0) / draws.length;
    const share = 1 - Math.exp(-1);
    expect(mean).toBeCloseTo(10_000 * share, -1);
    expect(Math.sqrt(variance)).toBeGreaterThan(0.9 * Math.sqrt(10_000 * share * (1 - share)));
    expect(Math.sqrt(variance)).toBeLessThan(1.1 * Math.sqrt(10_000 * share * (1 - share)));
  });

  test("of pages written once, half have not changed since they were sent in a pass", () => {
    expect(set.unchangedShare(0.1)).toBeCloseTo(0.5, 3);
    expect(set.unchangedShare(100_000)).toBeLessThan(0.03);
  });
});

test("a cycle meets each page once, and no more than there are", () => {
  const cycle = new CyclicClass(1000, 2000);
  expect(cycle.distinct(250)).toBe(500);
  expect(cycle.distinct(60_000)).toBe(1000);
  expect(cycle.draw(60_000, new Random(1))).toBe(1000);
});

describe("a measured curve", () => {
  const point = (horizonMs: number, pages: number) => ({
    horizonMs,
    pages,
    deviation: 0,
    windows: 5,
    deltaBytes: horizonMs,
    overflowShare: 0,
  });

  test("goes through its points, and from the origin to the first", () => {
    const curve = new MeasuredClass([point(100, 50), point(1000, 200)], 10_000);
    expect(curve.distinct(50)).toBe(25);
    expect(curve.distinct(100)).toBe(50);
    expect(curve.distinct(550)).toBe(125);
    expect(curve.deltaBytes(120)).toBe(100);
  });

  test("beyond its end the slope goes on falling as it fell", () => {
    const set = new PoissonClass(10_000, 2000);
    const horizons = [100, 500, 1000, 2000, 4000, 8000];
    const seen = horizons.map((ms) => point(ms, set.distinct(ms)));
    const curve = new MeasuredClass(seen, 50_000);
    expect(curve.distinct(30_000)).toBeGreaterThan(0.85 * set.distinct(30_000));
    expect(curve.distinct(30_000)).toBeLessThan(1.15 * set.distinct(30_000));
  });

  test("a curve that has not bent goes on straight, up to all pages there are", () => {
    const curve = new MeasuredClass([point(100, 100), point(200, 200)], 1000);
    expect(curve.distinct(500)).toBe(500);
    expect(curve.distinct(5000)).toBe(1000);
  });

  test("one point is enough", () => {
    expect(new MeasuredClass([point(1000, 100)], 1000).distinct(2000)).toBe(200);
  });
});
