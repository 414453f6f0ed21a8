import { randomUUID } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdtempSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
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
  write(content: string | Uint8Array): void;
  /** Begins to write it piece by piece, beside the place as well. */
  begin(): StagedFile;
}

/** A file that appears whole or not at all; it is removed when the process ends before. */
export interface StagedFile {
  /** Where its bytes are meanwhile. */
  readonly path: string;
  write(bytes: Uint8Array): void;
  /** Gives it its name, once its bytes are on the disk. */
  commit(): void;
  /** Removes what was written, unless it has its name already. */
  discard(): void;
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
  const write = (content: string | Uint8Array): void =>
    writeWhole(option, target, content, existing?.mode);
  const begin = (): StagedFile => beginFile(option, target, existing?.mode);
  return { path, target, write, begin };
}

function checkPermission(option: string, path: string, target: string, exists: boolean): void {
  attempt(option, path, EXPECTED, () => {
    if (exists) accessSync(target, constants.W_OK);
    rmSync(mkdtempSync(join(dirname(target), ".godwit-")), { recursive: true });
  });
}

function nameBeside(target: string): string {
  return join(dirname(target), `.godwit-${randomUUID()}.tmp`);
}

function beginFile(option: string, target: string, mode: number | undefined): StagedFile {
  const path = nameBeside(target);
  const safely = <T>(action: () => T): T => attempt(option, target, EXPECTED, action);
  const file = safely(() => openSync(path, "wx", mode ?? 0o666));
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  const discard = (): void => {
    process.off("exit", discard);
    close();
    rmSync(path, { force: true });
  };
  process.on("exit", discard);
  return {
    path,
    write: (bytes) =>
      safely(() => {
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      }),
    commit: () => {
      safely(() => {
        fsyncSync(file);
        close();
        renameSync(path, target);
      });
      process.off("exit", discard);
    },
    discard,
  };
}

function writeWhole(
  option: string,
  target: string,
  content: string | Uint8Array,
  mode: number | undefined,
): void {
  const beside = nameBeside(target);
  attempt(option, target, EXPECTED, () => {
    try {
      writeFileSync(beside, content, { flag: "wx", ...(mode === undefined ? {} : { mode }) });
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
