import { describe, expect, test } from "vitest";
import { comparisonHtml, reportHtml } from "../../../src/report/html.js";
import { sampleMap, sampleReport } from "./sample-report.js";

const WORDS = { title: "Hybrid migration", subtitle: "256 MiB" };
const HOSTILE = `</script><img src=x onerror=alert(1)>"'&`;

describe("the page of one migration", async () => {
  const page = await reportHtml({ report: sampleReport, map: sampleMap }, WORDS);

  test("is one file that loads nothing", () => {
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(
      /<(link|img|iframe|object|embed|base)\b|\bsrc=|@import|url\(|fetch\(|XMLHttpRequest/i,
    );
    expect(page.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/["'(]https?:/);
  });

  test("has the numbers, the map, the charts, the rounds", () => {
    for (const words of [
      "3.26 s",
      "60 ms",
      "371.8 MiB",
      "memory verified",
      "guest-physical address",
      "Bytes sent per round",
      "Downtime 60 ms",
      "stop-and-copy",
    ]) {
      expect(page).toContain(words);
    }
    expect(page.match(/class="chart"/g)).toHaveLength(2);
  });

  test("every word of a report is escaped", async () => {
    const hostile = { ...sampleReport, reason: HOSTILE, policy: HOSTILE };
    const drawn = await reportHtml(
      { report: hostile, map: sampleMap },
      { title: HOSTILE, subtitle: HOSTILE },
    );
    expect(drawn).not.toContain("<img");
    expect(drawn.match(/<\/script>/g)).toEqual(page.match(/<\/script>/g));
  });

  test("does without a map and without rounds", async () => {
    const bare = await reportHtml(
      { report: { ...sampleReport, rounds: [], verified: null }, map: null },
      WORDS,
    );
    expect(bare).toContain("not verified: no contents");
    expect(bare).not.toContain('class="chart"');
  });

  test("a failed proof cannot be overlooked", async () => {
    const page = await reportHtml(
      { report: { ...sampleReport, verified: false, outcome: "failed" }, map: null },
      WORDS,
    );
    expect(page).toContain('<b class="bad">NO</b>');
    expect(page).toContain("failed, the guest is at the target");
  });
});

test("a comparison has its table on top and a section for each", async () => {
  const entries = [
    { report: sampleReport, map: sampleMap },
    { report: { ...sampleReport, strategy: "cold" as const }, map: null },
  ];
  const page = await comparisonHtml(entries, WORDS, [
    { strategy: "post-copy", reason: "device <gpu0> blocks" },
  ]);
  expect(page.match(/<section>/g)).toHaveLength(2);
  expect(page.indexOf("blocked")).toBeLessThan(page.indexOf("<section>"));
  expect(page).toContain("device &lt;gpu0&gt; blocks");
});
