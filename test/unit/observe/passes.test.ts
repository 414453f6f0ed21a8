import { describe, expect, test } from "vitest";
import { PassCurve, type PassSample, passSample } from "../../../src/observe/passes.js";

const TOTAL = 10_000;
const ZERO = 2000;
/** Pages sent per ms, and pages of the cyclic set that the guest writes, one after the other, per ms. */
const SENT = 5;
const WRITTEN = 2;
const SET = 4000;
/** A pass ends when so few pages are left. */
const LEFT = 100;

/** A migration in steps of 1 ms whose every page is known; answers the true number dirtied in each pass. */
function migrate(curve: PassCurve, { every = 20, events = true } = {}): { truth: number[] } {
  const isDirty = new Uint8Array(TOTAL).fill(1);
  const logged = new Set<number>();
  const truth: number[] = [];
  let [remaining, sent, zeros, pass, writes, at] = [TOTAL, 0, 0, 1, 0, 0];
  if (events) curve.event(1, 0);
  for (let ms = 1; ms <= 6000; ms++) {
    for (let write = 0; write < WRITTEN; write++) logged.add(ZERO + (writes++ % SET));
    for (let page = 0; page < SENT && remaining > LEFT; at = (at + 1) % TOTAL) {
      if (isDirty[at] === 0) continue;
      isDirty[at] = 0;
      page++;
      sent++;
      remaining--;
      if (at < ZERO) zeros++;
    }
    if (remaining <= LEFT) {
      truth.push(logged.size);
      for (const page of logged) {
        if (isDirty[page] === 0) remaining++;
        isDirty[page] = 1;
      }
      logged.clear();
      pass++;
      if (events) curve.event(pass, ms);
    }
    if (ms % every === 0) curve.sample(sampleAt(ms, remaining, sent, zeros, pass));
  }
  return { truth };
}

function sampleAt(
  atMs: number,
  remainingPages: number,
  sentPages: number,
  zeroPages: number,
  pass: number,
): PassSample {
  const throttle = 0;
  const now = { atMs, elapsedMs: atMs, totalPages: TOTAL, throttle };
  return { ...now, remainingPages, sentPages, zeroPages, pass };
}

describe("the passes of a migration", () => {
  test.each([
    { every: 20, events: true },
    { every: 20, events: false },
    { every: 7, events: true },
  ])("give the pages that each of them dirtied: %j", (options) => {
    const curve = new PassCurve();
    const { truth } = migrate(curve, options);
    const points = curve.points();
    expect(points.length).toBeGreaterThan(3);
    for (const { pass, pages, pagesError, newPages } of points) {
      const dirtied = truth[pass - 1] ?? Number.NaN;
      expect(newPages).toBeLessThanOrEqual(dirtied);
      expect(newPages).toBeGreaterThanOrEqual(dirtied - LEFT);
      expect(Math.abs(pages - dirtied), `pass ${pass}`).toBeLessThan(3 * pagesError + LEFT);
    }
    const d = curve.curve();
    for (const { horizonMs, pages, pagesError = 0 } of d) {
      const law = Math.min(SET, WRITTEN * horizonMs);
      expect(Math.abs(pages - law), `D(${horizonMs})`).toBeLessThan(0.06 * law + 3 * pagesError);
      if (options.events) expect(pagesError).toBeLessThan(0.03 * law);
    }
    expect(curve.contents()?.nonzeroPages).toBeGreaterThan(TOTAL - ZERO - LEFT);
    expect(curve.contents()?.nonzeroPages).toBeLessThan(TOTAL - ZERO + LEFT);
    expect(curve.observation("a test")).toMatchObject({ source: "migration", subject: "a test" });
  });

  test("say nothing before the first has ended, but what was sent of the contents", () => {
    const curve = new PassCurve();
    expect([curve.curve(), curve.contents(), curve.observation("x")]).toEqual([[], null, null]);
    expect(curve.sample(sampleAt(100, 9500, 500, 250, 1))).toBe(false);
    expect(curve.curve()).toEqual([]);
    expect(curve.contents()).toMatchObject({ nonzeroPages: 5000 });
    expect(curve.contents()?.nonzeroPagesError).toBeGreaterThan(2000);
  });

  test("one that was joined midway has no known beginning", () => {
    const curve = new PassCurve();
    curve.sample(sampleAt(100, 500, 20_000, 2000, 4));
    expect(curve.sample(sampleAt(150, 700, 20_200, 2000, 5))).toBe(true);
    curve.sample(sampleAt(300, 100, 20_800, 2000, 5));
    curve.sample(sampleAt(350, 400, 20_900, 2000, 6));
    expect(curve.points().map(({ pass, durationMs }) => [pass, durationMs])).toEqual([[5, 200]]);
  });

  test("those of a throttled guest are left out where there are others", () => {
    const curve = new PassCurve();
    curve.sample(sampleAt(0, 1000, 0, 0, 1));
    curve.sample(sampleAt(100, 900, 1000, 0, 2));
    curve.sample({ ...sampleAt(110, 800, 1100, 0, 2), throttle: 0.5 });
    curve.sample({ ...sampleAt(310, 100, 1900, 0, 3), throttle: 0.5 });
    expect(curve.points()).toHaveLength(2);
    expect(curve.curve()).toHaveLength(1);
  });
});

test("query-migrate as a sample", () => {
  const ram = {
    ...{ total: 40_960_000, remaining: 409_600, normal: 9000, duplicate: 800 },
    "dirty-sync-count": 2,
  };
  const info = { status: "active", ram, "cpu-throttle-percentage": 20, "total-time": 900 };
  expect(passSample(info, 5)).toEqual({
    ...{ atMs: 5, elapsedMs: 900, totalPages: 10_000, remainingPages: 100 },
    ...{ sentPages: 9800, zeroPages: 800, pass: 2, throttle: 0.2 },
  });
  const cached = { ...info, "xbzrle-cache": { pages: 500, overflow: 30 } };
  expect(passSample(cached, 5)?.sentPages).toBe(9800 + 470);
  expect(passSample({ status: "setup" }, 5)).toBeNull();
  expect(passSample({ ...info, status: "completed" }, 5)).toBeNull();
});
