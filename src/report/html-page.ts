import type { MigrationReport } from "../migration/report.js";
import { formatBytes, formatDuration, formatShare, formatShortCount } from "../quantity-text.js";
import { downtimePartsSvg } from "./chart-svg.js";
import { bytesChart, chartScripts, dirtyChart } from "./html-charts.js";
import {
  escaped,
  framedPage,
  type HeadNumber,
  numbersHtml,
  type PageWords,
  tableHtml,
} from "./html-frame.js";
import { escapeMarkup } from "./markup.js";
import type { PageTimeMap } from "./page-time-map.js";
import { pageTimeMapSvg } from "./svg.js";
import {
  allPages,
  type BlockedStrategy,
  comparisonTable,
  outcomeText,
  reportTable,
  roundTable,
  verifiedText,
} from "./text.js";

export type { PageWords } from "./html-frame.js";

/** A migration with its picture, as `simulate` answers it. */
export interface MappedReport {
  readonly report: MigrationReport;
  readonly map: PageTimeMap | null;
}

const SIMULATED = "Times are simulated; the same scenario and seed give the same page.";

/** One migration as one self-contained page. */
export function reportPage(entry: MappedReport, words: PageWords): string {
  return framedPage(words, migrationSection(entry), SIMULATED, chartScripts());
}

/** Several migrations as one page: the comparison on top, then a section for each. */
export function comparisonPage(
  entries: readonly MappedReport[],
  words: PageWords,
  blocked: readonly BlockedStrategy[],
): string {
  const table = comparisonTable(
    entries.map(({ report }) => report),
    blocked,
  );
  const rows = table.rows.map(([strategy = "", ...rest], index) => [
    index < entries.length ? link(index, strategy) : escapeMarkup(strategy),
    ...rest.map(escapeMarkup),
  ]);
  const notes = blocked.map(
    ({ strategy, reason }) => `<p class="muted">${escapeMarkup(`${strategy}: ${reason}`)}</p>`,
  );
  const head = `<div class="card">${tableHtml({ head: table.head.map(escapeMarkup), rows }, [0, 1])}${notes.join("")}</div>`;
  const sections = entries.map((entry, index) => {
    const { report } = entry;
    return `<section><h2 id="migration-${index}">${escapeMarkup(report.strategy)}</h2>${migrationSection(entry)}</section>`;
  });
  return framedPage(words, head + sections.join(""), SIMULATED, chartScripts());
}

function link(index: number, strategy: string): string {
  return `<a href="#migration-${index}">${escapeMarkup(strategy)}</a>`;
}

function migrationSection({ report, map }: MappedReport): string {
  const subtitle = `${formatBytes(report.memoryBytes)} of guest memory, policy ${report.policy}, seed ${report.seed}`;
  const words = { title: `Pages over time, ${report.strategy}`, subtitle };
  const hasRounds = report.rounds.length > 0;
  return [
    headline(report),
    map === null ? "" : `<div class="card picture">${pageTimeMapSvg(map, words)}</div>`,
    hasRounds ? charts(report) : "",
    `<div class="card picture">${downtimePartsSvg(report)}</div>`,
    hasRounds
      ? `<div class="card"><h3>Rounds</h3>${tableHtml(escaped(roundTable(report.rounds)), [1])}</div>`
      : "",
    `<div class="card facts"><h3>In full</h3>${tableHtml(escaped(reportTable(report)), [0, 1])}</div>`,
  ].join("\n");
}

function charts(report: MigrationReport): string {
  return (
    `<div class="pair"><div class="card"><h3>Bytes sent per round</h3>${bytesChart(report)}</div>` +
    `<div class="card"><h3>Dirty pages at the end of each round</h3>${dirtyChart(report)}</div></div>`
  );
}

function headline(report: MigrationReport): string {
  const { faults, verified } = report;
  const quality = { true: "good", false: "bad", null: "" }[
    String(verified) as "true" | "false" | "null"
  ];
  const numbers: HeadNumber[] = [
    [
      report.outcome,
      report.outcome === "completed" ? "outcome" : outcomeText(report),
      report.outcome === "completed" ? "good" : "bad",
    ],
    [formatDuration(report.totalMigrationTimeMs), "total time"],
    [formatDuration(report.downtimeMs), "downtime"],
    [formatBytes(report.bytesSent), "sent"],
    [formatShortCount(allPages(report)), "pages sent"],
    ...(faults.faults > 0
      ? [
          [
            formatShortCount(faults.faults),
            `faults, ${formatDuration(faults.meanStallMs)} each`,
          ] as const,
        ]
      : []),
    [formatShare(report.degradation.share), "guest slowed by"],
    [
      verifiedText(verified),
      verified === null ? "not verified: no contents" : "memory verified",
      quality,
    ],
  ];
  return numbersHtml(numbers);
}
