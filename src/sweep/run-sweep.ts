import { isGodwitError } from "../errors.js";
import type { PointPlace } from "./kind.js";
import { KINDS } from "./kinds.js";
import { shareOut } from "./many.js";
import { type PointResult, type PointTask, runPointOf } from "./point.js";
import type { Pool } from "./pool.js";
import type { Sweep } from "./sweep.js";

/** How a sweep is run in this process. */
export interface SweepRunOptions {
  readonly place: Omit<PointPlace, "nameOf">;
  /** Points at once; the pool has as many threads. */
  readonly threads: number;
  readonly signal: AbortSignal;
  /** Results from before, by point; these are not run again. */
  readonly known?: ReadonlyMap<number, PointResult> | undefined;
  /** Called with each new result, in whatever order they come. */
  readonly onDone: (index: number, result: PointResult) => void;
}

/** Points that are tried before a sweep in which nothing can run is told so. */
const MOST_TRIED = 10_000;

/** Throws what is wrong with the first point where none of them can be run: it is the sweep that is wrong. */
export function refuseHopeless(sweep: Sweep, place: PointPlace): void {
  const { check } = KINDS[sweep.run];
  let first: unknown = null;
  for (let index = 0; index < Math.min(sweep.count, MOST_TRIED); index++) {
    try {
      check(sweep.inputAt(index), place);
      return;
    } catch (error) {
      if (!isGodwitError(error)) throw error;
      first ??= error;
    }
  }
  throw first;
}

/** Runs every point in a pool's threads; the results are in the order of the points. */
export async function runSweep(
  sweep: Sweep,
  pool: Pool,
  { place, threads, signal, known = new Map(), onDone }: SweepRunOptions,
): Promise<PointResult[]> {
  const results: PointResult[] = Array.from({ length: sweep.count });
  for (const [index, result] of known) results[index] = result;
  const missing = [...results.keys()].filter((index) => results[index] === undefined);
  await shareOut(missing, threads, signal, async (index) => {
    const run = (task: PointTask): Promise<PointResult> => pool.runPoint(task, signal);
    const result = await runPointOf(sweep, index, place, run).catch(asResult);
    results[index] = result;
    onDone(index, result);
  });
  return results;
}

/** A bug in one point is told in its row; the others are none the worse for it. */
function asResult(error: unknown): PointResult {
  if (isGodwitError(error, "AbortedError")) throw error;
  return { bug: error instanceof Error ? error.message : String(error) };
}
