import * as v from "valibot";
import { InvalidOptionError } from "../../errors.js";
import { nearestName } from "../../scenario/shape.js";

/** The pieces that the shape of a fleet's scenario is made of. Their messages say what was expected. */

type Entries = Record<string, v.GenericSchema>;

/** An object of these fields alone; an unknown one is told, with the known name that is nearest. */
export function fieldsOf(entries: Entries): v.GenericSchema {
  const names = Object.keys(entries);
  return v.strictObject(entries, (issue) => {
    const key = String(issue.path?.at(-1)?.key);
    if (issue.expected === "never") return unknownField(key, names);
    if (issue.expected === "Object") return `an object with ${names.join(", ")}`;
    const misspelt = misspeltAs(key, issue.path?.at(-1)?.input, names);
    return misspelt === null ? `${key} to be there` : `${key} to be there; perhaps for ${misspelt}`;
  });
}

/** A field that does not exist, where it looks as if the missing one was meant. */
function misspeltAs(missing: string, given: unknown, known: readonly string[]): string | null {
  const unknown = Object.keys(given ?? {}).filter((name) => !known.includes(name));
  return unknown.length === 0 ? null : nearestName(missing, unknown.slice(0, 100));
}

function unknownField(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === null
    ? `no such field; there are ${known.join(", ")}`
    : `a field that exists; perhaps ${near}?`;
}

/** "one of these": what was meant, or all there are where they are few. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = known.length === 0 ? null : nearestName(name, known);
  if (near !== null) return `a name that exists; perhaps ${near}?`;
  if (known.length > 40) return `a name that exists, such as ${known[0]}`;
  return known.length === 0 ? "no name; there are none" : `one of ${known.join(", ")}`;
}

/** An optional field with the words that editors show. */
export function optional(
  schema: v.GenericSchema,
  text: string,
  example?: unknown,
): v.GenericSchema {
  return v.optional(described(schema, text, example));
}

/** A field with the words that editors show. */
export function described(
  schema: v.GenericSchema,
  text: string,
  example?: unknown,
): v.GenericSchema {
  const said = v.pipe(schema, v.description(text));
  return example === undefined ? said : v.pipe(said, v.examples([example]));
}

/** Longest text of a field: far beyond any use. */
const MOST_TEXT = 4096;

/** Text; what is in it is for the resolving to see. */
export function text(expected = "text"): v.GenericSchema<string> {
  return v.pipe(v.string(expected), v.maxLength(MOST_TEXT, `at most ${MOST_TEXT} characters`));
}

/** A number within limits. */
export function number(min: number, max: number): v.GenericSchema<number> {
  const expected = `a number from ${min} to ${max}`;
  return v.pipe(v.number(expected), v.minValue(min, expected), v.maxValue(max, expected));
}

/** A whole number. */
export function count(min: number, max: number): v.GenericSchema<number> {
  const expected = `a whole number from ${min} to ${max}`;
  return v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  );
}

/** A list of at least `least`, at most `most`. */
export function list(item: v.GenericSchema, most: number, least = 0): v.GenericSchema {
  return v.pipe(
    v.array(item, "a list"),
    v.minLength(least, `at least ${least} of them`),
    v.maxLength(most, `at most ${most} of them`),
  );
}

/** One of some words. */
export function word(words: readonly string[]): v.GenericSchema<string> {
  return v.picklist(words, (issue) => suggestion(String(issue.input), words));
}

/** Names of things, bounded, so that they can be shown and written to tables. */
const NAME = /^[A-Za-z0-9_][\w.:-]{0,62}$/;
const NAME_RULE = "a name of letters, digits, _ . : and -, at most 63 of them";

/** The name of one thing. */
export function name(): v.GenericSchema<string> {
  return v.pipe(v.string(NAME_RULE), v.regex(NAME, NAME_RULE));
}

/** A map from names to things. */
export function named(value: v.GenericSchema, most: number): v.GenericSchema {
  return v.pipe(
    v.record(name(), value, "a map from names"),
    v.maxEntries(most, `at most ${most} of them`),
  );
}

/** One of several shapes. */
export function either(expected: string, ...shapes: v.GenericSchema[]): v.GenericSchema {
  return v.union(shapes, expected);
}

/** A name or several. */
export function nameOrNames(most: number): v.GenericSchema {
  return either("a name, or a list of names", text("a name"), list(text("a name"), most, 1));
}

/**
 * Checks an input against a shape.
 *
 * @throws InvalidOptionError that names the path of the first wrong field, such as `hosts.0.type`.
 */
export function checkShape<T>(schema: v.GenericSchema<T>, input: unknown, path: string): T {
  const result = v.safeParse(schema, input, { abortEarly: true });
  if (result.success) return result.output;
  const { issue, keys } = deepest(result.issues[0], []);
  const place = [...(path === "" ? [] : [path]), ...keys].join(".") || "scenario";
  throw new InvalidOptionError(place, shown(valueAt(input, keys)), expectation(issue));
}

/** Of the shapes that a value might have had, the one that it fits furthest says best what is wrong. */
function deepest(
  issue: v.BaseIssue<unknown>,
  above: readonly string[],
): { issue: v.BaseIssue<unknown>; keys: readonly string[] } {
  const keys = [...above, ...(issue.path ?? []).map(({ key }) => String(key))];
  const inner = (issue.issues ?? []).map((one) => deepest(one, keys));
  const furthest = inner.filter((one) => one.keys.length > keys.length);
  const best = furthest.reduce<(typeof inner)[number] | null>(
    (a, b) => (a === null || b.keys.length > a.keys.length ? b : a),
    null,
  );
  return best ?? { issue, keys };
}

/** What stands at a path; of an unknown field an issue knows only its name. */
function valueAt(input: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], input);
}

function expectation(issue: v.BaseIssue<unknown>): string {
  if (!issue.message.startsWith("Invalid ")) return issue.message;
  return (issue.expected ?? "another value").replaceAll('"', "");
}

/** Only what is short is repeated; of a whole object its kind is enough. */
export function shown(value: unknown): unknown {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : value;
}
