import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MigrateOptions } from "../../src/migration/options.js";
import { policies } from "../../src/policy/policies.js";
import type { WorkloadSpec } from "../../src/workload/spec.js";
import { expectInvariants, expectMoved } from "../invariants.js";
import { play, type Scene, STRATEGIES } from "../scenes.js";

const PAGES = 2048;

const workload: fc.Arbitrary<WorkloadSpec[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("uniform" as const),
      wssPages: fc.integer({ min: 1, max: PAGES }),
      rate: fc.integer({ min: 1, max: 200_000 }),
    }),
    fc.record({
      kind: fc.constant("sequential" as const),
      wssPages: fc.integer({ min: 1, max: PAGES }),
      rate: fc.integer({ min: 1, max: 200_000 }),
    }),
    fc.record({
      kind: fc.constant("zipf" as const),
      wssPages: fc.integer({ min: 1, max: PAGES }),
      rate: fc.integer({ min: 1, max: 200_000 }),
      skew: fc.double({ min: 0.1, max: 3, noNaN: true }),
    }),
    fc.record({
      kind: fc.constant("hot-set" as const),
      wssPages: fc.integer({ min: 10, max: PAGES }),
      rate: fc.integer({ min: 1, max: 200_000 }),
      hot: fc.double({ min: 0.01, max: 1, noNaN: true }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  ),
  { maxLength: 2 },
);

const options: fc.Arbitrary<MigrateOptions> = fc.record({
  policy: fc.constantFrom(...(Object.keys(policies) as (keyof typeof policies)[])),
  maxRounds: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
  downtimeLimitMs: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
  onNotConverged: fc.constantFrom("stop" as const, "post-copy" as const),
  giveUpAfterMs: fc.constant(3000),
  xbzrleCacheBytes: fc.constantFrom(0, 2 ** 16, 2 ** 20, 2 ** 24),
  autoConverge: fc.constantFrom(null, {}),
  order: fc.constantFrom("address" as const, "cold-first" as const),
  skipDirty: fc.boolean(),
  prepaging: fc.constantFrom("bubble" as const, "forward" as const, "none" as const),
  maxBandwidth: fc.option(fc.integer({ min: 5e6, max: 1e9 }), { nil: undefined }),
});

const scene = fc.record({
  pages: fc.constant(PAGES),
  workload,
  options,
  link: fc.record({
    bandwidth: fc.constantFrom(1.25e7, 1.25e8, 1.25e9).map((rate) => [{ atNs: 0, rate }]),
    roundTripNs: fc.constantFrom(0, 50_000, 2_000_000),
  }),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

describe.each(STRATEGIES)("%s", (strategy) => {
  test("moves any guest with bytes, and the target's memory is the source's", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (generated) => {
        const { report, machine } = await play(strategy, {
          ...(generated as Scene),
          contents: "bytes",
        });
        expectInvariants(report, machine);
        expectMoved(report, PAGES);
        expect(report.verified).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("moves any guest without bytes, and gives the same report twice", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (generated) => {
        const { report, machine } = await play(strategy, generated as Scene);
        expectInvariants(report, machine);
        expectMoved(report, PAGES);
        expect(report.verified).toBeNull();
        const again = await play(strategy, generated as Scene);
        expect(JSON.stringify(again.report)).toBe(JSON.stringify(report));
      }),
      { numRuns: 60 },
    );
  });
});
