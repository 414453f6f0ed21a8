import { accessSync, constants, existsSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { UsageError } from "./arguments.js";

/**
 * Says before the work, rather than after it, that a file cannot be written.
 *
 * @param {Readonly<Record<string, string>>} files - By the option that names them.
 */
export function checkWritable(files) {
  for (const [option, path] of Object.entries(files)) {
    try {
      if (existsSync(path) && !statSync(path).isFile()) throw new Error("it is not a file");
      accessSync(existsSync(path) ? path : dirname(path), constants.W_OK);
    } catch (cause) {
      throw new UsageError(`--${option}: cannot write ${path}: ${cause.message}`, { cause });
    }
  }
}

/**
 * Writes a file whole or not at all.
 *
 * @param {string} path @param {string} text
 */
export function writeWhole(path, text) {
  writeFileSync(`${path}.partial`, text);
  renameSync(`${path}.partial`, path);
}
