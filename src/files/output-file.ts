import { randomUUID } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { InvalidOptionError } from "../errors.js";
import { attempt, statOf } from "./file-errors.js";

/** A file that a command will write once it has succeeded. */
export interface OutputFile {
  readonly path: string;
  /** Writes beside the place and renames: a reader sees the old file or the whole new one. */
  write(text: string): void;
}

/** Checks, before any work, that a file can be written there. */
export function outputFile(option: string, path: string, folder: string): OutputFile {
  const target = resolve(folder, path);
  const parent = dirname(target);
  if (!statOf(option, parent, "a file in a folder that exists", path).isDirectory()) {
    throw new InvalidOptionError(option, path, "a file in a folder that exists");
  }
  if (isFolder(target)) throw new InvalidOptionError(option, path, "a file; this is a folder");
  attempt(option, path, "a file that can be written", () =>
    rmSync(mkdtempSync(join(parent, ".godwit-")), { recursive: true }),
  );
  return { path, write: (text) => writeWhole(option, target, text) };
}

function writeWhole(option: string, target: string, text: string): void {
  const beside = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  attempt(option, target, "a file that can be written", () => {
    try {
      writeFileSync(beside, text, { flag: "wx" });
      renameSync(beside, target);
    } catch (cause) {
      rmSync(beside, { force: true });
      throw cause;
    }
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
