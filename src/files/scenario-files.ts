import { readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { InvalidOptionError } from "../errors.js";
import { parseTraceMeta } from "../memory/trace-meta.js";
import type { ResolveContext } from "../scenario/resolve.js";
import { type Bytes, pagesToBytes } from "../units.js";
import { attempt, statOf } from "./file-errors.js";

/** Longest scenario or phases file: far beyond any use, and a bound on mistakes such as naming an image. */
const MAX_TEXT_BYTES: Bytes = 16 * 2 ** 20;

/** The JSON in a file; what is wrong with it is told by the option that named it, as `shown`. */
export function readJsonFile(option: string, path: string, shown: string = path): unknown {
  const refuse = (expected: string, cause?: unknown) =>
    new InvalidOptionError(option, shown, expected, { cause });
  const status = statOf(option, path, "a JSON file", shown);
  if (!status.isFile()) throw refuse("a JSON file; it is not a regular file");
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
  const status = statOf(option, path, "a memory image");
  if (!status.isFile())
    throw new InvalidOptionError(option, path, "a memory image; it is not a regular file");
  return status.size;
}

function traceBytes(option: string, folder: string): Bytes {
  if (!statOf(option, folder, "the folder of a trace").isDirectory()) {
    throw new InvalidOptionError(option, folder, "the folder of a trace; it is not a folder");
  }
  const path = join(folder, "meta.json");
  const status = statOf(option, path, "a trace with a meta.json");
  if (status.size > MAX_TEXT_BYTES)
    throw new InvalidOptionError(option, path, "a meta.json of at most 16 MiB");
  const meta = attempt(option, path, "a file that can be read", () => readFileSync(path));
  return pagesToBytes(parseTraceMeta(path, meta).pageCount);
}
