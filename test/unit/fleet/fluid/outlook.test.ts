// Holds outlook.ts and least.ts.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type FluidFlavour, fluidFlavour } from "../../../../src/fleet/fluid/flavour.js";
import { migrationOutlook } from "../../../../src/fleet/fluid/outlook.js";
import { FluidCurves } from "../../../../src/kernel/fluid.js";
import type { MigrateOptions } from "../../../../src/migration/options.js";
import { PARTS } from "../../../scenes.js";

const curves = new FluidCurves(2 ** 24);
const RTT = 200_000;

/** 4 GiB, of which a part is written at a rate; without patience that could be what ends it. */
function guest(pages: number, rate: number, options: MigrateOptions): FluidFlavour {
  const curve = [{ kind: "poisson", pages, rate }] as const;
  const all = { giveUpAfterMs: 1e9, ...options };
  return fluidFlavour(
    { memoryPages: 2 ** 20, zeroPages: 0, curve, parts: PARTS, strategy: "pre-copy", options: all },
    curves,
    1.25e9,
  );
}

const busy = fc.record({
  pages: fc.integer({ min: 100_000, max: 1_000_000 }),
  rate: fc.integer({ min: 200_000, max: 2_000_000 }),
  limit: fc.integer({ min: 20, max: 200 }),
});

test("just above its bounds a migration converges, and just below it does not", () => {
  fc.assert(
    fc.property(busy, ({ pages, rate, limit }) => {
      const options = { downtimeLimitMs: limit };
      const flavour = guest(pages, rate, options);
      const outlook = migrationOutlook(flavour, { roundTripNs: RTT, rate: 2e8 });
      fc.pre(outlook.converges === false);
      expect(outlook.outcome).toBe("not-converged");
      expect(outlook.reason).toMatch(/it would converge with [\d.]+ [KMGT]?bit\/s/);
      const { leastBandwidth, leastDowntimeLimitNs, leastThrottle } = outlook.bounds ?? {};
      const at = (bandwidth: number): boolean | null =>
        migrationOutlook(flavour, { roundTripNs: RTT, rate: bandwidth }).converges;
      expect(at((leastBandwidth ?? 0) * 1.001)).toBe(true);
      expect(at((leastBandwidth ?? 0) * 0.999)).toBe(false);
      const limited = (ns: number): boolean | null => {
        const other = guest(pages, rate, { downtimeLimitMs: ns / 1e6 });
        return migrationOutlook(other, { roundTripNs: RTT, rate: 2e8 }).converges;
      };
      expect(limited((leastDowntimeLimitNs ?? 0) * 1.001)).toBe(true);
      expect(limited((leastDowntimeLimitNs ?? 0) * 0.999)).toBe(false);
      if (leastThrottle === null || leastThrottle === undefined) return;
      const slowed = (throttle: number): boolean | null => {
        const other = guest(pages, rate * (1 - throttle), options);
        return migrationOutlook(other, { roundTripNs: RTT, rate: 2e8 }).converges;
      };
      const left = 1 - leastThrottle;
      expect(slowed(1 - left * 0.999)).toBe(true);
      expect(slowed(1 - left * 1.001)).toBe(false);
    }),
    { numRuns: 40 },
  );
});

test("a migration that converges has no bounds, and one without a test no verdict", () => {
  const calm = guest(10_000, 1000, {});
  const outlook = migrationOutlook(calm, { roundTripNs: RTT, rate: 1.25e9 });
  expect(outlook).toMatchObject({ converges: true, outcome: "completed", bounds: null });
  expect(outlook.totalNs).toBeGreaterThan(2 ** 32 / 1.25);
  const off = migrationOutlook({ ...calm, strategy: "post-copy" }, { roundTripNs: RTT, rate: 1e9 });
  expect(off).toMatchObject({ converges: null, bounds: null, rounds: 0 });
});
