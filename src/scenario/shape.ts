import * as v from "valibot";
import { InvalidOptionError } from "../errors.js";
import type { Field } from "./field.js";
import { FIELD_NAMES, FIELDS } from "./fields.js";
import type { FieldName, ScenarioInput } from "./input.js";
import { EXPECTED } from "./quantities.js";

/** The JSON types that a scenario's fields take; unknown fields are refused. */
const SHAPE = v.strictObject({
  $schema: v.optional(v.string()),
  ...Object.fromEntries(FIELD_NAMES.map((name) => [name, v.optional(valueSchema(FIELDS[name]))])),
});

/** Names options in errors as the caller wrote them: flags on the command line, fields in a file. */
export type OptionNames = (field: string) => string;

/** Checks the shape of a scenario; the first fault is an `InvalidOptionError` that names the field. */
export function checkScenarioShape(input: unknown, nameOf: OptionNames): ScenarioInput {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new InvalidOptionError("scenario", kindOf(input), "an object with a scenario's fields");
  }
  const result = v.safeParse(SHAPE, input, { abortEarly: true });
  if (result.success) return result.output as ScenarioInput;
  const name = String(result.issues[0].path?.[0]?.key);
  const value = (input as Record<string, unknown>)[name];
  const shown = typeof value === "object" && value !== null ? JSON.stringify(value) : value;
  throw new InvalidOptionError(
    nameOf(name),
    shown,
    isField(name) ? shapeOf(FIELDS[name], value) : unknownField(name),
  );
}

/** What a field accepts, in words. */
export function expectationOf(field: Field): string {
  switch (field.kind) {
    case "size":
    case "rate":
    case "time":
    case "share":
      return EXPECTED[field.kind];
    case "count":
      return `a whole number, such as ${field.example}`;
    case "number":
      return `a number, such as ${field.example}`;
    case "choice":
      return `one of ${field.choices?.join(", ")}`;
    case "switch":
      return "true or false";
    case "list":
      return `text, or a list of texts, such as ${JSON.stringify(field.example)}`;
    case "text":
      return `text, such as ${JSON.stringify(field.example)}`;
  }
}

/** The known name nearest to a misspelt one, or null when none is near. */
export function nearestName(name: string, known: readonly string[]): string | null {
  const wanted = name.toLowerCase();
  const scored = known.map((other) => ({
    other,
    distance: editDistance(wanted, other.toLowerCase()),
  }));
  const best = scored.reduce((a, b) => (b.distance < a.distance ? b : a));
  return best.distance <= Math.max(2, Math.floor(name.length / 3)) ? best.other : null;
}

/** What a field's value may be in JSON; that the text in it means something is for `resolveScenario` to see. */
export function valueSchema(field: Field): v.GenericSchema {
  switch (field.kind) {
    case "count":
    case "share":
    case "number":
      return v.union([v.number(), v.string()]);
    case "choice":
      return v.picklist(field.choices ?? []);
    case "switch":
      return v.boolean();
    case "list":
      return v.union([v.string(), v.array(v.string())]);
    default:
      return v.string();
  }
}

function isField(name: string): name is FieldName {
  return Object.hasOwn(FIELDS, name);
}

function unknownField(name: string): string {
  const near = nearestName(name, FIELD_NAMES);
  return near === null
    ? "a field that exists; this one does not"
    : `a field that exists; perhaps ${near}?`;
}

function shapeOf(field: Field, value: unknown): string {
  const expected = expectationOf(field);
  return typeof value === "number" && Object.hasOwn(EXPECTED, field.kind)
    ? `${expected}; the unit is missing`
    : expected;
}

function kindOf(input: unknown): string {
  if (input === null) return "null";
  return Array.isArray(input) ? "an array" : `a ${typeof input}`;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
