import * as v from "valibot";
import { InvalidOptionError } from "../errors.js";
import { MAX_PAGES } from "../units.js";
import type { Observation } from "./observation.js";

const pages = v.pipe(
  v.number(),
  v.minValue(0),
  v.maxValue(MAX_PAGES, `a number of pages from 0 to ${MAX_PAGES}`),
);
const wholePages = v.pipe(pages, v.integer("a whole number of pages"));
/** 0 to 30 years, in ms. */
const time = v.pipe(v.number(), v.minValue(0), v.maxValue(1e12));
const positiveTime = v.pipe(time, v.gtValue(0, "a time above 0, in ms"));
const amount = v.pipe(v.number(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1, "a share from 0 to 1"));

/** Points of a curve that are read at most; real ones have a few dozen. */
const MOST_POINTS = 100_000;

/** Parts that a memory is looked at in at most; 64 are written. */
const MOST_PARTS = 4096;

const POINT = v.strictObject({
  horizonMs: positiveTime,
  pages,
  deviation: amount,
  windows: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER)),
  deltaBytes: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(4096))),
  overflowShare: v.nullable(share),
  pagesError: v.exactOptional(amount),
  neighbourShare: v.exactOptional(share),
});

const SHAPE = v.strictObject({
  kind: v.literal("godwit-observation"),
  version: v.literal(1, "1, the version that this godwit reads"),
  source: v.picklist(["process", "qmp", "trace", "migration"]),
  subject: v.pipe(v.string(), v.maxLength(4096)),
  observedMs: time,
  contents: v.strictObject({
    totalPages: v.pipe(wholePages, v.minValue(1)),
    nonzeroPages: wholePages,
    nonzeroPagesError: amount,
    repeatedPages: v.nullable(wholePages),
    compressedShare: v.nullable(share),
    nonzeroByPart: v.exactOptional(v.pipe(v.array(pages), v.minLength(1), v.maxLength(MOST_PARTS))),
  }),
  curve: v.pipe(
    v.array(POINT),
    v.minLength(1, "at least one point"),
    v.maxLength(MOST_POINTS, `at most ${MOST_POINTS} points`),
  ),
  cost: v.nullable(v.strictObject({ cpuMs: amount, bytesRead: amount, guestPausedMs: amount })),
});

/**
 * Checks what was read from a file that should hold an observation.
 *
 * @param option - Name of the option or file, for the error.
 * @throws InvalidOptionError that names the field, such as `curve.3.pages`, what it holds and what was expected.
 */
export function checkObservation(input: unknown, option: string): Observation {
  const result = v.safeParse(SHAPE, input, { abortEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    const path = v.getDotPath(issue);
    throw new InvalidOptionError(
      path === null ? option : `${path} in ${option}`,
      shown(issue.input),
      expectationOf(issue),
    );
  }
  const observation: Observation = result.output;
  const refuse = (field: string, value: number, expected: string): never => {
    throw new InvalidOptionError(`${field} in ${option}`, value, expected);
  };
  const { contents, curve } = observation;
  const { totalPages, nonzeroPages, repeatedPages } = contents;
  const most = `at most ${totalPages}, contents.totalPages`;
  if (nonzeroPages > totalPages) refuse("contents.nonzeroPages", nonzeroPages, most);
  if ((repeatedPages ?? 0) > nonzeroPages) {
    refuse("contents.repeatedPages", repeatedPages ?? 0, `at most ${nonzeroPages}, nonzeroPages`);
  }
  curve.forEach((point, index) => {
    const before = curve[index - 1];
    if (point.pages > totalPages) refuse(`curve.${index}.pages`, point.pages, most);
    if (before !== undefined && point.horizonMs <= before.horizonMs) {
      const expected = `more than ${before.horizonMs}, that of the point before`;
      refuse(`curve.${index}.horizonMs`, point.horizonMs, expected);
    }
    if (before !== undefined && point.pages < before.pages) {
      const expected = `at least ${before.pages}, as of the point before: more time dirties no fewer pages`;
      refuse(`curve.${index}.pages`, point.pages, expected);
    }
  });
  return observation;
}

function expectationOf(issue: v.BaseIssue<unknown>): string {
  if (issue.expected === "Object") return "an object, as godwit observe writes it";
  if (issue.type === "strict_object") {
    return issue.expected === "never" ? "no such field" : "this field to be there";
  }
  if (!issue.message.startsWith("Invalid ")) return issue.message;
  return (issue.expected ?? "another value").replaceAll('"', "");
}

function shown(value: unknown): unknown {
  return typeof value === "object" && value !== null
    ? Array.isArray(value)
      ? "an array"
      : "an object"
    : value;
}
