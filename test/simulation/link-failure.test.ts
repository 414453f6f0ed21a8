import { describe, expect, test } from "vitest";
import { Random } from "../../src/world/random.js";
import { expectInvariants, expectMoved } from "../invariants.js";
import { play, type Scene, STRATEGIES } from "../scenes.js";

const SCENE: Scene = {
  pages: 4096,
  contents: "bytes",
  workload: [{ kind: "uniform", wssPages: 512, rate: 20_000 }],
  parts: { disk: { kind: "local", bytes: 2 ** 22, writeRate: 1e5 } },
  link: { bandwidth: [{ atNs: 0, rate: 2.5e7 }], roundTripNs: 1_000_000 },
};

const SEED = 20_260_704;

describe.each(STRATEGIES)("%s over a link that fails for good", (strategy) => {
  test(`at any step, exactly one side runs (seed ${SEED})`, async () => {
    const whole = (await play(strategy, SCENE)).report.totalMigrationTimeMs;
    const random = new Random(SEED).fork(strategy);
    const sides = new Set<string>();
    for (let step = 0; step <= 60; step++) {
      const atNs = Math.round(((step + random.nextUnit()) / 61) * whole * 1e6);
      const outages = [{ atNs, durationNs: Number.POSITIVE_INFINITY }];
      const { report, machine } = await play(strategy, {
        ...SCENE,
        link: { ...SCENE.link, outages, timeoutNs: 2e9 },
      });
      expectInvariants(report, machine);
      if (report.outcome === "completed") continue;
      expect(report.outcome).toBe("failed");
      expect(report.reason).toMatch(/the link went down at .* s and did not come back within 2 s/);
      sides.add(report.runningOn);
      // Before the handover the source goes on; only post-copy has a time after it in which the link is needed.
      if (strategy !== "post-copy" && strategy !== "hybrid")
        expect(report.runningOn).toBe("source");
      if (report.runningOn === "source") expect(report.verified).not.toBe(false);
    }
    expect(sides.has("source")).toBe(true);
    if (strategy === "post-copy") expect(sides.has("target")).toBe(true);
  });

  test("and recovers from short outages with its memory intact", async () => {
    const random = new Random(SEED).fork(`${strategy}/short`);
    const whole = (await play(strategy, SCENE)).report.totalMigrationTimeMs;
    for (let run = 0; run < 20; run++) {
      const outages = [0, 1, 2].map((third) => ({
        atNs: Math.round(((third + random.nextUnit()) / 3) * whole * 1e6),
        durationNs: random.nextBelow(500_000_000),
      }));
      const { report, machine } = await play(strategy, {
        ...SCENE,
        link: { ...SCENE.link, outages },
      });
      expectInvariants(report, machine);
      expectMoved(report, 4096);
      expect(report.verified).toBe(true);
    }
  });
});

describe.each(STRATEGIES)("%s aborted by its caller", (strategy) => {
  test("leaves the guest at the source, or finishes what cannot be undone", async () => {
    for (const after of [0, 1, 3, 10, 40]) {
      const controller = new AbortController();
      let batches = 0;
      const onProgress = () => {
        batches += 1;
        if (batches === after) controller.abort();
      };
      if (after === 0) controller.abort();
      const options = { signal: controller.signal, onProgress };
      const { report, machine } = await play(strategy, { ...SCENE, options });
      expectInvariants(report, machine);
      if (report.outcome === "completed") expectMoved(report, 4096);
      else expect(report).toMatchObject({ outcome: "aborted", runningOn: "source" });
      if (after === 0) expect(report.outcome).toBe("aborted");
    }
  });
});
