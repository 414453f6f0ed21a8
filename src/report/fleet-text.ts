import type { FleetEvent, FleetResult, FleetRun, MigrationRecord } from "../fleet/run/result.js";
import { formatBytes, formatCount, formatDuration, formatShare } from "../quantity-text.js";
import { type Nanoseconds, SECOND, type Share, toMilliseconds } from "../units.js";
import {
  amountText,
  bytesOf,
  countOf,
  energyText,
  meanOf,
  migrationGroups,
  OUTCOMES,
  powerText,
  spreadOf,
  totalMsOf,
} from "./fleet-figures.js";
import { GroupedReasons, type ReasonGroup } from "./grouped-reasons.js";
import type { TextTable } from "./text.js";

/** Names that a run's tables speak of. */
export interface FleetNames {
  vm(vm: number | null): string;
  host(host: number | null): string;
}

/** Names in place of indices; a dash for none. */
export function fleetNames({ fleet }: FleetRun): FleetNames {
  return {
    vm: (vm) => (vm === null || vm < 0 ? "-" : fleet.vms.name(vm)),
    host: (host) => (host === null ? "-" : (fleet.hosts[host]?.name ?? "-")),
  };
}

/** An instant as a clock shows it since the start, `4:08:30` or `d2 0:15:00`; of short runs, in seconds. */
export function instantText(atNs: Nanoseconds, endNs: Nanoseconds): string {
  if (endNs < 600 * SECOND) return formatDuration(toMilliseconds(atNs));
  const seconds = Math.floor(atNs / SECOND);
  const days = Math.floor(seconds / 86_400);
  const two = (number: number): string => String(number).padStart(2, "0");
  const clock = `${Math.floor(seconds / 3600) % 24}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return days > 0 ? `d${days + 1} ${clock}` : clock;
}

/** What was simulated, in one line. */
export function fleetLine({ fleet, result }: FleetRun): string {
  const hosts = plural(fleet.hosts.length, "host", "hosts");
  const vms = plural(result.vmsSeen, "VM", "VMs");
  return `${fleet.name}: ${hosts}, ${vms}, ${formatDuration(toMilliseconds(result.endNs))}, profile ${result.profile}, seed ${result.seed}`;
}

/**
 * The whole result as label and value; what there was none of is left out.
 *
 * @param controllers - Names of those that were in charge.
 */
export function fleetTable(run: FleetRun, controllers: readonly string[]): TextTable {
  const { fleet, result } = run;
  const { series } = result;
  const seconds = result.endNs / 1e9;
  const rows: (readonly [string, string] | null)[] = [
    ["simulated", fleetLine(run)],
    ["controllers", controllers.length > 0 ? controllers.join(", ") : "none"],
    ...migrationRows(result),
    [
      "energy",
      `${energyText(result.energyJoules)}, ${powerText(seconds > 0 ? result.energyJoules / seconds : 0)} in the mean`,
    ],
    series.length > 0
      ? [
          "hosts on",
          `${amountText(meanOf(series.activeHosts))} of ${formatCount(fleet.hosts.length)} in the mean`,
        ]
      : null,
    ...qualityRows(result),
    ["costs", costText(result)],
    result.events.length > 0 ? ["events", eventsText(result.events)] : null,
    result.refusals.length > 0
      ? ["refusals", plural(result.refusals.length, "time", "times")]
      : null,
  ];
  return { head: [], rows: rows.filter((row) => row !== null) };
}

function migrationRows({ migrations }: FleetResult): (readonly [string, string])[] {
  const completed = migrations.filter(({ outcome }) => outcome === "completed");
  const rows: (readonly [string, string])[] = [["migrations", outcomesText(migrations)]];
  const total = spreadOf(completed.map(totalMsOf));
  const downtime = spreadOf(completed.map(({ downtimeNs }) => toMilliseconds(downtimeNs)));
  if (total !== null && downtime !== null) {
    rows.push(["  total time", spreadText(total)], ["  downtime", spreadText(downtime)]);
  }
  if (migrations.length > 0) rows.push(["  sent", formatBytes(bytesOf(migrations))]);
  return rows;
}

function spreadText({ median, p95, most }: { median: number; p95: number; most: number }): string {
  return `median ${formatDuration(median)}, 95 % within ${formatDuration(p95)}, at most ${formatDuration(most)}`;
}

/** How many migrations there were and what became of them. */
export function outcomesText(migrations: readonly MigrationRecord[]): string {
  if (migrations.length === 0) return "none";
  const parts = OUTCOMES.map((outcome) => ({ outcome, count: countOf(migrations, outcome) }))
    .filter(({ count }) => count > 0)
    .map(({ outcome, count }) => `${formatCount(count)} ${outcomeWords(outcome)}`);
  return `${formatCount(migrations.length)} (${parts.join(", ")})`;
}

/** An outcome in words. */
export function outcomeWords(outcome: MigrationRecord["outcome"]): string {
  return outcome === "not-converged" ? "not converged" : outcome;
}

/** How well guests were treated, as label and value. */
export function qualityRows({ quality }: FleetResult): (readonly [string, string])[] {
  const { downtimeNs, crashDowntimeNs } = quality;
  const rows: (readonly [string, string] | null)[] = [
    ["SLATAH", `${shareText(quality.overloadedTimeShare)} of the time of active hosts overloaded`],
    ["PDM", `${shareText(quality.migrationLossShare)} of demanded CPU lost to migrations`],
    ["SLAV", `${scientific(quality.violation)} (SLATAH x PDM)`],
    ["CPU missing", `${shareText(quality.missingShare)} of what was demanded`],
    ["stood still", `${formatDuration(toMilliseconds(downtimeNs))} of all VMs in moves`],
    crashDowntimeNs > 0
      ? ["down", `${formatDuration(toMilliseconds(crashDowntimeNs))} of all VMs after crashes`]
      : null,
    quality.brokenContracts > 0
      ? ["contracts broken", `of ${plural(quality.brokenContracts, "VM", "VMs")}`]
      : null,
  ];
  return rows.filter((row) => row !== null);
}

/** A share that is not nothing is not called nothing. */
function shareText(share: Share): string {
  return share > 0 && share < 1e-5 ? `${(share * 100).toExponential(2)} %` : formatShare(share);
}

/** Violations are products of small shares, so they are spoken of as powers of ten. */
export function scientific(share: number): string {
  return share === 0 ? "0" : share.toExponential(3);
}

/** Each cost in words and money, and what remains of the income. */
export function costRows({ costs }: FleetResult): (readonly [string, number])[] {
  const spent = costs.hosts + costs.energy + costs.traffic + costs.penalties;
  return [
    ["hosts", costs.hosts],
    ["energy", costs.energy],
    ["traffic", costs.traffic],
    ["penalties", costs.penalties],
    ["all costs", spent],
    ["income", costs.income],
    ["profit", costs.income - spent],
  ];
}

function costText(result: FleetResult): string {
  const rows = costRows(result);
  const money = (label: string): number => rows.find(([name]) => name === label)?.[1] ?? 0;
  const parts = rows
    .slice(0, 4)
    .filter(([, amount]) => amount !== 0)
    .map(([label, amount]) => `${label} ${amountText(amount)}`);
  if (parts.length === 0 && money("income") === 0) return "no prices given";
  const spent = `${amountText(money("all costs"))}${parts.length > 0 ? ` (${parts.join(", ")})` : ""}`;
  const income = money("income");
  return income === 0 ? spent : `${spent}, income ${amountText(income)}`;
}

const EVENT_WORDS: Readonly<Record<FleetEvent["kind"], readonly [one: string, many: string]>> = {
  arrived: ["VM arrived", "VMs arrived"],
  departed: ["VM departed", "VMs departed"],
  "no-room": ["VM found no room", "VMs found no room"],
  "host-asleep": ["host to sleep", "hosts to sleep"],
  "host-waking": ["woken", "woken"],
  "host-on": ["on again", "on again"],
  "host-closed": ["closed", "closed"],
  "host-open": ["opened", "opened"],
  "host-failed": ["host failed", "hosts failed"],
  "host-repaired": ["repaired", "repaired"],
  "vm-lost": ["VM lost", "VMs lost"],
  "vm-started": ["VM started anew", "VMs started anew"],
};

function eventsText(events: readonly FleetEvent[]): string {
  return eventCounts(events)
    .map(([kind, count]) => plural(count, ...EVENT_WORDS[kind]))
    .join(", ");
}

/** How often each kind of event was, of those there were. */
export function eventCounts(
  events: readonly FleetEvent[],
): (readonly [FleetEvent["kind"], number])[] {
  const counts = new Map<FleetEvent["kind"], number>();
  for (const { kind } of events) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const kinds = Object.keys(EVENT_WORDS) as FleetEvent["kind"][];
  return kinds.filter((kind) => counts.has(kind)).map((kind) => [kind, counts.get(kind) ?? 0]);
}

/** Migrations by strategy and outcome. */
export function migrationTable({ result }: FleetRun): TextTable {
  const rows = migrationGroups(result.migrations).map((group) => [
    group.strategy,
    outcomeWords(group.outcome),
    formatCount(group.count),
    formatDuration(group.waitedMs.median),
    formatDuration(group.totalMs.median),
    formatDuration(group.totalMs.p95),
    formatDuration(group.downtimeMs.median),
    formatDuration(group.downtimeMs.p95),
    formatBytes(group.bytes),
  ]);
  const head = [
    "strategy",
    "outcome",
    "count",
    "waited",
    "total",
    "95 %",
    "downtime",
    "95 %",
    "sent",
  ];
  return { head, rows };
}

/** Migrations that did not do what they were for, at most so many, in the order in which they ended. */
export function unfinishedTable(run: FleetRun, most: number): TextTable {
  const unfinished = run.result.migrations.filter(({ outcome }) => outcome !== "completed");
  const names = fleetNames(run);
  const rows = unfinished
    .slice(0, most)
    .map((one) => [
      instantText(one.endNs, run.result.endNs),
      names.vm(one.vm),
      `${names.host(one.from)} to ${names.host(one.to)}`,
      one.strategy,
      outcomeWords(one.outcome),
      formatDuration(totalMsOf(one)),
      formatBytes(one.bytes),
      one.reason,
    ]);
  return { head: ["at", "VM", "way", "strategy", "outcome", "total", "sent", "reason"], rows };
}

/** The completed migrations in which the guest stood still longest, the longest first. */
export function worstTable(run: FleetRun, most: number): TextTable {
  const names = fleetNames(run);
  const worst = run.result.migrations
    .filter(({ outcome }) => outcome === "completed")
    .sort((a, b) => b.downtimeNs - a.downtimeNs)
    .slice(0, most);
  const rows = worst.map((one) => [
    instantText(one.startNs, run.result.endNs),
    names.vm(one.vm),
    `${names.host(one.from)} to ${names.host(one.to)}`,
    one.strategy,
    formatDuration(toMilliseconds(one.downtimeNs)),
    formatDuration(totalMsOf(one)),
    formatBytes(one.bytes),
    formatCount(one.rounds),
  ]);
  return { head: ["at", "VM", "way", "strategy", "downtime", "total", "sent", "rounds"], rows };
}

/** Why migrations did not do what they were for. */
export function unfinishedReasons(run: FleetRun): ReasonGroup[] {
  const names = fleetNames(run);
  const reasons = new GroupedReasons();
  for (const { outcome, reason, vm, from, to } of run.result.migrations) {
    if (outcome === "completed") continue;
    reasons.add(reason, [names.vm(vm), names.host(from), names.host(to)]);
  }
  return reasons.list();
}

/** What controllers would have liked to do, and could not. */
export function refusalReasons(run: FleetRun): ReasonGroup[] {
  const names = fleetNames(run);
  const reasons = new GroupedReasons();
  for (const { vm, host, because } of run.result.refusals) {
    reasons.add(because, [names.vm(vm), names.host(host)]);
  }
  return reasons.list();
}

/** Reasons as lines, the most frequent of them: `12 times: no host has room for …`. */
export function reasonLines(reasons: readonly ReasonGroup[], most: number): string[] {
  const lines = reasons
    .slice(0, most)
    .map(({ count, because }) => `${plural(count, "time", "times")}: ${because}`);
  const left = reasons.slice(most).reduce((sum, { count }) => sum + count, 0);
  return left > 0 ? [...lines, `${plural(left, "time", "times")}: other reasons`] : lines;
}

function plural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
