import { describe, expect, test } from "vitest";
import { distributionSvg } from "../../../src/report/distribution-svg.js";
import { type DrainReport, emptiedSpreads, mostAtOnce } from "../../../src/report/drain.js";
import {
  drainLine,
  drainMoveTable,
  emptiedTable,
  leftReasons,
} from "../../../src/report/drain-text.js";
import { drainHtml } from "../../../src/report/html.js";
import { movesSvg } from "../../../src/report/moves-svg.js";
import { sampleDrain } from "./sample-drain.js";
import { readXml } from "./xml.js";

const HOSTILE = `</script><img src=x onerror=alert(1)>"'&`;
const drain = sampleDrain();
const stuck: DrainReport = {
  ...drain,
  left: [
    { vm: "web-1", because: "no host has room for web-1" },
    { vm: "web-2", because: "no host has room for web-2" },
  ],
};

describe("a drain in words", () => {
  test("says how long, how surely and how many at once", () => {
    expect(drainLine(drain)).toBe(
      "h3 is empty after 178 s in the median, 95 % within 204.6 s; 100 % of the runs meet the deadline of 300 s; 18 moves, at most 2 at once",
    );
  });

  test("says when a host is not emptied, and why", () => {
    expect(drainLine(stuck)).toMatch(/^h3 is not emptied: 2 VMs stay; 18 moves/);
    expect(leftReasons(stuck)).toEqual([{ count: 2, because: "no host has room for …" }]);
  });

  test("runs that never end count as not in time, and are forever", () => {
    const nova = emptiedTable(drain).rows[2];
    expect(nova?.slice(4)).toEqual(["forever", "13.4 %"]);
    const { inTime } = emptiedSpreads({ ...drain, deadlineMs: null })[2] ?? {};
    expect(inTime).toBeCloseTo(200 / 201, 9);
  });

  test("moves are in the order in which they begin, at most as many as asked for", () => {
    const backwards = { ...drain, moves: [...drain.moves].reverse() };
    const rows = drainMoveTable(backwards, 3).rows;
    expect(rows.map(([place]) => place)).toEqual(["1", "2", "3"]);
    expect(rows.map((row) => row[3])).toEqual(["0 s", "0 s", "9.4 s"]);
  });
});

test("one that ends makes room for one that begins at that instant", () => {
  const move = (startMs: number, endMs: number) => ({
    ...(drain.moves[0] as DrainReport["moves"][number]),
    startMs,
    endMs,
  });
  expect(mostAtOnce([move(0, 5), move(5, 9)])).toBe(1);
  expect(mostAtOnce([move(0, 5), move(4, 9), move(1, 2)])).toBe(2);
  expect(mostAtOnce([])).toBe(0);
});

describe("distributions as a picture", () => {
  const words = { title: "t", axis: "time to empty" };
  const endsOf = (svg: string) =>
    [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(
      ([, points]) => points?.split(" ").at(-1)?.split(",").map(Number) ?? [],
    );

  test("a curve and a line of the legend for each sample that has values", () => {
    const svg = distributionSvg([...drain.emptied, { name: "none", valuesMs: [] }], words);
    expect(readXml(svg).filter((name) => name === "polyline")).toHaveLength(3);
    expect(svg).toContain("Nova&#39;s defaults: median 322.2 s");
  });

  test("what lasts forever keeps its curve below the top", () => {
    const half = [{ name: "half", valuesMs: [10, Number.POSITIVE_INFINITY] }];
    const all = [{ name: "all", valuesMs: [10, 10] }];
    const [[, low] = []] = endsOf(distributionSvg(half, words));
    const [[, top] = []] = endsOf(distributionSvg(all, words));
    expect(low).toBeGreaterThan((top ?? 0) + 50);
    const never = distributionSvg([{ name: "never", valuesMs: [Number.POSITIVE_INFINITY] }], words);
    expect(never).not.toMatch(/NaN|Infinity/);
  });

  test("of very many values it is no larger", () => {
    const valuesMs = Array.from({ length: 100_000 }, (_, i) => i);
    expect(distributionSvg([{ name: "many", valuesMs }], words).length).toBeLessThan(12_000);
  });

  test("a deadline that is far off is not drawn", () => {
    const limit = (ms: number) => ({ ...words, limit: { ms, label: "deadline" } });
    expect(distributionSvg(drain.emptied, limit(300_000))).toContain("deadline");
    expect(distributionSvg(drain.emptied, limit(1e9))).not.toContain("deadline");
  });
});

describe("moves as a picture", () => {
  test("a bar for each, with the downtime as long as it is", () => {
    const svg = movesSvg(drain.moves, { title: "t", deadlineMs: null });
    readXml(svg);
    expect(svg.match(/<title>.*?downtime/g)).toHaveLength(18);
    expect(svg).toContain("✕ stays");
  });

  test("no more rows than can be read", () => {
    const many = Array.from({ length: 5000 }, () => drain.moves).flat();
    const svg = movesSvg(many, { title: "t", deadlineMs: null });
    expect(svg).toContain("more</text>");
    expect(svg.length).toBeLessThan(40_000);
  });

  test("without moves it is a picture still", () => {
    readXml(movesSvg([], { title: "t", deadlineMs: 5 }));
  });
});

test("the page is one file, and every word is escaped", async () => {
  const hostile = {
    ...stuck,
    subject: HOSTILE,
    moves: drain.moves.map((move) => ({ ...move, vm: HOSTILE, to: HOSTILE, reason: HOSTILE })),
    emptied: drain.emptied.map((sample) => ({ ...sample, name: HOSTILE })),
    left: [{ vm: HOSTILE, because: HOSTILE }],
  };
  const page = await drainHtml(hostile);
  expect(page).not.toMatch(/<img|<script/);
  expect(page).toContain("default-src 'none'");
  expect(await drainHtml({ ...drain, moves: [], emptied: [] })).toContain("at once at most");
});
