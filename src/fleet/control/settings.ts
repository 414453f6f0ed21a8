import * as v from "valibot";
import { InvalidOptionError } from "../../errors.js";
import { EXPECTED, parseCount, parseShare, parseTime } from "../../scenario/quantities.js";
import { nearestName } from "../../scenario/shape.js";

/** What a setting of a controller is, and what it is unless somebody says otherwise. */
export interface Setting {
  readonly kind: "share" | "fill" | "time" | "count" | "number" | "choice" | "switch" | "names";
  /** As one would write it; null: none, which only some times may be. */
  readonly default: string | number | boolean | null;
  /** One line for `--help`. */
  readonly text: string;
  /** Where the default comes from. */
  readonly source: string;
  /** Of a count: the least it may be; 1 unless said. */
  readonly least?: number;
  /** Of a choice. */
  readonly choices?: readonly string[];
}

/** The settings of a controller, by the names that scenarios use. */
export type SettingTable = Readonly<Record<string, Setting>>;

/** What a setting means once it is read: shares and counts, nanoseconds, choices, switches, names. */
export type SettingValue = number | string | boolean | readonly string[] | null;

/** Most that anything is counted. */
const MOST = 1_000_000;

/** The shape that a controller's settings have in a scenario, for checking and for a published schema. */
export function settingsSchema(table: SettingTable): v.GenericSchema<Record<string, unknown>> {
  return v.strictObject(
    Object.fromEntries(
      Object.entries(table).map(([name, setting]) => [
        name,
        v.optional(v.pipe(shapeOf(setting), v.description(describe(setting)))),
      ]),
    ),
  ) as unknown as v.GenericSchema<Record<string, unknown>>;
}

/**
 * Reads settings as a scenario gives them, and fills in defaults.
 *
 * @param input - An object; undefined: defaults alone.
 * @param path - What errors call the object, such as `controllers[0]`.
 * @throws {@link InvalidOptionError} with the path of the wrong setting.
 */
export function readSettings(
  table: SettingTable,
  input: unknown,
  path: string,
): Record<string, SettingValue> {
  const given = input ?? {};
  if (typeof given !== "object" || Array.isArray(given)) {
    throw new InvalidOptionError(path, given, "an object with a controller's settings");
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(table, name)) throw unknownSetting(table, name, path);
  }
  return Object.fromEntries(
    Object.entries(table).map(([name, setting]) => {
      const value = (given as Record<string, unknown>)[name];
      return [
        name,
        read(setting, `${path}.${name}`, value === undefined ? setting.default : value),
      ];
    }),
  );
}

function unknownSetting(table: SettingTable, name: string, path: string): InvalidOptionError {
  const names = Object.keys(table);
  const near = nearestName(name, names);
  const expected = near === null ? `one of ${names.join(", ")}` : `a setting; perhaps ${near}?`;
  return new InvalidOptionError(`${path}.${name}`, name, expected);
}

function read(setting: Setting, path: string, value: unknown): SettingValue {
  switch (setting.kind) {
    case "share":
      return parseShare(path, value);
    case "fill":
      return readFill(path, value);
    case "time":
      if (value === null && setting.default === null) return null;
      return parseTime(path, value);
    case "count":
      // A count that may be left out has no bound.
      if (value === null && setting.default === null) return null;
      return parseCount(path, value, setting.least ?? 1, MOST);
    case "number":
      return readNumber(path, value);
    case "choice":
      if (typeof value === "string" && setting.choices?.includes(value)) return value;
      throw new InvalidOptionError(path, value, `one of ${setting.choices?.join(", ")}`);
    case "switch":
      if (value === true || value === "true") return true;
      if (value === false || value === "false") return false;
      throw new InvalidOptionError(path, value, "true or false");
    case "names":
      return readNames(path, value);
  }
}

/** A number from 0 on, as text on a command line. */
function readNumber(path: string, value: unknown): number {
  const isText = typeof value === "string" && /^\d{1,9}(\.\d{1,9})?$/.test(value);
  const number = isText ? Number(value) : value;
  if (typeof number === "number" && number >= 0 && number <= MOST) return number;
  throw new InvalidOptionError(path, value, "a number from 0, such as 1.2");
}

/** A share that may be above 1, as far as sixteenfold: Nova's traditional ratio of overcommitment. */
function readFill(path: string, value: unknown): number {
  if (typeof value === "number" && value > 0 && value <= 16) return value;
  const isText = typeof value === "string" && /^\d{1,4}(\.\d{1,6})?\s?%$/.test(value);
  const share = isText ? Number.parseFloat(value) / 100 : Number.NaN;
  if (share > 0 && share <= 16) return share;
  throw new InvalidOptionError(path, value, "a share above 0, up to 1600%, such as 90% or 1.5");
}

function readNames(path: string, value: unknown): string | readonly string[] {
  if (value === "all") return value;
  // On a command line a list is one text.
  const names = typeof value === "string" ? value.split(",").map((name) => name.trim()) : value;
  const isList =
    Array.isArray(names) &&
    names.length > 0 &&
    names.every((name) => typeof name === "string" && name !== "");
  if (isList) return names as string[];
  throw new InvalidOptionError(path, value, "all, or names, such as h1,h2");
}

function shapeOf({ kind, choices = [], default: fallback }: Setting): v.GenericSchema {
  switch (kind) {
    case "share":
    case "fill":
      return v.union([v.number(), v.string()]);
    case "time":
      return fallback === null ? v.nullable(v.string()) : v.string();
    case "count":
      return fallback === null ? v.nullable(v.number()) : v.number();
    case "number":
      return v.union([v.number(), v.string()]);
    case "choice":
      return v.picklist(choices);
    case "switch":
      return v.boolean();
    case "names":
      return v.union([v.string(), v.array(v.string())]);
  }
}

/** A setting in one line: what it is, what it expects, its default and why that. */
export function describe({ kind, text, source, default: fallback }: Setting): string {
  const expected = kind === "share" || kind === "time" ? `; ${EXPECTED[kind]}` : "";
  return `${text}${expected}. Default ${fallback === null ? "none" : fallback}: ${source}`;
}
