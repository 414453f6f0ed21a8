import type { Milliseconds, Share } from "../units.js";
import { Random } from "../world/random.js";
import type { PredictedGuest } from "./guest.js";
import { PredictionRun } from "./run.js";
import type { PredictedHosts, PredictedSettings } from "./settings.js";

/** What a migration is to reach: 95 of a hundred runs end by the deadline, and their downtime's p95 is no longer than this. */
export interface Goal {
  readonly deadlineMs: Milliseconds;
  readonly maxDowntimeMs: Milliseconds;
}

/** Runs of a hundred that may miss what is asked of 95 of them. */
export const MAY_MISS: Share = 0.05;
/** The same while settings are searched, so that what is found holds for another draw of chance too. */
const MAY_MISS_IN_SEARCH: Share = 0.02;
/** Runs of a search's step. */
const SEARCH_RUNS = 100;

/** How runs miss the goal. */
export interface Misses {
  /** Not over by the deadline. */
  readonly late: number;
  /** Over, after a longer downtime. */
  readonly long: number;
}

function worse({ late, long }: Misses): number {
  return Math.max(late, long);
}

/** Holds settings against a goal, with no more runs than the answer needs. */
export class GoalCheck {
  readonly #guest: PredictedGuest;
  readonly #hosts: PredictedHosts;
  readonly #goal: Goal;
  readonly #seed: number;

  constructor(guest: PredictedGuest, hosts: PredictedHosts, goal: Goal, seed: number) {
    this.#guest = guest;
    this.#hosts = hosts;
    this.#goal = goal;
    this.#seed = seed;
  }

  /** Whether settings end the migration by the deadline, with something to spare. */
  isInTime(settings: PredictedSettings): boolean {
    return this.#misses(settings, SEARCH_RUNS, MAY_MISS_IN_SEARCH, ({ late }) => late) !== null;
  }

  /** Whether settings reach the goal, with something to spare. */
  reachesEasily(settings: PredictedSettings): boolean {
    return this.#misses(settings, SEARCH_RUNS, MAY_MISS_IN_SEARCH, worse) !== null;
  }

  /** Whether settings reach the goal in so many runs. */
  reaches(settings: PredictedSettings, runs: number): boolean {
    return this.#misses(settings, runs, MAY_MISS, worse) !== null;
  }

  /** How many runs miss; null as soon as more do than may. */
  #misses(
    settings: PredictedSettings,
    runs: number,
    mayMiss: Share,
    counted: (misses: Misses) => number,
  ): Misses | null {
    const random = new Random(this.#seed);
    const { deadlineMs, maxDowntimeMs } = this.#goal;
    let misses: Misses = { late: 0, long: 0 };
    for (let index = 0; index < runs; index++) {
      const fork = random.fork(`run/${index}`);
      const one = new PredictionRun(this.#guest, settings, this.#hosts, fork).run(deadlineMs);
      const isInTime = one.completed && one.totalMs <= deadlineMs;
      const isLong = one.completed && one.downtimeMs > maxDowntimeMs;
      misses = { late: misses.late + (isInTime ? 0 : 1), long: misses.long + (isLong ? 1 : 0) };
      if (counted(misses) > mayMiss * runs) return null;
    }
    return misses;
  }
}

/** Where the first of some values, of which later ones do it if earlier ones do, works; -1: none does. */
export function firstThatWorks<T>(values: readonly T[], works: (value: T) => boolean): number {
  if (values.length === 0 || !works(values.at(-1) as T)) return -1;
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (works(values[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return high;
}
