import { describe, expect, test } from "vitest";
import { formatCount, formatShare, formatShortCount } from "../../../src/quantity-text.js";
import { orderedReport, reportToJson } from "../../../src/report/json.js";
import {
  comparisonTable,
  outcomeLine,
  reportTable,
  roundHeadLine,
  roundLine,
} from "../../../src/report/text.js";
import { sampleReport } from "./sample-report.js";

describe("text", () => {
  test("a line a round, in columns", () => {
    expect(
      [roundHeadLine(120), ...sampleReport.rounds.map((round) => roundLine(round, 120))].join("\n"),
    ).toMatchInlineSnapshot(`
      "round  phase              start   duration     pages      zero     delta       bytes  dirty after  throttle
          0  push                 0 s        2 s     65.5k        9k         0   221.4 MiB          24k         -
          1  push                 2 s     700 ms       24k         0        3k   83.05 MiB           9k         -
          2  push               2.7 s     260 ms        9k         0         0   35.22 MiB        5.46k         -
          3  stop-and-copy    2.961 s       2 ms         0         0         0     176 KiB        5.46k         -
          4  pull             2.968 s     292 ms     5.46k         0         0   21.39 MiB            0         -"
    `);
  });

  test("the report", () => {
    expect(
      reportTable(sampleReport).rows.map(([label, value]) => `${label}: ${value}`),
    ).toMatchInlineSnapshot(`
      [
        "strategy: hybrid",
        "outcome: completed",
        "total migration time: 3.26 s",
        "downtime: 60 ms",
        "  of which: pause 1 ms + state 2 ms + resume 5 ms + network 52 ms",
        "sent: 371.8 MiB",
        "pages: 104 000 (92 000 raw, 9 000 zero, 3 000 delta)",
        "rounds: 5",
        "faults: 52, 41 across the link; 430 µs each, 1.9 ms at most",
        "guest slowed by: 2.33 % (74.4 ms)",
        "CPU of migrating: 90 ms source, 90 ms target",
        "throttle at the end: 20 %",
        "network: 2 announcements, 60 packets lost",
        "verified: yes",
        "penalty: 0.031",
        "reason: 3 rounds were pushed",
      ]
    `);
  });

  test("the comparison, with what was blocked", () => {
    const { head, rows } = comparisonTable(
      [sampleReport],
      [{ strategy: "cold", reason: "because" }],
    );
    expect(head).toContain("penalty");
    expect(rows.map((row) => row.length)).toEqual([head.length, head.length]);
    expect(rows[1]?.slice(0, 3)).toEqual(["cold", "blocked", "-"]);
    expect(comparisonTable([{ ...sampleReport, penalty: null }]).head).not.toContain("penalty");
  });

  test("an outcome other than completed says where the guest is", () => {
    const lost = { ...sampleReport, outcome: "not-converged", runningOn: "source" } as const;
    expect(outcomeLine(lost)).toBe(
      "hybrid: not-converged after 3.26 s, the guest is at the source, 371.8 MiB sent (3 rounds were pushed)",
    );
  });

  test("numbers for people", () => {
    expect([0, 999, 1000, 1_048_576].map(formatShortCount)).toEqual(["0", "999", "1k", "1.05M"]);
    expect([0, 1234, 1_234_567.5].map(formatCount)).toEqual([
      "0",
      "1\u202f234",
      "1\u202f234\u202f567.5",
    ]);
    expect([0, 0.1234, 1].map(formatShare)).toEqual(["0 %", "12.3 %", "100 %"]);
  });
});

describe("JSON", () => {
  test("holds the whole report, as it is", () => {
    expect(JSON.parse(reportToJson(sampleReport))).toEqual(sampleReport);
  });

  test("has the same bytes in whatever order the fields came", () => {
    const reversed = Object.fromEntries(
      Object.entries(sampleReport).reverse(),
    ) as unknown as typeof sampleReport;
    expect(reportToJson(reversed)).toBe(reportToJson(sampleReport));
    expect(Object.keys(orderedReport(sampleReport)).slice(0, 4)).toEqual([
      "strategy",
      "outcome",
      "totalMigrationTimeMs",
      "downtimeMs",
    ]);
  });
});
