import { randomUUID } from "node:crypto";
import {
  accessSync,
  constants,
  lstatSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { InvalidOptionError } from "../errors.js";
import { attempt, statOf } from "./file-errors.js";

/** A file that a command will write once it has succeeded. */
export interface OutputFile {
  readonly path: string;
  /** Where the bytes go, links followed. */
  readonly target: string;
  /** Writes beside the place and renames: a reader sees the old file or the whole new one. */
  write(text: string): void;
}

const EXPECTED = "a file that can be written";

/**
 * Checks, before any work, that a file can be written there. A rename replaces whatever has the name, so
 * only a regular file may have it, and none of the `inputs` (files, or folders of files).
 */
export function outputFile(
  option: string,
  path: string,
  folder: string,
  inputs: readonly string[] = [],
): OutputFile {
  const refuse = (expected: string) => new InvalidOptionError(option, path, expected);
  if (path === "") throw refuse("the path of a file");
  const named = resolve(folder, path);
  if (!statOf(option, dirname(named), "a file in a folder that exists", path).isDirectory()) {
    throw refuse("a file in a folder that exists");
  }
  const existing = attempt(option, path, EXPECTED, () => statOrNull(named));
  if (existing?.isDirectory() || path.endsWith("/") || path.endsWith(sep)) {
    throw refuse("a file; this is a folder");
  }
  if (existing && !existing.isFile()) {
    throw refuse("a regular file; this is a device, a pipe or a socket");
  }
  if (!existing && isLink(named)) throw refuse(`${EXPECTED}; this is a link to nothing`);
  const target = existing ? realpathSync(named) : named;
  if (existing && isInput(target, inputs)) {
    throw refuse("another file; this one is read for the run");
  }
  checkPermission(option, path, target, existing !== null);
  const write = (text: string): void => writeWhole(option, target, text, existing?.mode);
  return { path, target, write };
}

function checkPermission(option: string, path: string, target: string, exists: boolean): void {
  attempt(option, path, EXPECTED, () => {
    if (exists) accessSync(target, constants.W_OK);
    rmSync(mkdtempSync(join(dirname(target), ".godwit-")), { recursive: true });
  });
}

function writeWhole(option: string, target: string, text: string, mode: number | undefined): void {
  const beside = join(dirname(target), `.godwit-${randomUUID()}.tmp`);
  attempt(option, target, EXPECTED, () => {
    try {
      writeFileSync(beside, text, { flag: "wx", ...(mode === undefined ? {} : { mode }) });
      renameSync(beside, target);
    } catch (cause) {
      rmSync(beside, { force: true });
      throw cause;
    }
  });
}

function isInput(target: string, inputs: readonly string[]): boolean {
  const read = inputs.filter((path) => statOrNull(path)).map((path) => realpathSync(path));
  return read.includes(target) || read.includes(dirname(target));
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

function statOrNull(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}
