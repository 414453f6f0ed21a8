import type { MigrationReport, RoundReport, StrategyName } from "../migration/report.js";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatShare,
  formatShortCount,
} from "../quantity-text.js";

/** Rows of cells for whoever draws the table; the report room draws none. */
export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const ROUND_HEAD = [
  "round",
  "phase",
  "start",
  "duration",
  "pages",
  "zero",
  "delta",
  "bytes",
  "dirty after",
  "throttle",
];
const COMPARISON_HEAD = [
  "strategy",
  "outcome",
  "total",
  "downtime",
  "sent",
  "pages sent",
  "faults",
  "guest slowed",
  "verified",
];
const ROUND_WIDTHS = [5, 13, 9, 9, 8, 8, 8, 10, 11, 8];

/** Columns that a narrow screen goes without, the least missed first. */
const DISPENSABLE = ["start", "zero", "delta", "throttle", "pages"];
const GAP = "  ";

/** The headings above {@link roundLine}, at most `width` characters where that is possible. */
export function roundHeadLine(width: number): string {
  return aligned(ROUND_HEAD, width);
}

/** One round in one line, in columns of fixed width, so that lines can be printed as rounds end. */
export function roundLine(round: RoundReport, width: number): string {
  return aligned(roundCells(round), width);
}

/** The rounds as a table. */
export function roundTable(rounds: readonly RoundReport[]): TextTable {
  return { head: ROUND_HEAD, rows: rounds.map(roundCells) };
}

function roundCells(round: RoundReport): string[] {
  return [
    String(round.round),
    round.phase,
    formatDuration(round.startMs),
    formatDuration(round.durationMs),
    formatShortCount(round.pagesSent),
    formatShortCount(round.pagesByKind.zero),
    formatShortCount(round.pagesByKind.delta),
    formatBytes(round.bytesSent),
    formatShortCount(round.dirtyPagesAtEnd),
    round.throttle > 0 ? formatShare(round.throttle) : "-",
  ];
}

/** Text (the phase) to the left, numbers to the right. */
function aligned(cells: readonly string[], width: number): string {
  return columnsWithin(width)
    .map((column) => {
      const cell = cells[column] ?? "";
      const length = ROUND_WIDTHS[column] ?? 0;
      return ROUND_HEAD[column] === "phase" ? cell.padEnd(length) : cell.padStart(length);
    })
    .join(GAP)
    .trimEnd();
}

/** Places of the columns that are shown. */
function columnsWithin(width: number): number[] {
  let columns = ROUND_HEAD.map((_, column) => column);
  for (const name of DISPENSABLE) {
    const length = columns.reduce((sum, column) => sum + (ROUND_WIDTHS[column] ?? 0), 0);
    if (length + GAP.length * (columns.length - 1) <= width) break;
    columns = columns.filter((column) => ROUND_HEAD[column] !== name);
  }
  return columns;
}

/** The whole report as label and value. Lines without a subject in this migration are left out. */
export function reportTable(report: MigrationReport): TextTable {
  const { pagesSent, faults, degradation, storage } = report;
  const hasFaults =
    report.strategy === "post-copy" || report.strategy === "hybrid" || faults.faults > 0;
  const rows: (readonly [string, string] | null)[] = [
    ["strategy", report.strategy],
    ["outcome", outcomeText(report)],
    ["total migration time", formatDuration(report.totalMigrationTimeMs)],
    ["downtime", formatDuration(report.downtimeMs)],
    report.downtimeMs > 0 ? ["  of which", downtimeText(report)] : null,
    ["sent", formatBytes(report.bytesSent)],
    ["pages", `${formatCount(allPages(report))} (${pagesText(pagesSent)})`],
    ["rounds", String(report.rounds.length)],
    hasFaults ? ["faults", faultText(report)] : null,
    ["guest slowed by", degradationText(report)],
    degradation.sourceCpuSeconds + degradation.targetCpuSeconds === 0
      ? null
      : [
          "CPU of migrating",
          `${cpuSeconds(degradation.sourceCpuSeconds)} source, ${cpuSeconds(degradation.targetCpuSeconds)} target`,
        ],
    report.throttleHistory.length > 0
      ? ["throttle at the end", formatShare(lastThrottle(report))]
      : null,
    storage === null
      ? null
      : [
          "disk",
          `${formatBytes(storage.bytesSent)} in ${formatDuration(storage.durationMs)}, ${plural(storage.passes, "pass", "passes")}`,
        ],
    ["network", networkText(report)],
    ["verified", verifiedText(report.verified)],
    report.penalty === null ? null : ["penalty", penaltyText(report.penalty)],
    ["reason", report.reason],
  ];
  return { head: [], rows: rows.filter((row) => row !== null) };
}

