import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readTraceFolder } from "../../../src/files/contents-files.js";
import { PageDelta } from "../../../src/kernel/page-delta.js";
import type { RecordedTrace } from "../../../src/memory/recorded-trace.js";
import { checkObservation } from "../../../src/observe/check-observation.js";
import { monotone } from "../../../src/observe/monotone.js";
import { observeTrace } from "../../../src/observe/observe-trace.js";
import { PAGE_SIZE } from "../../../src/units.js";
import { referenceData } from "../../reference-data.js";

/** Mean distinct pages over all windows of a length near `horizonMs`, the nearest start for each end. */
function counted({ snapshots }: RecordedTrace, horizonMs: number) {
  const times = [0];
  for (const { ranNs } of snapshots) times.push((times.at(-1) ?? 0) + ranNs / 1e6);
  const sizes: number[] = [];
  for (let end = 1; end < times.length; end++) {
    const off = (start: number): number =>
      Math.abs((times[end] ?? 0) - (times[start] ?? 0) - horizonMs);
    const starts = Array.from({ length: end }, (_, start) => start);
    const start = starts.reduce((a, b) => (off(b) <= off(a) ? b : a));
    if (off(start) > horizonMs / 6) continue;
    sizes.push(new Set(snapshots.slice(start, end).flatMap(({ pages }) => [...pages])).size);
  }
  return { windows: sizes.length, pages: sizes.reduce((a, b) => a + b, 0) / sizes.length };
}

/** The horizons that are looked at: the step between snapshots, and on by the square root of 2. */
function horizonsOf({ snapshots }: RecordedTrace): number[] {
  const steps = snapshots.map(({ ranNs }) => ranNs / 1e6).sort((a, b) => a - b);
  const whole = steps.reduce((a, b) => a + b, 0);
  const first = Math.max(50, steps[Math.floor((steps.length - 1) / 2)] ?? 0);
  const horizons: number[] = [];
  for (let one = first; one < (whole * 5) / 6; one *= Math.SQRT2) horizons.push(one);
  return [...horizons, whole];
}

function expectCounted(trace: RecordedTrace, name: string): void {
  const observation = observeTrace(trace, name);
  expect(checkObservation(JSON.parse(JSON.stringify(observation)), name)).toEqual(observation);
  const horizons = horizonsOf(trace);
  const expected = horizons.map((horizonMs) => ({ horizonMs, ...counted(trace, horizonMs) }));
  const shown = expected.filter(
    ({ windows }, index) =>
      windows > 0 && expected.slice(index + 1).every((later) => later.windows < 3 * windows),
  );
  const unknown = { deviation: 0, deltaBytes: null, overflowShare: null };
  const fitted = monotone(shown.map((one) => ({ ...unknown, ...one })));
  expect(observation.curve.map(({ windows }) => windows)).toEqual(fitted.map((one) => one.windows));
  observation.curve.forEach(({ pages }, index) => {
    expect(pages).toBeCloseTo(fitted[index]?.pages ?? Number.NaN, 6);
  });
  expect(observation.curve.length).toBeGreaterThan(4);
}

test("D(t) of the packaged trace is what a count over sets gives", async () => {
  expectCounted(await readTraceFolder("fixtures/kv-store"), "kv-store");
});

describe.skipIf(referenceData === null)("a Linux guest", () => {
  test.each(["redis", "pipeline"])("%s: D(t) is what a count over sets gives", async (name) => {
    expectCounted(await readTraceFolder(join(referenceData ?? "", "traces", name)), name);
  });
});

test("contents and deltas are those of the pages", () => {
  const base = new Uint8Array(256 * PAGE_SIZE);
  // Page 1 and 2 are equal, page 3 is another; the rest is zero.
  base.fill(7, PAGE_SIZE, 3 * PAGE_SIZE);
  base.fill(9, 3 * PAGE_SIZE, 4 * PAGE_SIZE);
  const changed = base.slice(3 * PAGE_SIZE, 4 * PAGE_SIZE);
  const snapshots = [1, 2, 3, 4].map((value) => {
    changed[100 + value] = value;
    return { ranNs: 1e8, pages: Uint32Array.of(3), bytes: changed.slice() };
  });
  const trace: RecordedTrace = { pageCount: 256, pageSize: PAGE_SIZE, base, snapshots };
  const { contents, curve, observedMs } = observeTrace(trace, "made up");
  expect(observedMs).toBe(400);
  expect(contents).toMatchObject({ totalPages: 256, nonzeroPages: 3, repeatedPages: 1 });
  expect(contents.compressedShare).toBeLessThan(0.02);
  expect(curve.map(({ pages }) => pages)).toEqual([1, 1, 1, 1]);
  const first = PageDelta.encode(
    base.subarray(3 * PAGE_SIZE, 4 * PAGE_SIZE),
    snapshots[0]?.bytes ?? base,
  );
  expect(curve[0]).toMatchObject({ deltaBytes: first?.length, overflowShare: 0 });
  const all = PageDelta.encode(base.subarray(3 * PAGE_SIZE, 4 * PAGE_SIZE), changed);
  expect(curve.at(-1)).toMatchObject({ deltaBytes: all?.length, overflowShare: 0 });
});
