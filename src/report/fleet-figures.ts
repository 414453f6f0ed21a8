import type { MigrationRecord } from "../fleet/run/result.js";
import { formatCount } from "../quantity-text.js";
import type { Milliseconds, Nanoseconds } from "../units.js";
import { toMilliseconds } from "../units.js";

/** Where amounts lie: half are at most the median, 95 of a hundred at most `p95`. */
export interface Spread {
  readonly median: number;
  readonly p95: number;
  readonly most: number;
}

/** The spread of amounts by nearest rank; null of none. */
export function spreadOf(amounts: Iterable<number>): Spread | null {
  const sorted = Float64Array.from(amounts).sort();
  if (sorted.length === 0) return null;
  return { median: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), most: quantile(sorted, 1) };
}

/** The amount that this share of all is at most, by nearest rank. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const rank = Math.ceil(share * sorted.length);
  return sorted[Math.max(0, Math.min(sorted.length, rank) - 1)] ?? Number.NaN;
}

/** Migrations of one kind, taken together. */
export interface MigrationGroup {
  readonly strategy: MigrationRecord["strategy"];
  readonly outcome: MigrationRecord["outcome"];
  readonly count: number;
  readonly bytes: number;
  readonly totalMs: Spread;
  readonly downtimeMs: Spread;
  /** Between being asked for and beginning. */
  readonly waitedMs: Spread;
}

/** From its start to its end. */
export function totalMsOf(migration: MigrationRecord): Milliseconds {
  return toMilliseconds(migration.endNs - migration.startNs);
}

/** Migrations by strategy and outcome, the most frequent first. */
export function migrationGroups(migrations: readonly MigrationRecord[]): MigrationGroup[] {
  const groups = new Map<string, MigrationRecord[]>();
  for (const migration of migrations) {
    const key = `${migration.strategy} ${migration.outcome}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [migration]);
    else group.push(migration);
  }
  const none: Spread = { median: 0, p95: 0, most: 0 };
  return [...groups.values()]
    .sort((a, b) => b.length - a.length)
    .flatMap((group) => {
      const first = group[0];
      if (first === undefined) return [];
      const spread = (amount: (one: MigrationRecord) => Nanoseconds): Spread =>
        spreadOf(group.map((one) => toMilliseconds(amount(one)))) ?? none;
      return [
        {
          strategy: first.strategy,
          outcome: first.outcome,
          count: group.length,
          bytes: bytesOf(group),
          totalMs: spread(({ startNs, endNs }) => endNs - startNs),
          downtimeMs: spread(({ downtimeNs }) => downtimeNs),
          waitedMs: spread(({ askedNs, startNs }) => startNs - askedNs),
        },
      ];
    });
}

/** Everything that migrations sent. */
export function bytesOf(migrations: readonly MigrationRecord[]): number {
  return migrations.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Those of an outcome; all of them are in {@link OUTCOMES}. */
export function countOf(
  migrations: readonly MigrationRecord[],
  outcome: MigrationRecord["outcome"],
): number {
  return migrations.reduce((count, one) => count + (one.outcome === outcome ? 1 : 0), 0);
}

/** Every outcome, the best first. */
export const OUTCOMES: readonly MigrationRecord["outcome"][] = [
  "completed",
  "not-converged",
  "failed",
  "refused",
];

/** Mean of an interval's amounts; 0 of none. */
export function meanOf(amounts: ArrayLike<number>): number {
  return amounts.length > 0 ? sumOf(amounts) / amounts.length : 0;
}

/** Their sum, added in order. */
export function sumOf(amounts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < amounts.length; i++) sum += amounts[i] ?? 0;
  return sum;
}

/** Energy as bills have it: `117.4 kWh`. */
export function energyText(joules: number): string {
  return `${amountText(joules / 3_600_000)} kWh`;
}

/** Watts for people: `81.2 kW`. */
export function powerText(watts: number): string {
  return watts < 10_000 ? `${amountText(watts)} W` : `${amountText(watts / 1000)} kW`;
}

/** A number with four digits, or with all those before the point: money, cores, kilowatt-hours. */
export function amountText(amount: number): string {
  if (Math.abs(amount) >= 1000) return formatCount(Math.round(amount));
  const digits = Number(amount.toPrecision(4));
  return Math.abs(digits) < 1e-6 ? "0" : String(digits);
}