/** A strategy of a comparison that could not even begin, and why. */
export interface BlockedStrategy {
  readonly strategy: StrategyName;
  readonly reason: string;
}

/** Several reports side by side, one a row; strategies that were blocked come last. */
export function comparisonTable(
  reports: readonly MigrationReport[],
  blocked: readonly BlockedStrategy[] = [],
): TextTable {
  const hasPenalty = reports.some((report) => report.penalty !== null);
  const head = [...COMPARISON_HEAD, ...(hasPenalty ? ["penalty"] : [])];
  const rows = reports.map((report) => [
    report.strategy,
    report.outcome,
    formatDuration(report.totalMigrationTimeMs),
    formatDuration(report.downtimeMs),
    formatBytes(report.bytesSent),
    formatShortCount(allPages(report)),
    formatShortCount(report.faults.faults),
    degradationText(report),
    verifiedText(report.verified),
    ...(hasPenalty ? [report.penalty === null ? "-" : penaltyText(report.penalty)] : []),
  ]);
  const without = blocked.map(({ strategy }) => [
    strategy,
    "blocked",
    ...head.slice(2).map(() => "-"),
  ]);
  return { head, rows: [...rows, ...without] };
}

/** What happened, in one line. */
export function outcomeLine(report: MigrationReport): string {
  const total = formatDuration(report.totalMigrationTimeMs);
  const sent = `${formatBytes(report.bytesSent)} sent`;
  if (report.outcome !== "completed") {
    const where = `the guest is at the ${report.runningOn}`;
    return `${report.strategy}: ${report.outcome} after ${total}, ${where}, ${sent} (${report.reason})`;
  }
  return `${report.strategy}: completed in ${total}, downtime ${formatDuration(report.downtimeMs)}, ${sent}`;
}

/** Zero, raw and delta pages together. */
export function allPages(report: MigrationReport): number {
  return report.pagesSent.zero + report.pagesSent.raw + report.pagesSent.delta;
}

/** What verification found: `yes`, `NO`, or a dash where there was nothing to compare. */
export function verifiedText(verified: boolean | null): string {
  if (verified === null) return "-";
  return verified ? "yes" : "NO";
}

/** The parts of the downtime in words; parts of no length are left out. */
export function downtimeText(report: MigrationReport): string {
  return downtimeList(report)
    .filter(({ ms }) => ms > 0)
    .map(({ label, ms }) => `${label} ${formatDuration(ms)}`)
    .join(" + ");
}

/** The parts of the downtime in the order they happen. */
export function downtimeList(report: MigrationReport): { label: string; ms: number }[] {
  const parts = report.downtimeParts;
  return [
    { label: "pause", ms: parts.pause },
    { label: "final pages", ms: parts.finalPages },
    { label: "state", ms: parts.state },
    { label: "resume", ms: parts.resume },
    { label: "network", ms: parts.network },
  ];
}

/** The outcome, and where the guest runs when that is not a matter of course. */
export function outcomeText(report: MigrationReport): string {
  if (report.outcome === "completed") return "completed";
  return `${report.outcome}, the guest is at the ${report.runningOn}`;
}

/** Guest time lost while it ran. */
export function degradationText(report: MigrationReport): string {
  const { share, lostMs } = report.degradation;
  return lostMs > 0 ? `${formatShare(share)} (${formatDuration(lostMs)})` : "0 %";
}

/** Pages by kind in words. */
function pagesText(pages: MigrationReport["pagesSent"]): string {
  return `${formatCount(pages.raw)} raw, ${formatCount(pages.zero)} zero, ${formatCount(pages.delta)} delta`;
}

/** Faults in words. */
export function faultText({ faults }: MigrationReport): string {
  if (faults.faults === 0) return "none";
  const stalls = `${formatDuration(faults.meanStallMs)} each, ${formatDuration(faults.maxStallMs)} at most`;
  return `${formatCount(faults.faults)}, ${formatCount(faults.networkFaults)} across the link; ${stalls}`;
}

function networkText({ network }: MigrationReport): string {
  const lost = `${formatCount(network.packetsLost)} packets lost`;
  if (network.mode === "announce")
    return `${plural(network.announcements, "announcement", "announcements")}, ${lost}`;
  if (network.mode === "tunnel")
    return `tunnel, ${formatDuration(network.extraLatencyMs)} more latency, ${lost}`;
  return "none";
}

function penaltyText(penalty: number): string {
  return penalty === 0 ? "0" : String(Number(penalty.toPrecision(4)));
}

function cpuSeconds(seconds: number): string {
  return formatDuration(seconds * 1000);
}

function lastThrottle(report: MigrationReport): number {
  return report.throttleHistory.at(-1)?.throttle ?? 0;
}

function plural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
