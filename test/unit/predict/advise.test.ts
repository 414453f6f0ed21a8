import { describe, expect, test } from "vitest";
import { type Advice, advise } from "../../../src/predict/advise.js";
import { firstThatWorks, type Goal } from "../../../src/predict/goal.js";
import { guestOfWorkload, type PredictedGuest } from "../../../src/predict/guest.js";
import { predict } from "../../../src/predict/prediction.js";
import type { PredictedSettings } from "../../../src/predict/settings.js";
import type { WorkloadSpec } from "../../../src/workload/spec.js";

const GIB_PAGES = 2 ** 18;

const settings: PredictedSettings = {
  profile: "qemu-7.2",
  maxBandwidth: 1.25e8,
  downtimeLimitMs: 300,
  xbzrleCacheBytes: null,
  autoConverge: null,
  postCopyAfterMs: null,
  stopFirst: false,
};

function guestThatWrites(spec: WorkloadSpec): PredictedGuest {
  const used = 1.2 * GIB_PAGES;
  return guestOfWorkload([spec], {
    totalPages: 2 * GIB_PAGES,
    nonzeroPages: [{ from: used, to: used }],
  });
}

const quiet = guestThatWrites({ kind: "uniform", wssPages: 1000, rate: 100 });
const cyclic = guestThatWrites({ kind: "sequential", wssPages: 40_000, rate: 60_000 });
const goal: Goal = { deadlineMs: 120_000, maxDowntimeMs: 300 };

function namesOf(advice: Advice): string[] {
  return advice.reaching.map(({ measures }) => measures.join("+"));
}

