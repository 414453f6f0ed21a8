import * as v from "valibot";
import { InvalidOptionError } from "../errors.js";
import type { PredictionInput } from "../predict/input.js";
import { nearestName, type OptionNames } from "../scenario/shape.js";

const TEXT = v.string("text");
const AMOUNT = v.union([v.number(), v.string()], "a number, or text");
const SWITCH = v.boolean("true or false");

/** The JSON types of a prediction's fields; what their texts mean is for `resolvePrediction` to see. */
const FIELDS = {
  observation: v.record(v.string(), v.unknown(), "a file with an observation"),
  workload: TEXT,
  background: TEXT,
  memory: TEXT,
  nonzeroPages: AMOUNT,
  bandwidth: TEXT,
  downtimeLimit: AMOUNT,
  profile: TEXT,
  xbzrleCache: TEXT,
  autoConverge: SWITCH,
  throttleInitial: AMOUNT,
  throttleIncrement: AMOUNT,
  throttleMax: AMOUNT,
  postCopyAfter: TEXT,
  stopFirst: SWITCH,
  deadline: TEXT,
  runs: AMOUNT,
  seed: AMOUNT,
  link: TEXT,
  rtt: TEXT,
  accelerator: TEXT,
  catchUp: TEXT,
  copyBandwidth: TEXT,
  freshPage: TEXT,
} as const satisfies Record<keyof PredictionInput, v.GenericSchema>;

/** A prediction's input whose observation is yet to be checked. */
export type PredictionShape = Omit<PredictionInput, "observation"> & {
  readonly observation?: unknown;
};

/**
 * Checks the shape of a prediction's input.
 *
 * @throws InvalidOptionError for the first field that is unknown or of another type.
 */
export function checkPredictionShape(
  input: Readonly<Record<string, unknown>>,
  nameOf: OptionNames,
): PredictionShape {
  for (const [name, value] of Object.entries(input)) {
    if (!isField(name)) {
      const near = nearestName(name, Object.keys(FIELDS));
      const hint = near === null ? "; this one does not" : `; perhaps ${near}?`;
      throw new InvalidOptionError(nameOf(name), value, `a field that exists${hint}`);
    }
    const result = v.safeParse(FIELDS[name], value);
    if (!result.success) {
      throw new InvalidOptionError(nameOf(name), value, result.issues[0].message);
    }
  }
  return input;
}

function isField(name: string): name is keyof typeof FIELDS {
  return Object.hasOwn(FIELDS, name);
}
