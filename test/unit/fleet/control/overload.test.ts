import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  iqrThreshold,
  isOverloaded,
  localRegression,
  madThreshold,
  robustLocalRegression,
  tricubeWeights,
} from "../../../../src/fleet/control/overload.js";
import {
  interquartileRange,
  leastSquares,
  median,
  medianAbsoluteDeviation,
} from "../../../../src/fleet/control/statistics.js";

const history = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  minLength: 12,
  maxLength: 30,
});

describe("statistics", () => {
  test("by hand", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([5, 9, 9, 9], 1)).toBe(5);
    // Median 2; distances 1 1 0 0 2 4 7.
    expect(medianAbsoluteDeviation([1, 1, 2, 2, 4, 6, 9])).toBe(1);
    // Ranks 0.25 x 8 = 2 and 0.75 x 8 = 6.
    expect(interquartileRange([7, 15, 36, 39, 40, 41, 100])).toBe(41 - 15);
    expect(leastSquares([1, 3, 5])).toEqual({ slope: 2, intercept: -1 });
  });

  test("what is given stays as it was, and the order of values does not matter", () => {
    fc.assert(
      fc.property(history, (values) => {
        const before = [...values];
        const shuffled = values.toReversed();
        expect(medianAbsoluteDeviation(values)).toBe(medianAbsoluteDeviation(shuffled));
        expect(interquartileRange(values)).toBe(interquartileRange(shuffled));
        const middle = median(values);
        expect(medianAbsoluteDeviation(values)).toBe(
          median(values.map((value) => Math.abs(middle - value))),
        );
        expect(values).toEqual(before);
        const range = Math.max(...values) - Math.min(...values);
        expect(medianAbsoluteDeviation(values)).toBeLessThanOrEqual(range);
        expect(interquartileRange(values)).toBeLessThanOrEqual(range);
      }),
    );
  });

  test("longer histories than any controller keeps are taken as well", () => {
    const values = Array.from({ length: 1001 }, (_, index) => (index * 10) % 1001);
    expect(median(values)).toBe(500);
    expect(medianAbsoluteDeviation(values)).toBe(250);
  });

  test("weights pull the line, points without weight do not count", () => {
    expect(leastSquares([9, 2, 3, 4], [0, 1, 1, 1])).toEqual({ slope: 1, intercept: 0 });
    expect(leastSquares([5, 5, 5], [0, 0, 2])).toEqual({ slope: 0, intercept: 5 });
  });
});

describe("thresholds", () => {
  test("fall with how much a history scatters", () => {
    const values = [1, 1, 2, 2, 4, 6, 9].map((value) => value / 10);
    expect(madThreshold(values, 2.5)).toBeCloseTo(1 - 2.5 * 0.1, 12);
    expect(iqrThreshold(values, 1.5)).toBeCloseTo(1 - 1.5 * 0.5, 12);
    expect(madThreshold([0.4, 0.4, 0.4], 2.5)).toBe(1);
  });

  test("the newest point weighs most, the oldest nothing", () => {
    const weights = tricubeWeights(10);
    expect(weights[9]).toBe(1);
    expect(weights[0]).toBe(0);
    expect([...weights]).toEqual([...weights].sort((a, b) => a - b));
  });

  test("a straight line is drawn on, whatever the weights", () => {
    const line = Array.from({ length: 10 }, (_, index) => 0.1 + 0.05 * index);
    expect(localRegression(line)).toBeCloseTo(0.6, 12);
    expect(localRegression(line, 3)).toBeCloseTo(0.7, 12);
    expect(robustLocalRegression(line)).toBeCloseTo(0.6, 12);
  });

  test("one outlier moves the robust line less", () => {
    const line = Array.from({ length: 10 }, (_, index) => 0.1 + 0.05 * index + (index % 2) * 0.002);
    line[7] = 0;
    const honest = 0.6;
    expect(Math.abs(robustLocalRegression(line) - honest)).toBeLessThan(0.01);
    expect(Math.abs(localRegression(line) - honest)).toBeGreaterThan(0.05);
  });
});

describe("overload", () => {
  test("by a static threshold", () => {
    const thr = { rule: "thr", parameter: 0.8 } as const;
    expect(isOverloaded(thr, 0.8, [])).toBe(false);
    expect(isOverloaded(thr, 0.81, [])).toBe(true);
  });

  test.each(["mad", "iqr", "lr", "lrr"] as const)(
    "%s: seven tenths while the history is short",
    (rule) => {
      expect(isOverloaded({ rule, parameter: 1.2 }, 0.71, [0.5, 0.5])).toBe(true);
      expect(isOverloaded({ rule, parameter: 1.2 }, 0.69, [0.9, 0.9])).toBe(false);
    },
  );

  test("a rising host is overloaded before it is full", () => {
    const rising = Array.from({ length: 12 }, (_, index) => 0.3 + 0.05 * index);
    expect(isOverloaded({ rule: "lr", parameter: 1.2 }, 0.85, rising)).toBe(true);
    expect(isOverloaded({ rule: "lr", parameter: 1.2 }, 0.85, rising.toReversed())).toBe(false);
    expect(isOverloaded({ rule: "lrr", parameter: 1.2 }, 0.85, rising)).toBe(true);
  });

  test("a more careful parameter never calls fewer hosts overloaded", () => {
    const rules = fc.constantFrom("mad", "iqr", "lr", "lrr" as const);
    const share = fc.double({ min: 0, max: 1.5, noNaN: true });
    const safety = fc.double({ min: 0, max: 4, noNaN: true });
    fc.assert(
      fc.property(rules, share, history, safety, safety, (rule, utilisation, past, a, b) => {
        const careless = { rule, parameter: Math.min(a, b) };
        const careful = { rule, parameter: Math.max(a, b) };
        if (isOverloaded(careless, utilisation, past)) {
          expect(isOverloaded(careful, utilisation, past)).toBe(true);
        }
      }),
    );
  });
});
