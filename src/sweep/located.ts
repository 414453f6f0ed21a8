import { realpathSync } from "node:fs";
import { resolve, sep } from "node:path";
import { InvalidOptionError } from "../errors.js";
import type { PointPlace } from "./kind.js";

/** Where a path in a point leads, which is not out of a folder that confines it, by links neither. */
export function located(option: string, path: string, { folder, isConfined }: PointPlace): string {
  const target = resolve(folder, path);
  if (!isConfined) return target;
  const inside = (one: string, all: string): boolean => one.startsWith(all + sep);
  if (!inside(target, resolve(folder)) || !inside(realOf(target), realOf(folder))) {
    throw new InvalidOptionError(option, path, "a path below the worker's own folder");
  }
  return target;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // What is not there is refused when it is opened.
    return resolve(path);
  }
}
