import { expect, test } from "vitest";
import { exp, ln, oneMinusExp, power } from "../../../src/elementary.js";
import { drawNormal, Random } from "../../../src/world/random.js";

test("a stream is set by seed and label, and does not depend on the draws of others", () => {
  const draws = (random: Random) => Array.from({ length: 8 }, () => random.nextUint32());
  const parent = new Random(5);
  const before = draws(parent.fork("a"));
  draws(parent);
  expect(draws(parent.fork("a"))).toEqual(before);
  expect(draws(new Random(5).fork("a"))).toEqual(before);
  expect(draws(parent.fork("b"))).not.toEqual(before);
  expect(draws(new Random(6).fork("a"))).not.toEqual(before);
});

test("draws have the means they should", () => {
  const random = new Random(3);
  const n = 200_000;
  let unit = 0;
  let exponential = 0;
  let below = 0;
  for (let i = 0; i < n; i++) {
    unit += random.nextUnit();
    exponential += random.nextExponential();
    below += random.nextBelow(1000);
  }
  expect(unit / n).toBeCloseTo(0.5, 2);
  expect(exponential / n).toBeCloseTo(1, 1);
  expect(below / n / 999).toBeCloseTo(0.5, 2);
});

test("the elementary functions agree with the engine's", () => {
  for (const x of [1e-300, 1e-12, 0.1, 0.5, 0.999999, 1, 1.5, 2, 10, 12345.678, 1e300]) {
    expect(ln(x) === Math.log(x) || Math.abs(ln(x) / Math.log(x) - 1)).toSatisfy(
      (d: number | boolean) => d === true || (d as number) < 1e-12,
    );
  }
  for (const x of [-600, -50, -1, -1e-9, 0, 1e-9, 0.3, 1, 20, 600]) {
    expect(exp(x) / Math.exp(x)).toBeCloseTo(1, 12);
  }
  for (const x of [0, 1e-18, 1e-9, 0.01, 0.49, 0.51, 3, 39, 41, 1e9]) {
    expect(oneMinusExp(x)).toBeCloseTo(-Math.expm1(-x), 14);
    if (x > 0) expect(oneMinusExp(x) / -Math.expm1(-x)).toBeCloseTo(1, 12);
  }
  expect(power(7, -0.99) / 7 ** -0.99).toBeCloseTo(1, 12);
});

test("normal numbers have mean 0 and deviation 1", () => {
  const random = new Random(3);
  const draws = Array.from({ length: 5000 }, () => drawNormal(random));
  const mean = draws.reduce((sum, one) => sum + one, 0) / draws.length;
  const square = draws.reduce((sum, one) => sum + one * one, 0) / draws.length;
  expect(Math.abs(mean)).toBeLessThan(0.06);
  expect(square).toBeGreaterThan(0.92);
  expect(square).toBeLessThan(1.08);
});
