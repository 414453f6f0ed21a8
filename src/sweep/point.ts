import { isGodwitError } from "../errors.js";
import { type Cell, isOfType } from "../report/column.js";
import type { PointPlace } from "./kind.js";
import type { KindName } from "./kind-names.js";
import { KINDS } from "./kinds.js";
import type { Sweep } from "./sweep.js";

/** What came of a point: the cells of its kind's columns, or why there are none. */
export type PointResult =
  | { readonly cells: readonly Cell[] }
  /** The point itself cannot be run. */
  | { readonly error: string }
  /** godwit failed at it. */
  | { readonly bug: string };

/** A point that is to be run. */
export interface PointTask {
  readonly kind: KindName;
  readonly input: Readonly<Record<string, unknown>>;
  readonly place: Omit<PointPlace, "nameOf">;
}

/** Has a point of a sweep run, if there is one: a path may lead nowhere in some of the files that points name. */
export async function runPointOf(
  { run: kind, inputAt }: Sweep,
  index: number,
  place: PointTask["place"],
  run: (task: PointTask) => Promise<PointResult>,
): Promise<PointResult> {
  let input: PointTask["input"];
  try {
    input = inputAt(index);
  } catch (error) {
    if (!isGodwitError(error)) throw error;
    return { error: error.message };
  }
  return run({ kind, input, place });
}

/** Runs a point; throws only what is a bug of ours. */
export async function runPoint({ kind, input, place }: PointTask): Promise<PointResult> {
  try {
    return { cells: await KINDS[kind].run(input, place) };
  } catch (error) {
    if (!isGodwitError(error)) throw error;
    return { error: error.message };
  }
}

/** A result as somebody else sent it; null: it is none of that kind of point. */
export function checkPointResult(kind: KindName, value: unknown): PointResult | null {
  if (typeof value !== "object" || value === null) return null;
  const { cells, error, bug } = value as Record<string, unknown>;
  if (typeof error === "string") return { error };
  if (typeof bug === "string") return { bug };
  const { columns } = KINDS[kind];
  if (!Array.isArray(cells) || cells.length !== columns.length) return null;
  const fits = columns.every(({ type }, at) => isOfType(cells[at], type));
  return fits ? { cells } : null;
}
