import { describe, expect, test } from "vitest";
import { play } from "../../scenes.js";

/** Wire bytes of a raw page. */
const RECORD = 4104;

describe("uniform writes: round n + 1 sends N (1 - exp(-r T(n) / N)) pages, T(n) = pages(n) x record / rate (Clark et al. 2005)", () => {
  test.each([
    [2 ** 20, 2 ** 18, 60_000],
    [2 ** 20, 2 ** 20, 100_000],
    [2 ** 22, 2 ** 19, 250_000],
  ])("%d pages of memory, %d in the working set, %d writes/s", async (pages, wssPages, rate) => {
    const bandwidth = 1.25e9;
    const { report } = await play("pre-copy", {
      pages,
      workload: [{ kind: "uniform", wssPages, rate }],
      link: { bandwidth: [{ atNs: 0, rate: bandwidth }] },
      options: { maxRounds: 12 },
    });
    let toSend = pages;
    for (const round of report.rounds.slice(0, 12)) {
      expect(Math.abs(round.pagesSent / toSend - 1)).toBeLessThan(0.01);
      expect(round.durationMs / ((toSend * RECORD * 1000) / bandwidth)).toBeCloseTo(1, 2);
      const seconds = (toSend * RECORD) / bandwidth;
      toSend = wssPages * (1 - Math.exp((-rate * seconds) / wssPages));
      // With fewer pages chance alone, added up over the rounds, may pass 1 %.
      if (toSend < 100_000) return;
    }
  });
});

test("stop-and-copy takes memory over rate", async () => {
  const pages = 2 ** 16;
  const { report } = await play("stop-and-copy", { pages });
  expect(report.downtimeParts.finalPages).toBeCloseTo((pages * RECORD) / 1.25e6, 3);
  expect(report.bytesSent).toBe(pages * RECORD + 65_536 + 114_688);
});

test("a page fault costs a round trip and a page", async () => {
  const { report } = await play("post-copy", {
    pages: 2 ** 16,
    // One write a second: each finds its page absent or not, and none disturbs another.
    workload: [{ kind: "uniform", wssPages: 2 ** 16, rate: 200 }],
    link: { bandwidth: [{ atNs: 0, rate: 1.25e8 }], roundTripNs: 400_000 },
  });
  const { faults } = report;
  expect(faults.networkFaults).toBeGreaterThan(50);
  const page = (RECORD / 1.25e8) * 1000;
  // The page under way when the request comes in goes first.
  expect(faults.meanStallMs).toBeGreaterThanOrEqual(0.4 + page - 1e-6);
  expect(faults.meanStallMs).toBeLessThan(0.4 + 2 * page);
});

test("twice the memory takes twice the time", async () => {
  const small = await play("pre-copy", { pages: 2 ** 16, options: { maxRounds: 2 } });
  const large = await play("pre-copy", { pages: 2 ** 17, options: { maxRounds: 2 } });
  expect(
    (large.report.rounds[0]?.durationMs ?? 0) / (small.report.rounds[0]?.durationMs ?? 1),
  ).toBeCloseTo(2, 6);
});
