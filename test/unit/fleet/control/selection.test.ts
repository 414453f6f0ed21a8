import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bestExplained,
  determinations,
} from "../../../../src/fleet/control/multiple-correlation.js";
import {
  maximumCorrelation,
  type Selectable,
  selectVm,
} from "../../../../src/fleet/control/selection.js";

const vm = (memory: number, utilisation = 0.5, history: readonly number[] = []): Selectable => ({
  memory,
  utilisation,
  history,
});
const never = (): number => {
  throw new Error("drew a number");
};

describe("which VM leaves", () => {
  test("the one with the least memory, or that uses least; the first of equals", () => {
    const vms = [vm(4, 0.3), vm(1, 0.9), vm(2, 0.1), vm(1, 0.1)];
    expect(selectVm("mmt", vms, never)).toBe(1);
    expect(selectVm("mu", vms, never)).toBe(2);
    expect(selectVm("rs", vms, (bound) => bound - 1)).toBe(3);
  });

  test.each(["mmt", "mu", "rs", "mc"] as const)("%s: none of none", (rule) => {
    expect(selectVm(rule, [], never)).toBe(-1);
  });

  test("the one that goes up and down with the others", () => {
    const wave = [1, 5, 2, 7, 3, 8, 2, 6].map((value) => value / 10);
    const noise = [3, 3, 1, 2, 4, 1, 4, 2].map((value) => value / 10);
    const other = [2, 1, 4, 4, 1, 3, 2, 5].map((value) => value / 10);
    const sum = wave.map(
      (value, index) => (value + (noise[index] as number)) / 2 + (index % 2) / 90,
    );
    expect(maximumCorrelation([vm(9, 0, other), vm(9, 0, sum), vm(1, 0, wave)])).toBe(
      (determinations([other, sum, wave]) ?? []).indexOf(
        Math.max(...(determinations([other, sum, wave]) ?? [])),
      ),
    );
    expect(maximumCorrelation([vm(9, 0, other), vm(9, 0, sum), vm(9, 0, wave)])).not.toBe(0);
  });

  test("where correlation cannot be told, the one with the least memory", () => {
    expect(maximumCorrelation([vm(3)])).toBe(0);
    // Three VMs, two looks.
    expect(maximumCorrelation([vm(3, 0, [1, 2]), vm(2, 0, [2, 1]), vm(5, 0, [1, 1])])).toBe(1);
    // Nothing is explained by a VM that never wanted anything.
    const idle = [0, 0, 0, 0];
    expect(
      maximumCorrelation([vm(3, 0, idle), vm(2, 0, [1, 2, 4, 8]), vm(5, 0, [1, 0, 1, 0])]),
    ).toBe(1);
  });
});

describe("multiple correlation", () => {
  test("of two series it is the square of the usual one", () => {
    const x = [1, 2, 3, 4, 5];
    const y = [2, 1, 4, 3, 7];
    // Deviations: sum of products 12, of squares 10 and 21.2.
    const squared = 12 ** 2 / (10 * 21.2);
    expect([...(determinations([x, y]) ?? [])].map((value) => value.toFixed(12))).toEqual([
      squared.toFixed(12),
      squared.toFixed(12),
    ]);
  });

  test("a series that is a sum of others is explained entirely", () => {
    const a = [1, 4, 2, 8, 5, 7];
    const b = [3, 1, 4, 1, 5, 9];
    const sum = a.map((value, index) => value + 2 * (b[index] as number));
    expect(determinations([sum, a, b])?.[0]).toBeCloseTo(1, 10);
  });

  test("the short way finds what the long way finds", () => {
    const series = fc.integer({ min: 2, max: 6 }).chain((count) =>
      fc.array(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 12, maxLength: 12 }), {
        minLength: count,
        maxLength: count,
      }),
    );
    fc.assert(
      fc.property(series, (values) => {
        const all = determinations(values);
        const best = bestExplained(values);
        if (all === null || best === null) {
          expect(best).toBe(all);
          return;
        }
        const known = [...all].filter((value) => !Number.isNaN(value));
        if (known.length > 0 && Math.max(...known) > 0) {
          expect(all[best]).toBeCloseTo(Math.max(...known), 9);
        }
      }),
    );
  });

  test("a series weighs the same in whatever unit it is", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 9, maxLength: 9 }), {
          minLength: 3,
          maxLength: 3,
        }),
        (values) => {
          const scaled = values.map((one, index) => one.map((value) => value * 4 ** (index + 1)));
          const a = determinations(values);
          const b = determinations(scaled);
          if (a === null || b === null) return;
          for (const [index, value] of a.entries()) {
            if (value > 1e-9 && value < 1 - 1e-9) expect(b[index]).toBeCloseTo(value, 6);
          }
        },
      ),
    );
  });
});
