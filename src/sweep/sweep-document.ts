import { createHash } from "node:crypto";
import { InvalidOptionError } from "../errors.js";
import { formatBytes } from "../quantity-text.js";
import type { Bytes } from "../units.js";
import { KINDS } from "./kinds.js";
import { isRecord, refuseUnplain } from "./plain-value.js";
import { readSweep, type Sweep } from "./sweep.js";

/** A sweep with all that another computer needs to run it. */
export interface SweepDocument {
  /** Its fingerprint: the same for the same sweep, files and version of godwit. */
  readonly id: string;
  readonly text: string;
  readonly sweep: Sweep;
}

/** More than any sweep with its files, and no burden to hold. */
export const MOST_DOCUMENT_BYTES: Bytes = 64 * 2 ** 20;

/**
 * Reads a sweep and the files that its points name.
 *
 * @param value - What the sweep's file says.
 * @throws InvalidOptionError under the path of the field that is wrong.
 */
export async function readSweepDocument(
  value: unknown,
  version: string,
  readFile: (field: string, path: string) => Promise<unknown>,
): Promise<SweepDocument> {
  const { run, possibleValues, placeOf } = readSweep(value);
  const files: Record<string, unknown> = {};
  const { fileFields, groundField } = KINDS[run];
  for (const field of groundField === null ? fileFields : [...fileFields, groundField]) {
    for (const path of possibleValues(field)) {
      if (typeof path === "string") files[path] ??= await readFile(placeOf(field), path);
    }
  }
  const text = JSON.stringify({ version, sweep: value, files });
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_DOCUMENT_BYTES) {
    throw new InvalidOptionError("sweep", formatBytes(bytes), "at most 64 MiB with its files");
  }
  return parseSweepDocument(text);
}

/** Reads a document, from wherever it comes. */
export function parseSweepDocument(text: string): SweepDocument {
  const { sweep: value, files } = JSON.parse(text) as Record<string, unknown>;
  const sweep = readSweep(value);
  refuseUnplain(files, "files");
  const id = createHash("sha256").update(text).digest("hex").slice(0, 32);
  return { id, text, sweep: isRecord(files) ? withFiles(sweep, files) : sweep };
}

function withFiles(sweep: Sweep, files: Readonly<Record<string, unknown>>): Sweep {
  const { fileFields, groundField } = KINDS[sweep.run];
  const contentsOf = (path: unknown): unknown =>
    typeof path === "string" && Object.hasOwn(files, path) ? files[path] : undefined;
  const groundAt = (index: number): Record<string, unknown> => {
    const path = groundField === null ? undefined : sweep.valueAt(index, groundField);
    const ground = contentsOf(path) ?? {};
    if (isRecord(ground)) return ground;
    throw new InvalidOptionError(groundField ?? "", path, "a file with an object");
  };
  return {
    ...sweep,
    inputAt(index) {
      const input = sweep.inputAt(index, groundAt(index));
      for (const field of fileFields) {
        const contents = contentsOf(input[field]);
        if (contents !== undefined) input[field] = structuredClone(contents);
      }
      return input;
    },
    placeOf(field) {
      const isGround = groundField !== null && sweep.gives(groundField) && !sweep.gives(field);
      return isGround ? `${field} of ${sweep.placeOf(groundField)}` : sweep.placeOf(field);
    },
  };
}