describe("advise", () => {
  const advice = advise(cyclic, settings, goal);

  test("advises nothing where nothing is needed", () => {
    const { reaching, missing } = advise(quiet, settings, goal);
    expect(reaching.map(({ measures, change }) => ({ measures, change }))).toEqual([
      { measures: [], change: "nothing to change" },
    ]);
    expect(reaching[0]?.settings).toEqual(settings);
    expect(missing).toEqual([]);
  });

  test("says what reaches the goal, cheapest first, and what comes of the rest", () => {
    expect(namesOf(advice)).toEqual([
      "downtime-limit",
      "bandwidth",
      "xbzrle",
      "auto-converge",
      "post-copy",
    ]);
    expect(advice.missing.map(({ measures }) => measures)).toEqual([[], ["stop-first"]]);
    expect(advice.missing[0]?.because).toBe("0 % of the runs end within 120 s");
    expect(advice.missing[1]?.because).toMatch(
      /^the downtime's p95 is 1\d\.\d+ s, longer than 300/,
    );
  });

  test.each(advice.reaching)("$change holds for another seed", ({ settings: advised }) => {
    const again = predict(cyclic, advised, { seed: 4242, deadlineMs: goal.deadlineMs });
    expect(again.convergesBy.probability).toBeGreaterThanOrEqual(0.95);
    expect(again.downtimeMs?.p95).toBeLessThanOrEqual(goal.maxDowntimeMs);
  });

  test("takes a limit above the goal where the last burst is not capped", () => {
    const limit = advice.reaching[0];
    expect(limit?.settings.downtimeLimitMs).toBeGreaterThan(goal.maxDowntimeMs);
    expect(limit?.because).toContain("max-bandwidth does not hold it");
  });

  test("takes the least cache: half of it does not do", () => {
    const xbzrle = advice.reaching.find(({ measures }) => measures[0] === "xbzrle");
    const bytes = xbzrle?.settings.xbzrleCacheBytes as number;
    expect(Math.log2(bytes) % 1).toBe(0);
    const half = { ...settings, xbzrleCacheBytes: bytes / 2 };
    const { probability } = predict(cyclic, half, { deadlineMs: goal.deadlineMs }).convergesBy;
    expect(probability).toBeLessThan(0.98);
  });

  test("throttles in one step, a whole 5 %", () => {
    const throttled = advice.reaching.find(({ measures }) => measures[0] === "auto-converge");
    const { initial, max } = throttled?.settings.autoConverge ?? { initial: 0, max: 1 };
    expect(initial).toBe(max);
    expect((initial * 100) % 5).toBeCloseTo(0);
  });

  test("tells what post-copy costs and risks", () => {
    const postCopy = advice.reaching.find(({ measures }) => measures[0] === "post-copy");
    expect(postCopy?.cost).toMatch(/faults of the guest that cross the link, .* of waiting/);
    expect(postCopy?.cost).toContain("loses the guest unless the migration is recovered");
  });

  test("post-copy after the first pass is found where an earlier one is too late", () => {
    // Most of the memory is sent once, and pulling it would take three times as long.
    const fast = { ...settings, maxBandwidth: 1.25e9 };
    const steady = { linkBandwidth: 1.25e9, stallsPerSecond: 0 };
    const busy = guestOfWorkload([{ kind: "sequential", wssPages: 120_000, rate: 900_000 }], {
      totalPages: 16 * GIB_PAGES,
      nonzeroPages: [{ from: 16 * GIB_PAGES, to: 16 * GIB_PAGES }],
    });
    const soon = { deadlineMs: 24_000, maxDowntimeMs: 300 };
    const { reaching } = advise(busy, fast, soon, { runs: 100, hosts: steady });
    const postCopy = reaching.find(({ measures }) => measures[0] === "post-copy");
    expect(postCopy?.change).toBe("postcopy-ram on, migrate-start-postcopy after 15 s");
    const earlier = { ...fast, postCopyAfterMs: 1000 };
    const late = predict(busy, earlier, { deadlineMs: soon.deadlineMs, hosts: steady, runs: 100 });
    expect(late.convergesBy.probability).toBeLessThan(0.95);
  });

  test("nothing but bandwidth helps a guest that is stopped first", () => {
    const { missing } = advise(cyclic, { ...settings, stopFirst: true }, goal, { runs: 60 });
    expect(missing.map(({ measures }) => measures.join())).toEqual(["", "bandwidth"]);
  });

  test("a throttle does not help a guest that catches up", () => {
    const { reaching } = advise(cyclic, settings, goal, { hosts: { catchUpMs: 1000 }, runs: 60 });
    expect(namesOf({ goal, reaching, missing: [] })).not.toContain("auto-converge");
  });

  test("a limit that is too high is lowered, as little as need be", () => {
    const high = { ...settings, maxBandwidth: 1.25e9, downtimeLimitMs: 2000 };
    const busy = guestThatWrites({ kind: "uniform", wssPages: 200_000, rate: 250_000 });
    const asIs = predict(busy, high, { deadlineMs: goal.deadlineMs });
    expect(asIs.convergesBy.probability).toBe(1);
    expect(asIs.downtimeMs?.p95).toBeGreaterThan(300);
    const { downtimeLimitMs } = advise(busy, high, goal).reaching[0]?.settings ?? high;
    expect(downtimeLimitMs).toBeLessThan(2000);
    expect(downtimeLimitMs).toBeGreaterThanOrEqual(200);
  });

  test("a longer downtime allowed never leaves fewer ways", () => {
    const ways = [20, 100, 2000].map((maxDowntimeMs) => {
      const names = namesOf(advise(cyclic, settings, { ...goal, maxDowntimeMs }, { runs: 60 }));
      return new Set(names.filter((name) => !name.includes("+")));
    });
    for (let index = 1; index < ways.length; index++) {
      for (const name of ways[index - 1] as Set<string>) expect(ways[index]).toContain(name);
    }
  });

  test("two changes where neither is enough", () => {
    const fast = guestThatWrites({ kind: "sequential", wssPages: 100_000, rate: 80_000 });
    const tight = { deadlineMs: 120_000, maxDowntimeMs: 100 };
    const hosts = { linkBandwidth: 2.5e8, catchUpMs: null };
    const { reaching, missing } = advise(fast, settings, tight, { hosts, runs: 100 });
    const pair = reaching.find(({ measures }) => measures.length === 2);
    expect(pair?.measures).toEqual(["downtime-limit", "auto-converge"]);
    expect(pair?.change).toMatch(/^downtime-limit \d+; auto-converge on/);
    const alone = missing.map(({ measures }) => measures.join());
    expect(alone).toEqual(expect.arrayContaining(["downtime-limit", "auto-converge"]));
  });

  test("is the same for the same seed", () => {
    const again = advise(cyclic, settings, goal);
    expect(again).toEqual(advice);
  });

  test.each([
    [{ deadlineMs: 0, maxDowntimeMs: 1 }, "deadlineMs"],
    [{ deadlineMs: 1, maxDowntimeMs: Number.NaN }, "maxDowntimeMs"],
  ])("refuses the goal %o", (wrong, option) => {
    expect(() => advise(quiet, settings, wrong)).toThrow(expect.objectContaining({ option }));
  });
});

describe("firstThatWorks", () => {
  test.each([0, 1, 2, 3, 4])("finds the first from %d on", (from) => {
    const values = [0, 1, 2, 3, 4];
    expect(firstThatWorks(values, (value) => value >= from)).toBe(from);
  });

  test("finds none", () => {
    expect(firstThatWorks([1, 2, 3], () => false)).toBe(-1);
    expect(firstThatWorks([], () => true)).toBe(-1);
  });
});
