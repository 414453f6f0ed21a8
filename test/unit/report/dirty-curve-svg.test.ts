import { expect, test } from "vitest";
import type { DirtyCurve } from "../../../src/predict/equilibrium.js";
import { dirtyCurveSvg } from "../../../src/report/dirty-curve-svg.js";
import { readXml } from "./xml.js";

const CURVE: DirtyCurve = {
  points: [0, 500, 1000, 1500, 2000].map((ms) => ({ ms, bytes: Math.min(1e8, 2e5 * ms) })),
  bandwidth: 1e8,
  downtimeLimitMs: 300,
  thresholdBytes: 3e7,
  equilibriumMs: 1000,
};

test("shows the curve, the link line, the threshold and where passes settle", () => {
  const svg = dirtyCurveSvg(CURVE, "<why> & how");
  expect(readXml(svg).filter((name) => name === "polyline")).toHaveLength(3);
  expect(readXml(svg)).toContain("circle");
  for (const words of [
    "&lt;why&gt; &amp; how",
    "Passes settle at 1 s, longer than the downtime limit of 300 ms",
    "sent within a pass, 800 Mbit/s",
    "few enough to switch over, 28.61 MiB",
    "1 s, 95.37 MiB",
    "length of a pass, s",
  ]) {
    expect(svg).toContain(words);
  }
});

test("says when passes fit the limit", () => {
  const svg = dirtyCurveSvg({ ...CURVE, downtimeLimitMs: 2000, thresholdBytes: 2e8 }, "title");
  expect(svg).toContain("Passes settle at 1 s, within the downtime limit of 2 s");
});

test("has no crossing where there is none, and keeps the link line within the plot", () => {
  const points = CURVE.points.map(({ ms }) => ({ ms, bytes: 100 * ms }));
  const svg = dirtyCurveSvg({ ...CURVE, points, equilibriumMs: 0 }, "title");
  expect(readXml(svg)).not.toContain("circle");
  expect(svg).toContain("passes shrink to nothing");
  const heights = [...svg.matchAll(/points="([^"]+)"/g)].flatMap(([, path = ""]) =>
    path.split(" ").map((pair) => Number(pair.split(",")[1])),
  );
  expect(Math.min(...heights)).toBeGreaterThanOrEqual(78);
});

test("an idle guest is a flat line", () => {
  const points = CURVE.points.map(({ ms }) => ({ ms, bytes: 0 }));
  const svg = dirtyCurveSvg(
    { ...CURVE, points, equilibriumMs: 0, downtimeLimitMs: 0, thresholdBytes: 0 },
    "",
  );
  expect(svg).not.toMatch(/NaN|Infinity/);
});
