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
import {
  card,
  escaped,
  framedPage,
  type HeadNumber,
  numbersHtml,
  tableHtml,
} from "./html-frame.js";
import { reasonsHtml } from "./reasons-html.js";
import type { TextTable } from "./text.js";

/** Longest tables; a page is for reading. */
const MOST_WORST = 15;
const MOST_UNFINISHED = 100;

/** A fleet's run as one self-contained page. */
export function fleetPage(run: FleetRun, controllers: readonly string[]): string {
  const { fleet, result } = run;
  const unfinished = result.migrations.length - countOf(result.migrations, "completed");
  const { migrations, refusals } = result;
  const body = [
    `<style>${FLEET_STYLE}</style>`,
    numbersHtml(headNumbers(run)),
    card("Hosts' load and every migration over time", overTime(run)),
    ...(migrations.length > 0
      ? [card("Migrations", tableHtml(escaped(migrationTable(run)), [0, 1])), spreads(result)]
      : []),
    `<div class="pair">${card("How guests were treated", facts(qualityRows(result)), "facts")}${costCard(result)}</div>`,
    migrations.length > unfinished
      ? card("Longest downtimes", tableHtml(escaped(worstTable(run, MOST_WORST)), [1, 2, 3]))
      : "",
    unfinished > 0 ? unfinishedCard(run, unfinished) : "",
    refusals.length > 0
      ? card("What controllers could not do", reasonsHtml(refusalReasons(run)))
      : "",
    card("In full", tableHtml(escaped(fleetTable(run, controllers)), [0, 1]), "facts"),
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
  const charge = controllers.length > 0 ? `; controlled by ${controllers.join(", ")}` : "";
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
  return (run.fleet.hosts.length > 0 ? fleetMapPlace(run) : "") + fleetChartsPlace(run);
}

function unfinishedCard(run: FleetRun, count: number): string {
  const title =
    count > MOST_UNFINISHED
      ? `Not completed: the first ${MOST_UNFINISHED} of ${formatCount(count)}`
      : "Not completed";
  const table = tableHtml(escaped(unfinishedTable(run, MOST_UNFINISHED)), [1, 2, 3, 4, 7]);
  return card(
    title,
    `${reasonsHtml(unfinishedReasons(run))}<div class="scroll wrap">${table}</div>`,
  );
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
  return card("Costs", tableHtml(escaped({ head: [], rows: table }), [0]));
}

function facts(rows: TextTable["rows"]): string {
  return tableHtml(escaped({ head: [], rows }), [0, 1]);
}
