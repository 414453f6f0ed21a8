import * as v from "valibot";
import type { Field } from "./field.js";
import { FIELD_NAMES, FIELDS } from "./fields.js";
import type { FieldName, ScenarioInput } from "./input.js";
import { valueSchema } from "./shape.js";

/** Titles that are not just the name taken apart. */
const TITLES: Partial<Record<FieldName, string>> = {
  cpuState: "CPU state",
  rtt: "Round-trip time",
  xbzrle: "XBZRLE",
  xbzrleCache: "XBZRLE cache",
  cpuPerGib: "CPU per GiB",
  sla: "Service level agreement",
};

/**
 * The shape of a scenario file, as it is checked, with the words that editors show beside it: what the
 * published JSON Schema is written from. Nothing else needs it.
 */
export const scenarioSchema: v.GenericSchema<ScenarioInput> = v.pipe(
  v.strictObject({
    $schema: v.optional(
      described(v.string(), "JSON Schema", "Address of this schema, for editors.", []),
    ),
    ...Object.fromEntries(FIELD_NAMES.map((name) => [name, v.optional(fieldSchema(name))])),
  }),
  v.title("godwit scenario"),
  v.description(
    "One migration experiment: a guest, a link and a way to move. Every field is optional.",
  ),
) as v.GenericSchema<ScenarioInput>;

function fieldSchema(name: FieldName): v.GenericSchema {
  const field: Field = FIELDS[name];
  const fallback = field.fallback === undefined ? "" : ` Default: ${field.fallback}.`;
  const text = `${field.text.charAt(0).toUpperCase()}${field.text.slice(1)}.${fallback}`;
  const only = field.strategies === undefined ? "" : ` Only with ${field.strategies.join(", ")}.`;
  return described(valueSchema(field), titleOf(name), text + only, [exampleOf(field)]);
}

function described(
  schema: v.GenericSchema,
  title: string,
  text: string,
  examples: unknown[],
): v.GenericSchema {
  const named = v.pipe(schema, v.title(title), v.description(text));
  return examples.length > 0 ? v.pipe(named, v.examples(examples)) : named;
}

function exampleOf(field: Field): unknown {
  if (field.kind === "switch") return true;
  return field.kind === "count" || field.kind === "number" ? Number(field.example) : field.example;
}

/** `dirtyThreshold` as `Dirty threshold`. */
function titleOf(name: FieldName): string {
  const title = TITLES[name];
  if (title !== undefined) return title;
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
