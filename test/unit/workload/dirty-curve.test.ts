import { describe, expect, test } from "vitest";
import { DirtyBitmap } from "../../../src/kernel/dirty-bitmap.js";
import type { WorkloadSpec } from "../../../src/workload/spec.js";
import { Workload } from "../../../src/workload/workload.js";
import { Random } from "../../../src/world/random.js";

const SECOND = 1e9;

function dirtied(spec: WorkloadSpec, pages: number, ns: number, hasContents: boolean): number {
  const log = new DirtyBitmap(pages);
  const workload = new Workload([spec], { random: new Random(7), hasContents });
  // In uneven steps, as an engine looks.
  for (let from = 0, step = 1; from < ns; step++) {
    const to = Math.min(ns, from + step * 37_000_001);
    workload.advance({ log }, from, to);
    from = to;
  }
  return log.count();
}

describe("the curve D(t) of uniform writes is N (1 - exp(-r t / N))", () => {
  const N = 2 ** 20;
  const rate = 320_000;
  test.each([
    [0.5, false],
    [3, false],
    [20, false],
    [0.5, true],
    [3, true],
    [20, true],
  ])("after %d s, single writes: %s", (seconds, hasContents) => {
    const expected = N * (1 - Math.exp((-rate * seconds) / N));
    const spec = { kind: "uniform", wssPages: N, rate } as const;
    const measured = dirtied(spec, N, seconds * SECOND, hasContents);
    expect(Math.abs(measured / expected - 1)).toBeLessThan(0.01);
  });
});

test("set draws and single writes follow the curve that the workload announces", () => {
  const specs: WorkloadSpec[] = [
    { kind: "hot-set", wssPages: 2 ** 16, rate: 30_000, hot: 0.1, share: 0.9 },
    { kind: "zipf", wssPages: 2 ** 16, rate: 30_000, skew: 1.1 },
    { kind: "sequential", wssPages: 2 ** 14, rate: 3_000 },
  ];
  for (const spec of specs) {
    const workload = new Workload([spec], { random: new Random(1), hasContents: false });
    for (const seconds of [1, 4]) {
      const expected = workload.expectedDirtyPages(seconds * SECOND);
      for (const hasContents of [false, true]) {
        const measured = dirtied(spec, 2 ** 16, seconds * SECOND, hasContents);
        expect(Math.abs(measured / expected - 1), `${spec.kind} ${seconds} s`).toBeLessThan(0.02);
      }
    }
  }
});

test("Zipf's regions carry the weights of the exact law", () => {
  const spec = { kind: "zipf", wssPages: 5000, rate: 1e6, skew: 0.99 } as const;
  const workload = new Workload([spec], { random: new Random(1), hasContents: false });
  let total = 0;
  for (let k = 1; k <= 5000; k++) total += k ** -0.99;
  let expected = 0;
  for (let k = 1; k <= 5000; k++) expected += 1 - Math.exp((-1e6 * 0.01 * k ** -0.99) / total);
  expect(workload.expectedDirtyPages(0.01 * SECOND) / expected).toBeCloseTo(1, 3);
});

test("phases follow one another and each goes on where it stopped", () => {
  const sequential = (at: number): WorkloadSpec => ({
    kind: "sequential",
    wssPages: 1000,
    rate: 100,
    at,
  });
  const log = new DirtyBitmap(4096);
  const spec: WorkloadSpec = {
    kind: "phases",
    phases: [
      { durationNs: SECOND, components: [sequential(0)] },
      { durationNs: SECOND, components: [] },
      { durationNs: SECOND, components: [sequential(2000)] },
    ],
  };
  const workload = new Workload([spec], { random: new Random(1), hasContents: false });
  workload.advance({ log }, 0, 4.5 * SECOND);
  expect([...log.runs()]).toEqual([
    { start: 0, end: 200 },
    { start: 2000, end: 2100 },
  ]);
});
