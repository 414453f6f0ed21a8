import { expect, test } from "vitest";
import { judgeGoals, judgementLines } from "../../bench/goals.js";

const result = (pattern: string, ratio: number, more = {}): never =>
  ({ group: "kernel", name: "scan", pattern, ratioTo: { c: ratio }, ...more }) as never;
const RESULTS = [result("a", 2), result("b", 0.5, { p10Ms: 7 })];

const verdict = (goal: object, absent: Record<string, string> = {}): object | undefined =>
  judgeGoals([{ item: "scan", name: "scan", ...goal } as never], RESULTS, absent)[0];

test("of several patterns the worst counts", () => {
  const goal = { pattern: ["a", "b"], against: "c", atLeast: 0.6 };
  expect(verdict(goal)).toMatchObject({ verdict: "MISSED", measured: 0.5, worst: "b" });
});

test("or their geometric mean", () => {
  const goal = { pattern: ["a", "b"], mean: "geometric", against: "c", atLeast: 0.99 };
  expect(verdict(goal)).toMatchObject({ verdict: "met", measured: expect.closeTo(1) });
});

test("a figure may have to be small", () => {
  expect(verdict({ pattern: "b", value: "p10Ms", atMost: 10 })).toMatchObject({ verdict: "met" });
  expect(verdict({ pattern: "b", value: "p10Ms", atMost: 5 })).toMatchObject({ verdict: "MISSED" });
});

test("what cannot be measured is not missed", () => {
  const goal = { pattern: "a", against: "c-avx512", atLeast: 1 };
  const expected = { verdict: "not measurable here", why: "no AVX-512" };
  expect(verdict(goal, { "c-avx512": "no AVX-512" })).toMatchObject(expected);
});

test("a goal that names no result is missed, and says so", () => {
  const goal = { item: "scan", name: "scan", pattern: "z", against: "c", atLeast: 1 };
  const lines = judgementLines(judgeGoals([goal], RESULTS, {}));
  expect(lines).toEqual([expect.stringMatching(/^MISSED .*there is no result scan, z/)]);
});
