import { InvalidOptionError } from "../errors.js";
import type { Bytes, BytesPerSecond, Nanoseconds, Share } from "../units.js";
import { FIELDS } from "./fields.js";
import type { FieldName, ScenarioInput } from "./input.js";
import {
  parseCount,
  parseNumber,
  parseRate,
  parseShare,
  parseSize,
  parseTime,
} from "./quantities.js";
import { expectationOf, type OptionNames } from "./shape.js";

/**
 * Reads the fields of a scenario as quantities. A field that is absent takes its fallback from the table
 * of fields; the `...OrNull` readings answer null instead, for fields that a policy or preset decides.
 */
export interface FieldReader {
  /** Name of a field as the caller wrote it. */
  nameOf(field: FieldName): string;
  /** Whether the caller gave the field (a switch: gave it as true). */
  has(field: FieldName): boolean;
  /** The value as given, without its fallback. */
  given(field: FieldName): unknown;
  text(field: FieldName): string;
  list(field: FieldName): readonly string[];
  choice<T extends string>(field: FieldName): T;
  size(field: FieldName): Bytes;
  time(field: FieldName): Nanoseconds;
  share(field: FieldName): Share;
  count(field: FieldName): number;
  number(field: FieldName): number;
  sizeOrNull(field: FieldName): Bytes | null;
  rateOrNull(field: FieldName): BytesPerSecond | null;
  timeOrNull(field: FieldName): Nanoseconds | null;
  countOrNull(field: FieldName): number | null;
  choiceOrNull<T extends string>(field: FieldName): T | null;
  /** An error about a field. */
  refuse(field: FieldName, expected: string): InvalidOptionError;
}

/** A reader over an input whose shape has been checked. */
export function fieldReader(input: ScenarioInput, nameOf: OptionNames): FieldReader {
  const given = (field: FieldName): unknown => input[field];
  const value = (field: FieldName): unknown => given(field) ?? FIELDS[field].fallback;
  const rangeOf = (field: FieldName) =>
    FIELDS[field].range ?? ([0, Number.MAX_SAFE_INTEGER] as const);
  const refuse = (field: FieldName, expected: string) =>
    new InvalidOptionError(nameOf(field), value(field), expected);

  const choice = <T extends string>(field: FieldName): T => {
    const name = value(field);
    if (FIELDS[field].choices?.some((known) => known === name)) return name as T;
    throw refuse(field, expectationOf(FIELDS[field]));
  };
  const count = (field: FieldName) => parseCount(nameOf(field), value(field), ...rangeOf(field));
  const size = (field: FieldName) => parseSize(nameOf(field), value(field));
  const time = (field: FieldName) => parseTime(nameOf(field), value(field));
  const orNull = <T>(field: FieldName, read: (field: FieldName) => T): T | null =>
    given(field) === undefined ? null : read(field);

  return {
    nameOf,
    given,
    has: (field) => given(field) !== undefined && given(field) !== false,
    text: (field) => String(value(field)),
    list: (field) => [value(field) ?? []].flat() as string[],
    choice,
    size,
    time,
    share: (field) => parseShare(nameOf(field), value(field)),
    count,
    number: (field) => parseNumber(nameOf(field), value(field), ...rangeOf(field)),
    sizeOrNull: (field) => orNull(field, size),
    rateOrNull: (field) => orNull(field, (name) => parseRate(nameOf(name), value(name))),
    timeOrNull: (field) => orNull(field, time),
    countOrNull: (field) => orNull(field, count),
    choiceOrNull: <T extends string>(field: FieldName) => orNull(field, choice<T>),
    refuse,
  };
}
