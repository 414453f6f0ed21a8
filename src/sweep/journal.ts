import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { attempt } from "../files/file-errors.js";
import { checkPointResult, type PointResult } from "./point.js";
import type { SweepDocument } from "./sweep-document.js";

/** The results of a sweep that may be interrupted, beside the file that they will be in. */
export interface Journal {
  /** What was done before. */
  readonly known: ReadonlyMap<number, PointResult>;
  add(index: number, result: PointResult): void;
  /** Removes it, once the results are where they belong. */
  remove(): void;
}

/**
 * Opens the journal of a sweep: a line with its fingerprint, then one for each point that is done. A
 * journal of another sweep is begun anew; a last line that was cut short counts for nothing.
 */
export function openJournal(option: string, path: string, { id, sweep }: SweepDocument): Journal {
  const safely = <T>(action: () => T): T =>
    attempt(option, path, "a file that can be written", action);
  const lines = safely(() => (existsSync(path) ? readFileSync(path, "utf8").split("\n") : []));
  const isOurs = lines[0] === id;
  const known = new Map<number, PointResult>();
  for (const line of isOurs ? lines.slice(1) : []) {
    const entry = readEntry(line);
    const result = entry === null ? null : checkPointResult(sweep.run, entry[1]);
    if (entry !== null && result !== null && entry[0] < sweep.count) known.set(entry[0], result);
  }
  // Written anew, so that what is added does not continue a line that was cut short.
  const kept = [...known].map((entry) => JSON.stringify(entry));
  safely(() => writeFileSync(path, [id, ...kept, ""].join("\n")));
  return {
    known,
    add: (...entry) => safely(() => appendFileSync(path, `${JSON.stringify(entry)}\n`)),
    remove: () => safely(() => rmSync(path, { force: true })),
  };
}

function readEntry(line: string): [number, unknown] | null {
  try {
    const [index, result] = JSON.parse(line) as unknown[];
    return Number.isSafeInteger(index) && (index as number) >= 0 ? [index as number, result] : null;
  } catch {
    return null;
  }
}
