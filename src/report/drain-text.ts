import { formatCount, formatDuration, formatShare } from "../quantity-text.js";
import { type DrainReport, emptiedSpreads, mostAtOnce } from "./drain.js";
import { outcomeWords } from "./fleet-text.js";
import { GroupedReasons, type ReasonGroup } from "./grouped-reasons.js";
import type { TextTable } from "./text.js";

/** What becomes of the drain, in one sentence. */
export function drainLine(report: DrainReport): string {
  const { subject, moves, deadlineMs, left } = report;
  const [plan] = emptiedSpreads(report);
  const moved = `${formatCount(moves.length)} ${moves.length === 1 ? "move" : "moves"}, at most ${mostAtOnce(moves)} at once`;
  if (plan === undefined || left.length > 0) {
    return `${subject} is not emptied: ${formatCount(left.length)} ${left.length === 1 ? "VM stays" : "VMs stay"}; ${moved}`;
  }
  const deadline =
    deadlineMs === null
      ? ""
      : `; ${formatShare(plan.inTime)} of the runs meet the deadline of ${formatDuration(deadlineMs)}`;
  return `${subject} is empty after ${formatDuration(plan.median)} in the median, 95 % within ${formatDuration(plan.p95)}${deadline}; ${moved}`;
}

/** Times to empty, a row for each way of doing it. */
export function emptiedTable(report: DrainReport): TextTable {
  const last = report.deadlineMs === null ? "emptied" : "in time";
  const rows = emptiedSpreads(report).map(({ name, runs, median, p95, most, inTime }) => [
    name,
    formatCount(runs),
    formatDuration(median),
    formatDuration(p95),
    formatDuration(most),
    formatShare(inTime),
  ]);
  return { head: ["way", "runs", "median", "95 %", "longest", last], rows };
}

/** The moves in the order in which they begin, at most so many. */
export function drainMoveTable({ moves }: DrainReport, most: number): TextTable {
  const rows = [...moves]
    .sort((a, b) => a.startMs - b.startMs)
    .slice(0, most)
    .map((move, index) => [
      String(index + 1),
      move.vm,
      `${move.from} to ${move.to}`,
      formatDuration(move.startMs),
      formatDuration(move.endMs - move.startMs),
      formatDuration(move.downtimeMs),
      move.outcome === "completed" ? "completed" : `${outcomeWords(move.outcome)}: ${move.reason}`,
    ]);
  return { head: ["", "VM", "way", "starts", "total", "downtime", "outcome"], rows };
}

/** Why VMs stay, those of one reason together. */
export function leftReasons({ left }: DrainReport): ReasonGroup[] {
  const reasons = new GroupedReasons();
  for (const { vm, because } of left) reasons.add(because, [vm]);
  return reasons.list();
}
