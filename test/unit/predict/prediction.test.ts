import { describe, expect, test } from "vitest";
import { guestOfObservation } from "../../../src/predict/guest.js";
import { type PredictionInput, resolvePrediction } from "../../../src/predict/input.js";
import { type Prediction, predict, quantilesOf } from "../../../src/predict/prediction.js";

/** A GiB of guest, all of it in use, over 1 Gbit/s. */
const GUEST: PredictionInput = {
  workload: "uniform:wss=256MiB,rate=2000/s",
  memory: "1GiB",
  bandwidth: "125MB/s",
};

function predicted(input: PredictionInput, hosts = {}): Prediction {
  const question = resolvePrediction({ ...GUEST, ...input });
  return predict(question.guest, question.settings, {
    ...question.options,
    runs: 200,
    hosts: { ...question.options.hosts, ...hosts },
  });
}

describe("what QEMU does", () => {
  test("an idle guest crosses once, at the cap", () => {
    const { totalMs, bytes, passes, verdict } = predicted({ workload: "idle" });
    const once = 262_144 * 4104;
    expect(verdict).toBe("converges");
    expect(bytes?.p50).toBeCloseTo(once, -6);
    // The last pages, which the downtime limit lets wait, are not capped.
    expect(totalMs?.p50).toBeGreaterThan(((once - 37.5e6) / 125e6) * 1000);
    expect(totalMs?.p50).toBeLessThan((once / 125e6) * 1100);
    expect(passes?.p50).toBe(3);
  });

  test("a guest that dirties more than the link carries does not converge", () => {
    const one = predicted({ workload: "uniform:wss=900MiB,rate=200k/s" });
    expect(one.verdict).toBe("does-not-converge");
    expect(one.convergesBy.probability).toBe(0);
    expect(one.totalMs).toBeNull();
    expect(one.because).toMatch(/stays above the .* that 1 Gbit\/s carries within .* 300 ms/);
  });

  test("near the threshold chance decides", () => {
    // About as many pages as the threshold has, all of them dirty after a window, and a few others.
    const background = "uniform:wss=512MiB,rate=3k/s";
    const sizes = [28_000, 33_000, 33_200, 33_300, 33_400, 36_000];
    const all = sizes.map((kib) => {
      const workload = `uniform:wss=${kib}KiB,rate=2M/s`;
      return predicted({ workload, background, deadline: "30s" });
    });
    const probabilities = all.map(({ convergesBy }) => convergesBy.probability);
    expect(all[0]).toMatchObject({ verdict: "converges", convergesBy: { deadlineMs: 30_000 } });
    expect(probabilities.at(-1)).toBe(0);
    const between = all.filter(({ verdict }) => verdict === "uncertain");
    expect(between.length).toBeGreaterThan(0);
    expect(between[0]?.because).toMatch(/comes close to .* chance decides whether it ends by 30 s/);
  });

  test("nothing dirtied and nothing nonzero takes a window", () => {
    const one = predicted({ workload: "idle", nonzeroPages: 0 });
    expect(one.bytes?.p50).toBe(262_144 * 9);
    expect(one.totalMs?.p95).toBeLessThan(2000);
  });

  test("a guest that was watched and is all zero and idle crosses too", () => {
    const point = { pages: 0, deviation: 0, windows: 3, deltaBytes: null, overflowShare: null };
    const guest = guestOfObservation({
      kind: "godwit-observation",
      version: 1,
      source: "trace",
      subject: "an empty guest",
      observedMs: 3000,
      contents: {
        totalPages: 4096,
        nonzeroPages: 0,
        nonzeroPagesError: 0,
        repeatedPages: 0,
        compressedShare: null,
      },
      curve: [1000, 2000].map((horizonMs) => ({ ...point, horizonMs })),
      cost: null,
    });
    const { settings } = resolvePrediction({ ...GUEST, xbzrleCache: "1MiB", autoConverge: true });
    for (const postCopyAfterMs of [null, 1]) {
      const one = predict(guest, { ...settings, downtimeLimitMs: 1, postCopyAfterMs });
      expect(one.verdict).toBe("converges");
      expect(one.totalMs?.p95).toBeLessThan(2000);
      expect(one.bytes?.p50).toBe(4096 * 9);
    }
  });

  test("says when it is time that is short, and not the link", () => {
    const idle = { workload: "idle" };
    expect(predicted({ ...idle, deadline: "1s" }).because).toMatch(
      /^it ends, but takes some 8\.\d/,
    );
    expect(predicted({ ...idle, stopFirst: true, deadline: "1s" }).because).toMatch(
      /^it ends, but takes some 8\.\d/,
    );
    expect(predicted({ ...idle, bandwidth: "1kB/s" }).because).toMatch(
      /^the first pass alone, 1 GiB at 8 kbit\/s, takes longer than 60/,
    );
    expect(predicted({ ...idle, downtimeLimit: 0 }).because).toBe("a pass leaves nothing dirty");
  });

  test("a stopped guest is down from beginning to end", () => {
    const one = predicted({ workload: "uniform:wss=900MiB,rate=200k/s", stopFirst: true });
    expect(one.verdict).toBe("converges");
    expect(one.downtimeMs).toEqual(one.totalMs);
  });

  test("XBZRLE lets a guest of small writes converge", () => {
    const busy = { workload: "uniform:wss=256MiB,rate=60k/s" };
    expect(predicted(busy).verdict).toBe("does-not-converge");
    const helped = predicted({ ...busy, xbzrleCache: "1GiB" });
    expect(helped.verdict).toBe("converges");
    // A cache that holds next to nothing helps next to nothing.
    expect(predicted({ ...busy, xbzrleCache: "1MiB" }).verdict).toBe("does-not-converge");
  });

  test("auto-converge steps until it is enough", () => {
    const busy = { workload: "uniform:wss=512MiB,rate=60k/s", autoConverge: true };
    const bound = predicted({ ...busy, catchUp: "none" });
    const paced = predicted({ ...busy, catchUp: "50ms" });
    expect(bound.verdict).toBe("converges");
    expect(paced.verdict).toBe("converges");
    expect(paced.totalMs?.p50).toBeGreaterThan(1.3 * (bound.totalMs?.p50 ?? 0));
    expect(paced.because).toMatch(/throttled by 9\d %/);
  });

  test("post-copy ends what does not converge, at the price of faults", () => {
    const one = predicted({
      workload: "uniform:wss=512MiB,rate=100k/s",
      postCopyAfter: "20s",
    });
    expect(one.verdict).toBe("converges");
    expect(one.totalMs?.p50).toBeGreaterThan(20_000);
    expect(one.totalMs?.p50).toBeLessThan(23_000);
    expect(one.downtimeMs?.p95).toBeLessThan(20);
    expect(one.postCopy?.faults).toBeGreaterThan(10);
    expect(one.postCopy?.stallMs).toBeGreaterThan(0);
  });

  test("a migration that ends before needs no post-copy", () => {
    const one = predicted({ workload: "idle", postCopyAfter: "60s" });
    expect(one.postCopy).toBeUndefined();
    expect(one.totalMs?.p95).toBeLessThan(12_000);
  });

  test("a higher downtime limit never makes it slower", () => {
    const totals = [50, 100, 200, 400, 800].map(
      (downtimeLimit) =>
        predicted({ workload: "uniform:wss=512MiB,rate=20k/s", downtimeLimit }).totalMs?.p50 ??
        Number.POSITIVE_INFINITY,
    );
    for (let index = 1; index < totals.length; index++) {
      expect(totals[index]).toBeLessThanOrEqual((totals[index - 1] as number) * 1.05);
    }
  });

  test("a downtime limit of 0 ends after one pass, with a long downtime", () => {
    const one = predicted({ workload: "uniform:wss=900MiB,rate=200k/s", downtimeLimit: 0 });
    expect(one.verdict).toBe("converges");
    expect(one.passes?.p50).toBe(3);
    expect(one.downtimeMs?.p50).toBeGreaterThan(400);
  });

  test("a link slower than the cap is the limit", () => {
    const slow = predicted({ workload: "idle", link: "500Mbit/s" });
    expect(slow.totalMs?.p50).toBeGreaterThan(16_000);
  });

  test("quiet hosts give one outcome again and again", () => {
    const quiet = { stallsPerSecond: 0, windowLatenessMs: 0 };
    const { totalMs } = predicted({ workload: "idle" }, quiet);
    expect((totalMs?.p95 ?? 0) / (totalMs?.p5 ?? 1)).toBeLessThan(1.05);
  });
});

test("the same seed gives the same prediction, another one another", () => {
  const busy = { workload: "uniform:wss=256MiB,rate=9000/s" };
  expect(predicted({ ...busy, seed: 5 })).toEqual(predicted({ ...busy, seed: 5 }));
  expect(predicted({ ...busy, seed: 5 })).not.toEqual(predicted({ ...busy, seed: 6 }));
});

test("QEMU 10 switches over when exactly the threshold remains, and otherwise does the same", () => {
  const seven = predicted({ profile: "qemu-7.2" });
  const ten = predicted({ profile: "qemu-10" });
  expect(ten.profile).toBe("qemu-10");
  expect(ten.totalMs?.p50).toBeCloseTo(seven.totalMs?.p50 ?? 0, -2);
});

test("quantiles lie between values", () => {
  expect(quantilesOf([])).toBeNull();
  expect(quantilesOf([3])).toEqual({ p5: 3, p25: 3, p50: 3, p75: 3, p95: 3 });
  expect(quantilesOf([4, 2, 3, 1, 0])).toEqual({ p5: 0.2, p25: 1, p50: 2, p75: 3, p95: 3.8 });
});
