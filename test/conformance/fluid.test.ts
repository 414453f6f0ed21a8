// Holds fluid.ts and fluid-rounds.ts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { oneMinusExp } from "../../src/elementary.js";
import { BASE, Backends } from "./backends.js";

const CURVE = BASE;
const JOBS = BASE + 8192;
const RESULTS = JOBS + 160 * 64;
const backends = new Backends(RESULTS + 80 * 64 - BASE);

const pages = fc.integer({ min: 1, max: 2 ** 28 });
const rate = fc.double({ min: 1e-3, max: 1e9, noNaN: true });
/** Times from less than a nanosecond to ten hours. */
const ns = fc.oneof(
  fc.constant(0),
  fc.double({ min: -1, max: 45, noNaN: true }).map((power) => 2 ** power),
);

const set = fc.record({ pages, rate }).map((one) => ({
  numbers: [0, one.pages, one.rate / one.pages / 1e9],
  at: (t: number) => one.pages * oneMinusExp((one.rate * t) / one.pages / 1e9),
}));
const cycle = fc.record({ pages, rate }).map((one) => ({
  numbers: [1, one.pages, one.rate / 1e9],
  at: (t: number) => Math.min(one.pages, (one.rate * t) / 1e9),
}));
const points = fc
  .record({
    most: pages,
    slope: fc.double({ min: 0, max: 1, noNaN: true }),
    fall: fc.constantFrom(0, 1e6, 3e9),
    steps: fc.array(fc.tuple(fc.integer({ min: 1, max: 1e9 }), fc.nat(100_000)), {
      minLength: 1,
      maxLength: 40,
    }),
  })
  .map(({ most, slope, fall, steps }) => {
    let [x, y] = [0, 0];
    const list = steps.map(([dx, dy]) => {
      x += dx;
      y += dy;
      return [x, y] as const;
    });
    return {
      numbers: [2, most, slope, fall, list.length, ...list.flat()],
      at: (t: number) => {
        let from: readonly [number, number] = [0, 0];
        for (const to of list) {
          if (t < to[0]) {
            const y = from[1] + ((to[1] - from[1]) * (t - from[0])) / (to[0] - from[0]);
            return Math.min(most, y);
          }
          from = to;
        }
        const beyond = t - from[0];
        const more = fall > 0 ? slope * fall * oneMinusExp(beyond / fall) : slope * beyond;
        return Math.min(most, from[1] + more);
      },
    };
  });
const curve = fc.array(fc.oneof(set, cycle, points), { minLength: 0, maxLength: 5 });

function writeF64(pointer: number, numbers: readonly number[]): void {
  for (const kernel of backends.kernels) kernel.f64(pointer, numbers.length).set(numbers);
}

type Term = { readonly numbers: readonly number[]; readonly at: (t: number) => number };

function writeCurve(terms: readonly Term[]): void {
  writeF64(CURVE, [terms.length, ...terms.flatMap(({ numbers }) => numbers)]);
}

test("D(t) is the sum of its terms", () => {
  fc.assert(
    fc.property(curve, ns, (terms, t) => {
      writeCurve(terms);
      const found = backends.call((kernel) => kernel.fluidDirtyPages(CURVE, t));
      const expected = terms.reduce((sum, term) => sum + term.at(t), 0);
      expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-9 * expected);
    }),
  );
});

const limits = fc.record({
  rule: fc.constantFrom(0, 1, 2),
  limit: fc.constantFrom(0, 3e7, 3e8, 1e9),
  threshold: fc.constantFrom(0, 50, 10_000),
  rounds: fc.integer({ min: 1, max: 40 }),
  bytes: fc.constantFrom(1e9, 1e12, Number.POSITIVE_INFINITY),
  patience: fc.constantFrom(1e8, 1e10, Number.POSITIVE_INFINITY),
});
const job = fc.record({
  limits,
  pages,
  zero: fc.double({ min: 0, max: 0.9, noNaN: true }),
  rate: fc.double({ min: 1e6, max: 1e10, noNaN: true }),
  faster: fc.constantFrom(1, 2, 10),
  latency: fc.constantFrom(0, 1e5, 5e7),
  pace: fc.constantFrom(1, 0.5, 0.01),
});

describe("the rounds of pre-copy", () => {
  test("are the same in every build", () => {
    fc.assert(
      fc.property(curve, fc.array(job, { minLength: 1, maxLength: 20 }), (terms, jobs) => {
        writeCurve(terms);
        const numbers = jobs.flatMap((one) => {
          const { rule, limit, threshold, rounds, bytes, patience } = one.limits;
          const first = one.pages * (one.zero * 9 + (1 - one.zero) * 4104);
          return [
            ...[CURVE, one.pages, first, one.rate, one.rate * one.faster, one.latency],
            ...[rule === 1 ? 1 : 4104, rule === 1 ? 1 : 4096, rule, limit, threshold, rounds],
            ...[bytes, patience, one.pace, 1000, Math.ceil(one.pages / 2), 0, 0, 0],
          ];
        });
        writeF64(JOBS, numbers);
        backends.call((kernel) => kernel.fluidRounds(JOBS, RESULTS, jobs.length));
        for (const [index, one] of jobs.entries()) {
          const result = backends.readF64(RESULTS + 80 * index, 9);
          const [rounds = 0, pushNs = 0, , bytes = 0, , why = 0] = result;
          expect(rounds).toBeLessThanOrEqual(one.limits.rounds);
          if (one.limits.rule !== 1) expect(pushNs).toBeLessThanOrEqual(one.limits.patience);
          expect(bytes).toBeGreaterThan(0);
          expect([0, 1, 2, 3]).toContain(why);
        }
      }),
    );
  });

  test("are a geometric series where a guest dirties half of what goes", () => {
    // 1 GiB at 125 MB/s, dirtied at half of that, SimGrid's rule in bytes.
    writeF64(CURVE, [1, 1, 966_367_641, 0.0625]);
    const job = [
      CURVE,
      2 ** 30,
      2 ** 30,
      125e6,
      125e6,
      0,
      1,
      1,
      1,
      3e7,
      0,
      1e6,
      1e18,
      1e16,
      1,
      0,
      2 ** 30,
    ];
    writeF64(JOBS, job);
    backends.call((kernel) => kernel.fluidRounds(JOBS, RESULTS, 1));
    const [rounds, pushNs, downtimeNs, bytes, last, why] = backends.readF64(RESULTS, 8);
    expect({ rounds, bytes, last, why }).toEqual({
      rounds: 9,
      bytes: 2_145_386_496,
      last: 2_097_152,
      why: 0,
    });
    expect(pushNs).toBeCloseTo(17_146_314_752, 0);
    expect(downtimeNs).toBeCloseTo(16_777_216, 0);
  });
});
