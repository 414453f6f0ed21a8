import { describe, expect, test } from "vitest";
import {
  bytesPerRoundSvg,
  dirtyPagesPerRoundSvg,
  downtimePartsSvg,
} from "../../../src/report/chart-svg.js";
import type { PageTimeMap } from "../../../src/report/page-time-map.js";
import { pageTimeMapSvg, stackedSvg } from "../../../src/report/svg.js";
import { sampleMap, sampleReport, sampleRound } from "./sample-report.js";
import { readXml } from "./xml.js";

const WORDS = { title: "hybrid", subtitle: "256 MiB" };
const HOSTILE = `<script>alert("1")</script> & 'x' \u0000\u0008`;
const EMPTY: PageTimeMap = { pageCount: 1, totalMs: 0, downtime: null, cells: [] };

describe("the page x time map", () => {
  const svg = pageTimeMapSvg(sampleMap, WORDS);

  test("is well-formed, and loads nothing", () => {
    expect(readXml(svg)[0]).toBe("svg");
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
      /https?:|href|url\(|<script|<image/,
    );
  });

  test("has axes with units, a legend of what is there, and the downtime", () => {
    for (const words of [
      "guest-physical address",
      "256 MiB",
      "time since the request (s)",
      "round 0",
      "round 2",
      "fault",
      "found dirty",
      "after the resume",
      "downtime 60 ms",
    ]) {
      expect(svg).toContain(words);
    }
    expect(svg).not.toContain("while stopped");
  });

  test("stays small: cells of one look share a path", () => {
    expect(svg.match(/<path/g)?.length).toBeLessThan(30);
    expect(svg.length).toBeLessThan(40_000);
  });

  test("all of it lies within the picture", () => {
    for (const [, x = "", y = ""] of svg.matchAll(/M([\d.-]+) ([\d.-]+)/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(x)).toBeLessThanOrEqual(900);
      expect(Number(y)).toBeGreaterThanOrEqual(0);
      expect(Number(y)).toBeLessThanOrEqual(480);
    }
  });

  test("words are escaped", () => {
    const hostile = pageTimeMapSvg(sampleMap, { title: HOSTILE, subtitle: HOSTILE });
    expect(readXml(hostile)).toEqual(readXml(svg));
    expect(hostile).not.toContain("\u0000");
  });

  test.each<[string, PageTimeMap]>([
    ["nothing happened", EMPTY],
    ["a guest of 16 TiB over a day", { ...EMPTY, pageCount: 2 ** 32, totalMs: 86_400_000 }],
    ["cells beyond the edges", { ...sampleMap, pageCount: 100, totalMs: 10 }],
    ["a downtime at the very start", { ...sampleMap, downtime: { startMs: 0, endMs: 0 } }],
  ])("%s", (_, map) => {
    const drawn = pageTimeMapSvg(map, WORDS);
    readXml(drawn);
    expect(drawn).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("many rounds share one mark in the legend", () => {
    const cells = sampleMap.cells.map((cell, index) => ({
      ...cell,
      event: "push" as const,
      round: index % 40,
    }));
    expect(pageTimeMapSvg({ ...sampleMap, cells }, WORDS)).toContain("rounds 0 to 39");
  });

  test("several stand below each other", () => {
    const names = readXml(stackedSvg([svg, svg], 900, 480, WORDS));
    expect(names.filter((name) => name === "svg")).toHaveLength(3);
  });
});

describe("charts", () => {
  const many = Array.from({ length: 120 }, (_, round) =>
    sampleRound({ round, raw: 120 - round, dirty: round }),
  );

  test.each([
    ["bytes", bytesPerRoundSvg(sampleReport.rounds)],
    ["dirty pages", dirtyPagesPerRoundSvg(sampleReport.rounds)],
    ["many rounds", bytesPerRoundSvg(many)],
    ["no rounds", bytesPerRoundSvg([])],
    ["rounds without bytes", dirtyPagesPerRoundSvg([sampleRound({ dirty: 0 })])],
    ["downtime", downtimePartsSvg(sampleReport)],
    [
      "no downtime",
      downtimePartsSvg({
        ...sampleReport,
        downtimeMs: 0,
        downtimeParts: { pause: 0, finalPages: 0, state: 0, resume: 0, network: 0 },
      }),
    ],
  ])("%s", (_, svg) => {
    readXml(svg);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("a bar for each round", () => {
    expect(bytesPerRoundSvg(sampleReport.rounds)).toContain(
      "<title>round 1, push: 83.05 MiB</title>",
    );
    expect(readXml(bytesPerRoundSvg(many)).filter((name) => name === "title")).toHaveLength(121);
  });
});
