import * as v from "valibot";
import { InvalidOptionError } from "../errors.js";
import { KIND_NAMES, type KindName } from "./kind-names.js";
import { isRecord } from "./plain-value.js";
import type { SweepRange } from "./range.js";

/** Values that a field takes one after the other: a list, or a range. */
export type SweepValues = readonly unknown[] | SweepRange;

/** Fields with their values. */
export type VariedFields = Readonly<Record<string, SweepValues>>;

/** A sweep as a file has it. */
export interface SweepInput {
  readonly $schema?: string | undefined;
  readonly run: KindName;
  readonly base?: Readonly<Record<string, unknown>> | undefined;
  readonly vary?: VariedFields | undefined;
  readonly zip?: VariedFields | readonly VariedFields[] | undefined;
  readonly repeat?: number | undefined;
  readonly sample?: number | { readonly count: number; readonly seed?: number } | undefined;
}

const MOST_VALUES = 1_000_000;
/** A range is a few words, which must not become a memory full of values. */
const MOST_STEPS = 10_000;
const MOST_FIELDS = 32;
const MOST_GROUPS = 8;
const END = v.union([v.number(), v.string()], "a number, with a unit or without");
const LIST = "a list of values, or from, to and steps";

function whole(least: number, most: number) {
  const words = `a whole number, ${least} to ${most}`;
  return v.pipe(
    v.number(words),
    v.integer(words),
    v.minValue(least, words),
    v.maxValue(most, words),
  );
}

function told(schema: v.GenericSchema, text: string): v.GenericSchema {
  return v.pipe(schema, v.description(text));
}

const RANGE = v.strictObject(
  {
    from: told(END, "First value, such as 1Gbit/s."),
    to: told(END, "Last value, in the same unit."),
    steps: told(whole(2, MOST_STEPS), "How many values there are, both ends included."),
    log: v.optional(
      told(v.boolean("true or false"), "Each is the same multiple of the one before."),
    ),
  },
  LIST,
);
const VALUES = v.union(
  [
    v.pipe(
      v.array(v.unknown(), LIST),
      v.minLength(1, "at least one value"),
      v.maxLength(MOST_VALUES, `at most ${MOST_VALUES} values`),
    ),
    RANGE,
  ],
  LIST,
);
const FIELDS_WORDS = "fields with their values";
const FIELDS = v.pipe(
  v.record(v.string(), VALUES, FIELDS_WORDS),
  v.maxEntries(MOST_FIELDS, `at most ${MOST_FIELDS} fields`),
);
const GROUPS = v.pipe(
  v.array(FIELDS, FIELDS_WORDS),
  v.maxLength(MOST_GROUPS, `at most ${MOST_GROUPS} groups`),
);

const KINDS_WORDS = `one of ${KIND_NAMES.join(", ")}`;

const ENTRIES = {
  $schema: v.optional(told(v.string("text"), "Address of this schema, for editors.")),
  run: told(v.picklist(KIND_NAMES, KINDS_WORDS), "What is run at every point."),
  base: v.optional(
    told(
      v.record(v.string(), v.unknown(), "an object with the fields that stay the same"),
      "The fields that stay the same: those of a scenario, of a prediction, or of a fleet's scenario; `scenario` names a fleet's file, in which the other fields are set. A field within another has a path, such as vms.0.count.",
    ),
  ),
  vary: v.optional(
    told(
      FIELDS,
      "Fields and their values, of which every combination is a point; the last field varies fastest. A field within another has a path, such as controllers.0.above.",
    ),
  ),
  zip: v.optional(
    told(
      v.union([FIELDS, GROUPS], FIELDS_WORDS),
      "Fields that vary together, each with as many values; or several such groups.",
    ),
  ),
  repeat: v.optional(
    told(
      whole(1, MOST_VALUES),
      "How often each point is run, with the seeds 1, 2, ... (or from base's seed on).",
    ),
  ),
  sample: v.optional(
    told(
      v.union(
        [
          whole(1, MOST_VALUES),
          v.strictObject(
            { count: whole(1, MOST_VALUES), seed: v.optional(whole(0, 2 ** 32 - 1)) },
            "a number of points, or count and seed",
          ),
        ],
        "a number of points, or count and seed",
      ),
      "So many of the combinations, drawn at random; each is repeated as all would be.",
    ),
  ),
};

const KNOWN_FIELDS = `a field that exists: ${Object.keys(ENTRIES).slice(1).join(", ")}`;

/** The shape of a sweep's file, as it is checked; the published JSON Schema is written from it. */
export const sweepSchema: v.GenericSchema<SweepInput> = v.pipe(
  v.strictObject(ENTRIES, ({ expected }) => (expected === "never" ? KNOWN_FIELDS : KINDS_WORDS)),
  v.title("godwit sweep"),
  v.description("A space of experiments, all of which are run."),
) as unknown as v.GenericSchema<SweepInput>;

/**
 * Checks the shape of a sweep.
 *
 * @throws InvalidOptionError under the path of the field that is wrong.
 */
export function checkSweepShape(input: unknown): SweepInput {
  if (!isRecord(input)) {
    const kind = Array.isArray(input) ? "a list" : input === null ? "nothing" : typeof input;
    throw new InvalidOptionError("sweep", kind, "an object with run, base and vary");
  }
  const result = v.safeParse(sweepSchema, input, { abortEarly: true });
  if (result.success) return result.output;
  const { path, value, message } = farthest(result.issues[0]);
  throw new InvalidOptionError(path.join("."), shown(value), message);
}

interface Fault {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly message: string;
}

/** Of the ways in which a value fits none of its forms, the one that got farthest is what was meant. */
function farthest(issue: v.BaseIssue<unknown>): Fault {
  const path = (issue.path ?? []).map(({ key }) => String(key));
  const own: Fault = { path, value: issue.input, message: issue.message };
  const inner = (issue.issues ?? []).map(farthest).map((fault) => ({
    ...fault,
    path: [...path, ...fault.path],
  }));
  return inner.reduce((best, fault) => (fault.path.length > best.path.length ? fault : best), own);
}

function shown(value: unknown): unknown {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}
