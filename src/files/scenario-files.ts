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
  const text = readTextFile(option, path, "a JSON file", shown);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InvalidOptionError(
      option,
      shown,
      `a file with valid JSON (${oneLine(reasonOf(cause))})`,
      {
        cause,
      },
    );
  }
}

/** The YAML 1.2 in a file, of which JSON is a part; told as {@link readJsonFile} does. */
export async function readYamlFile(
  option: string,
  path: string,
  shown: string = path,
): Promise<unknown> {
  const text = readTextFile(option, path, "a YAML or JSON file", shown);
  const { parse } = await import("yaml");
  try {
    // Aliases that would unfold to a memory full of values are the library's to refuse.
    return parse(text, { logLevel: "error" });
  } catch (cause) {
    // Below its first line the library shows the place in the file.
    const [reason = ""] = reasonOf(cause).split(/:?\n/);
    throw new InvalidOptionError(option, shown, `a file with valid YAML (${reason})`, { cause });
  }
}

function readTextFile(option: string, path: string, expected: string, shown: string): string {
  const status = statOfReadable(option, path, expected, shown);
  if (status.size > MAX_TEXT_BYTES) {
    throw new InvalidOptionError(option, shown, `${expected} of at most 16 MiB`);
  }
  const text = attempt(option, shown, "a file that can be read", () => readFileSync(path, "utf8"));
  // A byte-order mark is no part of the text, but some editors write one.
  return text.replace(/^\ufeff/, "");
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.trim() : String(cause);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
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
