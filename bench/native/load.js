import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { ADDON } from "./build.js";

/**
 * The addon, see addon.c.
 *
 * @typedef {object} Native
 * @property {(buffer: ArrayBuffer) => void} attach - Names the memory that all pointers lie in.
 * @property {() => number} cpuMilliseconds - CPU time of this thread.
 * @property {string} compiler - Its version.
 * @property {Readonly<Record<string, (...args: number[]) => number>>} references
 * @property {Readonly<Record<string, string>>} lacking - References the processor cannot run, and what it lacks.
 */

/** @returns {Native | null} Null when it is not built. */
export function loadNative() {
  return existsSync(ADDON) ? createRequire(import.meta.url)(ADDON) : null;
}
