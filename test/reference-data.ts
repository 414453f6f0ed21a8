import { statSync } from "node:fs";
import { resolve } from "node:path";

/**
 * Folder of the reference data that the larger validations compare with: recorded traces of Linux guests
 * (`traces/`) and measured QEMU migrations (`qemu-runs/`). It is not part of the project; the environment
 * variable GODWIT_REFERENCE_DATA names it. Null without it: `test.skipIf(referenceData === null)`, and
 * `npm test` lists by name what was skipped. Only for tests in Node.
 */
export const referenceData: string | null = findReferenceData();

function findReferenceData(): string | null {
  const folder = process.env["GODWIT_REFERENCE_DATA"];
  if (!folder) return null;
  // A folder that was named and is not there is a mistake, not a reason to skip.
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`GODWIT_REFERENCE_DATA names no folder: ${folder}`);
  }
  return resolve(folder);
}
