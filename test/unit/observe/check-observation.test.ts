import { describe, expect, test } from "vitest";
import { checkObservation } from "../../../src/observe/check-observation.js";

const point = (horizonMs: number, pages: number) => ({
  ...{ horizonMs, pages, deviation: 1, windows: 3, deltaBytes: 100, overflowShare: null },
});
// biome-ignore lint/suspicious/noExplicitAny: tests damage it.
const sound = (): any => ({
  ...{ kind: "godwit-observation", version: 1, source: "process", subject: "x", observedMs: 10 },
  contents: {
    ...{ totalPages: 100, nonzeroPages: 50, nonzeroPagesError: 0 },
    ...{ repeatedPages: null, compressedShare: 0.5 },
  },
  curve: [point(50, 4), { ...point(100, 4.5), pagesError: 1, neighbourShare: 0.5 }],
  cost: { cpuMs: 1, bytesRead: 2, guestPausedMs: 0 },
});

describe("an observation from a file", () => {
  test("is taken when it is sound", () => {
    expect(checkObservation(sound(), "vm.json")).toEqual(sound());
    expect(checkObservation({ ...sound(), cost: null }, "vm.json").cost).toBeNull();
  });

  // biome-ignore lint/suspicious/noExplicitAny: tests damage it.
  test.each<[string, (one: any) => unknown, string]>([
    [
      "another kind",
      (o) => {
        o.kind = "report";
      },
      'kind in vm.json: got "report", expected godwit-observation',
    ],
    [
      "a later version",
      (o) => {
        o.version = 2;
      },
      "version in vm.json: got 2, expected 1, the version that this godwit reads",
    ],
    [
      "a field too many",
      (o) => {
        o.contents.extra = 1;
      },
      'contents.extra in vm.json: got "extra", expected no such field',
    ],
    [
      "a field too few",
      (o) => {
        delete o.curve[1].windows;
      },
      "curve.1.windows in vm.json: got nothing, expected this field to be there",
    ],
    [
      "text for a number",
      (o) => {
        o.curve[0].pages = "4";
      },
      'curve.0.pages in vm.json: got "4", expected number',
    ],
    [
      "no points",
      (o) => {
        o.curve = [];
      },
      'curve in vm.json: got "an array", expected at least one point',
    ],
    [
      "a share above 1",
      (o) => {
        o.contents.compressedShare = 2;
      },
      "contents.compressedShare in vm.json: got 2, expected a share from 0 to 1",
    ],
    [
      "horizons out of order",
      (o) => {
        o.curve.reverse();
      },
      "curve.1.horizonMs in vm.json: got 50, expected more than 100",
    ],
    [
      "a curve that falls",
      (o) => {
        o.curve[1].pages = 3;
      },
      "curve.1.pages in vm.json: got 3, expected at least 4",
    ],
    [
      "more dirtied than there is",
      (o) => {
        o.curve[1].pages = 101;
      },
      "curve.1.pages in vm.json: got 101, expected at most 100",
    ],
    [
      "more nonzero than there is",
      (o) => {
        o.contents.nonzeroPages = 101;
      },
      "contents.nonzeroPages in vm.json: got 101, expected at most 100",
    ],
    [
      "more repeated than nonzero",
      (o) => {
        o.contents.repeatedPages = 60;
      },
      "contents.repeatedPages in vm.json: got 60, expected at most 50",
    ],
    [
      "half a page of memory",
      (o) => {
        o.contents.totalPages = 99.5;
      },
      "contents.totalPages in vm.json: got 99.5, expected a whole number of pages",
    ],
    [
      "a time of nothing",
      (o) => {
        o.curve[0].horizonMs = 0;
      },
      "curve.0.horizonMs in vm.json: got 0, expected a time above 0, in ms",
    ],
    [
      "no memory",
      (o) => {
        o.contents.totalPages = 0;
      },
      "contents.totalPages in vm.json: got 0, expected",
    ],
    [
      "a number without bounds",
      (o) => {
        o.curve[0].deviation = Number.POSITIVE_INFINITY;
      },
      "curve.0.deviation in vm.json: got Infinity, expected",
    ],
  ])("is refused with %s", (_, damage, message) => {
    const damaged = sound();
    damage(damaged);
    expect(() => checkObservation(damaged, "vm.json")).toThrow(message);
  });

  test.each([[null], [[]], ["text"], [7], [undefined]])("%j is none", (input) => {
    expect(() => checkObservation(input, "vm.json")).toThrow(/vm\.json: got/);
  });
});
