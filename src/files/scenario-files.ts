import { readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { InvalidOptionError } from "../errors.js";
import { TRACE_FILE_NAMES } from "../memory/trace-format.js";
import { parseTraceMeta } from "../memory/trace-meta.js";
import type { ResolveContext } from "../scenario/resolve.js";
import { type Bytes, pagesToBytes } from "../units.js";
import { attempt, statOf, statOfReadable } from "./file-errors.js";

/** Longest scenario or phases file: far beyond any use, and a bound on mistakes such as naming an image. */
const MAX_TEXT_BYTES: Bytes = 16 * 2 ** 20;

/** The JSON in a file; what is wrong with it is told by the option that named it, as `shown`. */
export function readJsonFile(option: string, path: string, shown: string = path): unknown {
  const refuse = (expected: string, cause?: unknown) =>
    new InvalidOptionError(option, shown, expected, { cause });
  const status = statOfReadable(option, path, "a JSON file", shown);
  if (status.size > MAX_TEXT_BYTES) throw refuse("a JSON file of at most 16 MiB");
  const text = attempt(option, shown, "a file that can be read", () => readFileSync(path, "utf8"));
  try {
    // A byte-order mark is no part of JSON, but some editors write one.
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/\s+/g, " ") : String(cause);
    throw refuse(`a file with valid JSON (${why})`, cause);
  }
}

/** What a scenario may ask about files; relative paths start from `folder`. */
export function fileContext(
  folder: string,
  workloadOption: string,
  imageOption: string,
): Pick<ResolveContext, "readPhases" | "imageBytes" | "traceBytes"> {
  const place = (path: string): string => (isAbsolute(path) ? path : resolve(folder, path));
  return {
    readPhases: (path) => readJsonFile(workloadOption, place(path)),
    imageBytes: (path) => imageBytes(imageOption, place(path)),
    traceBytes: (path) => traceBytes(workloadOption, place(path)),
  };
}

function imageBytes(option: string, path: string): Bytes {
  return statOfReadable(option, path, "a memory image").size;
}

/** Looks at every file, so that what is missing is told before anything runs. */
function traceBytes(option: string, folder: string): Bytes {
  if (!statOf(option, folder, "the folder of a trace").isDirectory()) {
    throw new InvalidOptionError(option, folder, "the folder of a trace; it is not a folder");
  }
  const fileOf = (name: string) => {
    const path = join(folder, name);
    return { path, status: statOfReadable(option, path, `a trace with a file ${name}`) };
  };
  const { path, status } = fileOf(TRACE_FILE_NAMES.meta);
  fileOf(TRACE_FILE_NAMES.base);
  fileOf(TRACE_FILE_NAMES.deltas);
  if (status.size > MAX_TEXT_BYTES)
    throw new InvalidOptionError(option, path, "a meta.json of at most 16 MiB");
  const meta = attempt(option, path, "a file that can be read", () => readFileSync(path));
  return pagesToBytes(parseTraceMeta(path, meta).pageCount);
}
