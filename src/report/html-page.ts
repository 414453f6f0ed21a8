import type { MigrationReport } from "../migration/report.js";
import { formatBytes, formatDuration, formatShare, formatShortCount } from "../quantity-text.js";
import { downtimePartsSvg } from "./chart-svg.js";
import { bytesChart, chartScripts, dirtyChart } from "./html-charts.js";
import { HTML_STYLE } from "./html-style.js";
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
  type TextTable,
  verifiedText,
} from "./text.js";

/** A migration with its picture, as `simulate` answers it. */
export interface MappedReport {
  readonly report: MigrationReport;
  readonly map: PageTimeMap | null;
}

/** Words at the head of a page. */
export interface PageWords {
  readonly title: string;
  readonly subtitle: string;
}

/** One migration as one self-contained page. */
export function reportPage(entry: MappedReport, words: PageWords): string {
  return page(words, migrationSection(entry));
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
  return page(words, head + sections.join(""));
}

function link(index: number, strategy: string): string {
  return `<a href="#migration-${index}">${escapeMarkup(strategy)}</a>`;
}

/** The policy keeps the promise: scripts and styles in the page itself, and no address that could be reached. */
const CONTENT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

function page(words: PageWords, body: string): string {
  const title = escapeMarkup(words.title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${HTML_STYLE}</style>
</head>
<body>
<main>
<header><span class="mark">godwit</span><h1>${title}</h1><p class="muted">${escapeMarkup(words.subtitle)}</p></header>
${body}
<footer>Made by godwit. Times are simulated; the same scenario and seed give the same page.</footer>
</main>
${chartScripts()}
</body>
</html>
`;
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
  const numbers: (readonly [value: string, label: string, look?: string])[] = [
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
  const cells = numbers.map(
    ([value, label, look = ""]) =>
      `<div><b class="${look}">${escapeMarkup(value)}</b><span>${escapeMarkup(label)}</span></div>`,
  );
  return `<div class="numbers">${cells.join("")}</div>`;
}

function escaped(table: TextTable): TextTable {
  return {
    head: table.head.map(escapeMarkup),
    rows: table.rows.map((row) => row.map(escapeMarkup)),
  };
}

/** A table of cells that are markup already; columns named in `left` hold words, the others numbers. */
function tableHtml(table: TextTable, left: readonly number[]): string {
  const cell = (tag: "th" | "td", text: string, index: number) =>
    `<${tag}${left.includes(index) ? ' class="left"' : ""}>${text}</${tag}>`;
  const row = (tag: "th" | "td", cells: readonly string[]) =>
    `<tr>${cells.map((text, index) => cell(tag, text, index)).join("")}</tr>`;
  const head = table.head.length > 0 ? `<thead>${row("th", table.head)}</thead>` : "";
  return `<table class="rows">${head}<tbody>${table.rows.map((cells) => row("td", cells)).join("")}</tbody></table>`;
}
