import { InvalidOptionError } from "../../errors.js";
import { parseRate, parseShare, parseSize, parseTime } from "../../scenario/quantities.js";
import type { Bytes, BytesPerSecond, Nanoseconds, Share } from "../../units.js";
import { suggestion } from "./shape.js";

/** Readings of quantities that may be left out. Paths name fields in errors: `hosts.0.type`. */

/** A time; `fallback` where it is left out. */
export function timeOr(
  path: string,
  value: string | undefined,
  fallback: Nanoseconds,
): Nanoseconds {
  return value === undefined ? fallback : parseTime(path, value);
}

/** A time above 0. */
export function positiveTime(path: string, value: string): Nanoseconds {
  const time = parseTime(path, value);
  if (time > 0) return time;
  throw new InvalidOptionError(path, value, "a time above 0");
}

/** A size above 0. */
export function positiveSize(path: string, value: string): Bytes {
  const size = parseSize(path, value);
  if (size > 0) return size;
  throw new InvalidOptionError(path, value, "a size above 0");
}

/** A rate above 0. */
export function positiveRate(path: string, value: string): BytesPerSecond {
  const rate = parseRate(path, value);
  if (rate > 0) return rate;
  throw new InvalidOptionError(path, value, "a rate above 0");
}

/** Values from `low` to `high`; equal where one is meant. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

/** A share, or two with `..` between them. */
export function readShares(path: string, value: number | string): Span {
  return readSpan(path, value, (text): Share => parseShare(path, text));
}

/** A time of day, or two with `..` between them. */
export function readTimes(path: string, value: string): Span {
  return readSpan(path, value, (text) => parseTime(path, text));
}

function readSpan<T extends number | string>(
  path: string,
  value: T,
  read: (text: number | string) => number,
): Span {
  const [first = "", second, ...more] = typeof value === "string" ? value.split("..") : [value];
  const low = read(first);
  const high = second === undefined ? low : read(second);
  if (more.length === 0 && low <= high) return { low, high };
  throw new InvalidOptionError(path, value, "one value, or two with .. between, the lower first");
}

/** What a map has under a name; an unknown name is told, with the nearest known one. */
export function look<T>(path: string, name: string, maps: readonly ReadonlyMap<string, T>[]): T {
  for (const map of maps) {
    const found = map.get(name);
    if (found !== undefined) return found;
  }
  const known = maps.flatMap((map) => [...map.keys()].slice(0, 1000));
  throw new InvalidOptionError(path, name, suggestion(name, known));
}

/** A value and its path, for each of one or several. */
export function eachOf<T extends string>(
  path: string,
  value: T | readonly T[],
): { readonly path: string; readonly value: T }[] {
  if (typeof value === "string") return [{ path, value }];
  return value.map((one, index) => ({ path: `${path}.${index}`, value: one }));
}
