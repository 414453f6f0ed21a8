import type { MigrationRecord } from "../fleet/run/result.js";
import type { Milliseconds, Share } from "../units.js";
import type { Sample } from "./distribution-svg.js";
import { quantile } from "./fleet-figures.js";

/** A move of a drain. */
export interface DrainMove {
  readonly vm: string;
  readonly from: string;
  readonly to: string;
  /** Since the drain was asked for. */
  readonly startMs: Milliseconds;
  readonly endMs: Milliseconds;
  readonly downtimeMs: Milliseconds;
  readonly outcome: MigrationRecord["outcome"];
  readonly reason: string;
}

/** How hosts are emptied. */
export interface DrainReport {
  /** What is emptied: a host's name, or of several. */
  readonly subject: string;
  /** Null: there is none. */
  readonly deadlineMs: Milliseconds | null;
  /** One run of the plan. */
  readonly moves: readonly DrainMove[];
  /** Times to empty, run by run, for each way of doing it, the plan first; Infinity: it was not emptied. */
  readonly emptied: readonly Sample[];
  /** Why VMs stay. */
  readonly left: readonly { readonly vm: string; readonly because: string }[];
}

/** Times to empty, taken together. */
export interface EmptiedSpread {
  readonly name: string;
  readonly runs: number;
  readonly median: Milliseconds;
  readonly p95: Milliseconds;
  readonly most: Milliseconds;
  /** Of the runs, those that were done by the deadline; without one, those that were done. */
  readonly inTime: Share;
}

/** The spread of each way's times. */
export function emptiedSpreads({ emptied, deadlineMs }: DrainReport): EmptiedSpread[] {
  const deadline = deadlineMs ?? Number.MAX_VALUE;
  return emptied
    .filter(({ valuesMs }) => valuesMs.length > 0)
    .map(({ name, valuesMs }) => {
      const sorted = Float64Array.from(valuesMs).sort();
      return {
        name,
        runs: sorted.length,
        median: quantile(sorted, 0.5),
        p95: quantile(sorted, 0.95),
        most: quantile(sorted, 1),
        inTime: sorted.filter((ms) => ms <= deadline).length / sorted.length,
      };
    });
}

/** Most moves that were under way at once. */
export function mostAtOnce(moves: readonly DrainMove[]): number {
  const changes = moves
    .flatMap(({ startMs, endMs }) => [
      { atMs: startMs, change: 1 },
      { atMs: endMs, change: -1 },
    ])
    // One that ends makes room for one that begins at that instant.
    .sort((a, b) => a.atMs - b.atMs || a.change - b.change);
  let running = 0;
  let most = 0;
  for (const { change } of changes) {
    running += change;
    most = Math.max(most, running);
  }
  return most;
}
