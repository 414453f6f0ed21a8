import { readFileSync } from "node:fs";
import { InvalidOptionError } from "../errors.js";
import type { Bytes } from "../units.js";
import { attempt, statOfReadable } from "./file-errors.js";

/** Longest file: far beyond any use, and a bound on mistakes such as naming an image. */
const MAX_TEXT_BYTES: Bytes = 16 * 2 ** 20;

/** The YAML 1.2 in a file, of which JSON is a part; what is wrong with it is told by the option that named it. */
export async function readYamlFile(
  option: string,
  path: string,
  shown: string = path,
): Promise<unknown> {
  const expected = "a YAML or JSON file";
  const refuse = (what: string, cause?: unknown) =>
    new InvalidOptionError(option, shown, what, { cause });
  const status = statOfReadable(option, path, expected, shown);
  if (status.size > MAX_TEXT_BYTES) throw refuse(`${expected} of at most 16 MiB`);
  const text = attempt(option, shown, "a file that can be read", () => readFileSync(path, "utf8"));
  const { parse } = await import("yaml");
  try {
    // A byte-order mark is no part of the text, but some editors write one. Aliases that would unfold to a
    // memory full of values are the library's to refuse.
    return parse(text.replace(/^\ufeff/, ""), { logLevel: "error" });
  } catch (cause) {
    // Below its first line the library shows the place in the file.
    const [reason = ""] = (cause instanceof Error ? cause.message : String(cause)).split(/:?\n/);
    throw refuse(`a file with valid YAML (${reason})`, cause);
  }
}
