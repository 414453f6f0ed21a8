import { InvalidOptionError } from "../errors.js";
import type { ColumnType } from "../report/column.js";
import { isOfType } from "../report/column.js";
import { setField } from "./field-path.js";
import type { KindName } from "./kind-names.js";
import { refuseUnplain } from "./plain-value.js";
import { rangeValues } from "./range.js";
import { sampleBelow } from "./sample.js";
import { checkSweepShape, type SweepInput, type VariedFields } from "./shape.js";

/** More than any sweep that ends. */
const MOST_POINTS = 1_000_000;
const SEED = "seed";

/** A space of experiments, of which every point is known by its number. */
export interface Sweep {
  readonly run: KindName;
  /** How many points there are. */
  readonly count: number;
  /** What differs from point to point, in the order of the result's columns. */
  readonly varied: readonly VariedField[];
  /** The values of the varied fields at a point. */
  valuesAt(index: number): readonly unknown[];
  /**
   * Everything that is to be run at a point, the caller's own to keep: base's fields set in `ground`, and
   * then what varies.
   *
   * @throws InvalidOptionError for the path of a field that leads nowhere.
   */
  inputAt(index: number, ground?: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** The value of a field at a point, which is not one within another. */
  valueAt(index: number, field: string): unknown;
  /** Every value that a field has at some point. */
  possibleValues(field: string): readonly unknown[];
  /** Whether the file gives a field its value, or part of it, or something around it. */
  gives(field: string): boolean;
  /** Where in the file a field has its value, such as `vary.memory`. */
  placeOf(field: string): string;
}

/** A field that varies. */
export interface VariedField {
  /** Its path. */
  readonly field: string;
  /** `text` also for what is neither number nor switch, as JSON. */
  readonly type: ColumnType;
}

/** Fields that vary together: at each step a value for each of them. */
interface Dimension {
  readonly fields: readonly string[];
  readonly steps: readonly (readonly unknown[])[];
  /** Names of the fields in the file. */
  readonly places: readonly string[];
}

/**
 * Reads a sweep.
 *
 * @throws InvalidOptionError under the path of the field that is wrong.
 */
export function readSweep(input: unknown): Sweep {
  refuseUnplain(input, "");
  const sweep = checkSweepShape(input);
  const base = sweep.base ?? {};
  const dimensions = [...varyDimensions(sweep), ...zipDimensions(sweep)];
  const repeats = repeatDimension(sweep);
  refuseTwice([...dimensions, ...repeats], base);
  const combinations = product(dimensions);
  const chosen = chosenOf(sweep, combinations);
  const each = repeats[0]?.steps.length ?? 1;
  const count = (chosen?.length ?? combinations) * each;
  if (count > MOST_POINTS) {
    const expected = `at most ${MOST_POINTS} points; sample takes some of them`;
    throw new InvalidOptionError("sweep", `${count} points`, expected);
  }
  const all = [...dimensions, ...repeats];
  const fields = all.flatMap((dimension) => dimension.fields);
  const valuesAt = (index: number): unknown[] => {
    const combination = Math.floor(index / each);
    const place = (chosen?.[combination] ?? combination) * each + (index % each);
    return digitsOf(place, all).flatMap((step, at) => all[at]?.steps[step] ?? []);
  };
  const places = new Map(
    all.flatMap(({ fields, places }) => fields.map((f, at) => [f, places[at]])),
  );
  return {
    run: sweep.run,
    count,
    varied: all.flatMap(variedFields),
    valuesAt,
    inputAt(index, ground = {}) {
      const point = structuredClone(ground) as Record<string, unknown>;
      const values = valuesAt(index);
      const own = [...Object.entries(base), ...fields.map((field, at) => [field, values[at]])];
      for (const [field, value] of structuredClone(own)) setField(point, field as string, value);
      return point;
    },
    valueAt(index, field) {
      const at = fields.indexOf(field);
      return at < 0 ? base[field] : valuesAt(index)[at];
    },
    possibleValues(field) {
      const dimension = all.find((one) => one.fields.includes(field));
      const at = dimension?.fields.indexOf(field) ?? 0;
      return dimension?.steps.map((step) => step[at]) ?? [base[field]];
    },
    gives: (field) =>
      around(field, fields) !== undefined || around(field, Object.keys(base)) !== undefined,
    placeOf: (field) => places.get(around(field, fields) ?? field) ?? `base.${field}`,
  };
}

function varyDimensions({ vary = {} }: SweepInput): Dimension[] {
  return Object.entries(vary).map(([field, values]) => {
    const place = `vary.${field}`;
    const list = isList(values) ? values : rangeValues(place, values);
    return { fields: [field], places: [place], steps: list.map((value) => [value]) };
  });
}

function zipDimensions({ zip = [] }: SweepInput): Dimension[] {
  if (!isList(zip)) return [zipDimension(zip, "zip")];
  return zip.map((group, at) => zipDimension(group as VariedFields, `zip.${at}`));
}

function zipDimension(group: VariedFields, name: string): Dimension {
  const fields = Object.keys(group);
  const places = fields.map((field) => `${name}.${field}`);
  const lists = Object.values(group).map((values, at) =>
    isList(values) ? values : rangeValues(places[at] as string, values),
  );
  const length = lists[0]?.length ?? 1;
  const odd = lists.findIndex((list) => list.length !== length);
  if (odd >= 0) {
    const expected = `${length} values, as many as ${places[0]} has`;
    throw new InvalidOptionError(places[odd] as string, `${lists[odd]?.length} values`, expected);
  }
  const steps = Array.from({ length }, (_, step) => lists.map((list) => list[step]));
  return { fields, places, steps };
}

function repeatDimension({ repeat, base = {} }: SweepInput): Dimension[] {
  if (repeat === undefined) return [];
  const first = base[SEED] === undefined ? 1 : Number(base[SEED]);
  if (!Number.isSafeInteger(first)) {
    throw new InvalidOptionError("base.seed", base[SEED], "a whole number, with repeat");
  }
  const steps = Array.from({ length: repeat }, (_, at) => [first + at]);
  return [{ fields: [SEED], places: ["repeat"], steps }];
}

/** A field has one value at a point, so it is named once; only repeat counts on from base's seed. */
function refuseTwice(dimensions: readonly Dimension[], base: object): void {
  const places = new Map<string, string>();
  for (const dimension of dimensions) {
    for (const [at, field] of dimension.fields.entries()) {
      const place = dimension.places[at] as string;
      const before = Object.hasOwn(base, field) ? `base.${field}` : null;
      const other = places.get(field) ?? (place === "repeat" ? null : before);
      if (other) throw new InvalidOptionError(place, field, `a field that ${other} does not set`);
      places.set(field, place);
    }
  }
}

/** The combinations that were drawn; null: all of them. */
function chosenOf({ sample }: SweepInput, total: number): Float64Array | null {
  if (sample === undefined) return null;
  const { count, seed = 1 } = typeof sample === "number" ? { count: sample } : sample;
  if (total > Number.MAX_SAFE_INTEGER) {
    throw new InvalidOptionError("sample", count, "fewer than 2^53 combinations to draw from");
  }
  return sampleBelow(total, count, seed);
}

function product(dimensions: readonly Dimension[]): number {
  return dimensions.reduce((total, { steps }) => total * steps.length, 1);
}

/** The step of each dimension at a place; the last dimension varies fastest. */
function digitsOf(place: number, dimensions: readonly Dimension[]): number[] {
  let rest = place;
  return dimensions.map((_, at) => {
    const below = product(dimensions.slice(at + 1));
    const digit = Math.floor(rest / below);
    rest -= digit * below;
    return digit;
  });
}

function variedFields({ fields, steps }: Dimension): VariedField[] {
  return fields.map((field, at) => {
    const values = steps.map((step) => step[at]);
    const type = TYPES.find((one) => values.every((value) => isOfType(value, one)));
    return { field, type: type ?? "text" };
  });
}

const TYPES: readonly ColumnType[] = ["integer", "double", "boolean", "text"];

/** Of some paths the first that is this one, leads to it, or leads on from it. */
function around(path: string, paths: readonly string[]): string | undefined {
  const isWithin = (inner: string, outer: string): boolean =>
    inner === outer || inner.startsWith(`${outer}.`);
  return paths.find((one) => isWithin(one, path) || isWithin(path, one));
}

function isList<T>(values: readonly T[] | object): values is readonly T[] {
  return Array.isArray(values);
}
