import type { FleetResult, FleetRun, MigrationRecord } from "../fleet/run/result.js";
import { formatBytes, formatCount, formatDuration, formatShare } from "../quantity-text.js";
import { toMilliseconds } from "../units.js";
import { distributionSvg } from "./distribution-svg.js";
import { fleetChartsPlace } from "./fleet-charts.js";
import {
  amountText,
  bytesOf,
  countOf,
  energyText,
  meanOf,
  spreadOf,
  totalMsOf,
} from "./fleet-figures.js";
import { fleetMapPlace } from "./fleet-map.js";
import { fleetScripts } from "./fleet-script.js";
import { FLEET_STYLE } from "./fleet-style.js";
import {
  costRows,
  fleetLine,
  fleetTable,
  migrationTable,
  qualityRows,
  refusalReasons,
  unfinishedReasons,
  unfinishedTable,
  worstTable,
} from "./fleet-text.js";
import type { ReasonGroup } from "./grouped-reasons.js";
import { escaped, framedPage, type HeadNumber, numbersHtml, tableHtml } from "./html-frame.js";
import { escapeMarkup } from "./markup.js";
import type { TextTable } from "./text.js";

/** Longest tables; a page is for reading. */
const MOST_WORST = 15;
const MOST_UNFINISHED = 100;
const MOST_REASONS = 30;

/** A fleet's run as one self-contained page. */
export function fleetPage(run: FleetRun, controllers: readonly string[]): string {
  const { fleet, result } = run;
  const unfinished = result.migrations.length - countOf(result.migrations, "completed");
  const body = [
    `<style>${FLEET_STYLE}</style>`,
    numbersHtml(headNumbers(run)),
    `<div class="card">${overTime(run)}</div>`,
    card("Migrations", tableHtml(escaped(migrationTable(run)), [0, 1]), result.migrations.length),
    spreads(result),
    `<div class="pair">${card("How guests were treated", tableHtml(escaped(labelled(qualityRows(result))), [0, 1]), 1, "facts")}${costCard(result)}</div>`,
    card(
      "Longest downtimes",
      tableHtml(escaped(worstTable(run, MOST_WORST)), [1, 2, 3]),
      result.migrations.length,
    ),
    card(
      "Longest downtimes",
      tableHtml(escaped(worstTable(run, MOST_WORST)), [1, 2, 3]),
      result.migrations.length,
    ),
    card(
      unfinished > MOST_UNFINISHED
        ? `Not completed: the first ${MOST_UNFINISHED} of ${formatCount(unfinished)}`
        : "Not completed",
      reasonsHtml(unfinishedReasons(run)) +
        `<div class="scroll wrap">${tableHtml(escaped(unfinishedTable(run, MOST_UNFINISHED)), [1, 2, 3, 4, 7])}</div>`,
      unfinished,
    ),
    card("What controllers could not do", reasonsHtml(refusalReasons(run)), result.refusals.length),
    card("In full", tableHtml(escaped(fleetTable(run, controllers)), [0, 1]), 1, "facts"),
  ].join("\n");
  const words = { title: fleet.name, subtitle: subtitle(run, controllers) };
  return framedPage(
    words,
    body,
    "Times are simulated; the same scenario and seed give the same page.",
    fleetScripts(),
  );
}

function subtitle(run: FleetRun, controllers: readonly string[]): string {
  const { fleet, result } = run;
  const charge = controllers.length > 0 ? `; ${controllers.join(", ")}` : "";
  const exact = result.migrations.some(({ isExact }) => isExact) ? "; some moves to the page" : "";
  return fleetLine(run).slice(fleet.name.length + 2) + charge + exact;
}

function headNumbers({ fleet, result }: FleetRun): HeadNumber[] {
  const { migrations, series, quality } = result;
  const completed = migrations.filter(({ outcome }) => outcome === "completed");
  const unfinished = migrations.length - completed.length;
  const total = spreadOf(completed.map(totalMsOf));
  const downtime = spreadOf(completed.map(({ downtimeNs }) => toMilliseconds(downtimeNs)));
  const numbers: HeadNumber[] = [
    [formatCount(migrations.length), "migrations"],
    [formatCount(unfinished), "of them not completed", unfinished > 0 ? "bad" : "good"],
  ];
  if (total !== null && downtime !== null) {
    numbers.push(
      [formatDuration(total.median), `total time; 95 % ${formatDuration(total.p95)}`],
      [formatDuration(downtime.median), `downtime; 95 % ${formatDuration(downtime.p95)}`],
    );
  }
  numbers.push(
    [formatBytes(bytesOf(migrations)), "sent"],
    [energyText(result.energyJoules), "energy"],
    [
      amountText(meanOf(series.activeHosts)),
      `of ${formatCount(fleet.hosts.length)} hosts on, mean`,
    ],
    [formatShare(quality.missingShare), "of demanded CPU missing"],
  );
  return numbers;
}

function overTime(run: FleetRun): string {
  const heading = `<h3>Hosts' load and every migration over time</h3>`;
  const { hosts } = run.fleet;
  return heading + (hosts.length > 0 ? fleetMapPlace(run) : "") + fleetChartsPlace(run);
}

/** Total times and downtimes of completed migrations, strategy by strategy. */
function spreads({ migrations }: FleetResult): string {
  const completed = migrations.filter(({ outcome }) => outcome === "completed");
  if (completed.length === 0) return "";
  const strategies = [...new Set(completed.map(({ strategy }) => strategy))];
  const drawn = (title: string, lengthMs: (one: MigrationRecord) => number): string => {
    const samples = strategies.map((name) => ({
      name,
      valuesMs: completed.filter(({ strategy }) => strategy === name).map(lengthMs),
    }));
    const words = { title, subtitle: "Share of completed migrations", axis: title.toLowerCase() };
    return `<div class="card picture narrow">${distributionSvg(samples, words, 500)}</div>`;
  };
  const downtime = drawn("Downtime", ({ downtimeNs }) => toMilliseconds(downtimeNs));
  return `<div class="pair">${drawn("Total time", totalMsOf)}${downtime}</div>`;
}

function costCard(result: FleetResult): string {
  const rows = costRows(result);
  if (rows.every(([, amount]) => amount === 0)) return "";
  const table = rows.map(([label, amount]): [string, string] => [label, amountText(amount)]);
  return card("Costs", tableHtml(escaped(labelled(table)), [0]), 1);
}

function labelled(rows: readonly (readonly [string, string])[]): TextTable {
  return { head: [], rows };
}

function reasonsHtml(reasons: readonly ReasonGroup[]): string {
  const item = (count: number, because: string): string =>
    `<li><b>${formatCount(count)} ×</b><span>${escapeMarkup(because)}</span></li>`;
  const left = reasons.slice(MOST_REASONS).reduce((sum, { count }) => sum + count, 0);
  const items = reasons.slice(0, MOST_REASONS).map(({ count, because }) => item(count, because));
  if (left > 0) items.push(item(left, "other reasons"));
  return `<ul class="reasons">${items.join("")}</ul>`;
}

/** A card with a heading; none where there is nothing to show. */
function card(title: string, body: string, count: number, kind = ""): string {
  if (count === 0) return "";
  return `<div class="card ${kind}"><h3>${escapeMarkup(title)}</h3>${body}</div>`;
}
