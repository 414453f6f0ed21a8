import { formatCount, formatDuration, formatShare } from "../quantity-text.js";
import { distributionSvg } from "./distribution-svg.js";
import { type DrainReport, emptiedSpreads, mostAtOnce } from "./drain.js";
import { drainLine, drainMoveTable, emptiedTable, leftReasons } from "./drain-text.js";
import { FLEET_STYLE } from "./fleet-style.js";
import {
  card,
  escaped,
  framedPage,
  type HeadNumber,
  numbersHtml,
  tableHtml,
} from "./html-frame.js";
import { movesSvg } from "./moves-svg.js";
import { reasonsHtml } from "./reasons-html.js";

const MOST_MOVES = 500;

/** How hosts are emptied, as one self-contained page. */
export function drainPage(report: DrainReport): string {
  const { subject, moves, emptied, left, deadlineMs } = report;
  const limit = deadlineMs === null ? {} : { limit: { ms: deadlineMs, label: "deadline" } };
  const runs = emptied[0]?.valuesMs.length ?? 0;
  const distribution = distributionSvg(emptied, {
    title: `How long it takes to empty ${subject}`,
    subtitle: `Share of ${formatCount(runs)} runs that are done`,
    axis: "time to empty",
    ...limit,
  });
  const order = movesSvg(moves, {
    title: "The moves in their order",
    subtitle: "The red end of a bar is the downtime",
    deadlineMs,
  });
  const body = [
    `<style>${FLEET_STYLE}</style>`,
    numbersHtml(headNumbers(report)),
    left.length > 0 ? card("VMs that stay", reasonsHtml(leftReasons(report))) : "",
    runs > 0 ? `<div class="card picture">${distribution}</div>` : "",
    runs > 0 ? card("Time to empty", tableHtml(escaped(emptiedTable(report)), [0])) : "",
    moves.length > 0 ? `<div class="card picture">${order}</div>` : "",
    moves.length > 0
      ? card(
          "Moves",
          `<div class="scroll wrap">${tableHtml(escaped(drainMoveTable(report, MOST_MOVES)), [1, 2, 6])}</div>`,
        )
      : "",
  ].join("\n");
  const words = { title: `Emptying ${subject}`, subtitle: drainLine(report) };
  return framedPage(
    words,
    body,
    "Times are simulated; the same scenario and seed give the same page.",
  );
}

function headNumbers(report: DrainReport): HeadNumber[] {
  const { moves, left, deadlineMs } = report;
  const [plan] = emptiedSpreads(report);
  const worst = moves.reduce((most, { downtimeMs }) => Math.max(most, downtimeMs), 0);
  const numbers: HeadNumber[] = [
    left.length > 0
      ? [formatCount(left.length), "VMs stay", "bad"]
      : [formatCount(moves.length), moves.length === 1 ? "move" : "moves"],
    [String(mostAtOnce(moves)), "at once at most"],
  ];
  if (plan !== undefined) {
    numbers.push(
      [formatDuration(plan.median), "to empty, median"],
      [formatDuration(plan.p95), "95 % within"],
    );
    if (deadlineMs !== null) {
      const look = plan.inTime >= 0.95 ? "good" : "bad";
      const label = `meet the deadline of ${formatDuration(deadlineMs)}`;
      numbers.push([formatShare(plan.inTime), label, look]);
    }
  }
  return [...numbers, [formatDuration(worst), "longest downtime"]];
}
