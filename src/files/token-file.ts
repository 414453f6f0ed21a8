import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { InvalidOptionError } from "../errors.js";
import { attempt, statOfReadable } from "./file-errors.js";

const LEAST_CHARACTERS = 16;
const MOST_BYTES = 4096;
/** Who is not the owner. */
const OTHERS = 0o077;
const FRESH_BYTES = 32;

/**
 * The token in a file: its text without the white space around it, so that an editor's newline does no harm.
 *
 * @param option - Name of the option, for errors.
 * @param shown - The path as the caller wrote it.
 * @throws InvalidOptionError when others may read the file, or when it holds no token.
 */
export function readTokenFile(option: string, path: string, shown: string = path): string {
  const refuse = (expected: string) => new InvalidOptionError(option, shown, expected);
  const expected = "a file with the token";
  const stat = statOfReadable(option, path, expected, shown);
  // Windows has no such bits: every file would look open.
  if (process.platform !== "win32" && (stat.mode & OTHERS) !== 0) {
    throw refuse(`a file that only its owner may read; try chmod 600 ${shown}`);
  }
  if (stat.size > MOST_BYTES) throw refuse(`${expected}, at most ${MOST_BYTES} bytes`);
  const text = attempt(option, shown, expected, () => readFileSync(path, "utf8")).trim();
  if (text.length < LEAST_CHARACTERS) {
    throw refuse(`a token of at least ${LEAST_CHARACTERS} characters; --new-token makes one`);
  }
  return text;
}

/**
 * Makes a token (256 random bits) and stores it in a new file that only its owner may read.
 *
 * @throws InvalidOptionError when the file exists or cannot be written.
 */
export function makeTokenFile(option: string, path: string, shown: string = path): string {
  const token = randomBytes(FRESH_BYTES).toString("base64url");
  attempt(option, shown, "a new file in a folder that exists", () =>
    writeFileSync(path, `${token}\n`, { flag: "wx", mode: 0o600 }),
  );
  return token;
}
