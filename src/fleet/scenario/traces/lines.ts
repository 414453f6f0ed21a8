import { InvalidOptionError } from "../../../errors.js";

/** Limits of a trace: what a computer of today can hold, and a bound on hostile files. */
export const MOST_TRACED = {
  vms: 10_000_000,
  /** Values of all VMs together, eight bytes each. */
  values: 20_000_000,
  /** Longest line. */
  line: 1_000_000,
} as const;

/** A line of a file, for errors. */
export interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

/** The lines of a text that are not empty, without their ends. */
export function* linesOf(source: string, text: string): Generator<Line> {
  let number = 0;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at);
    const until = end < 0 ? text.length : end;
    number += 1;
    if (until - at > MOST_TRACED.line) {
      const expected = `lines of at most ${MOST_TRACED.line} characters`;
      throw new InvalidOptionError(
        `${source}, line ${number}`,
        `${until - at} characters`,
        expected,
      );
    }
    const line = text.slice(at, until).trim();
    if (line !== "") yield { text: line, number };
    at = until + 1;
  }
}

/** An error about a line of a file. */
export function wrongLine(
  source: string,
  { number }: Line,
  value: unknown,
  expected: string,
): InvalidOptionError {
  return new InvalidOptionError(`${source}, line ${number}`, value, expected);
}

/** A plain decimal within limits. */
export function decimal(
  source: string,
  line: Line,
  text: string | undefined,
  limits: { readonly what: string; readonly min: number; readonly max: number },
): number {
  const { what, min, max } = limits;
  const isDecimal =
    text !== undefined && /^-?\d{1,18}(\.\d{1,20})?([eE][+-]?\d{1,2})?$/.test(text.trim());
  const value = isDecimal ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw wrongLine(source, line, text, `${what}, a number from ${min} to ${max}`);
}
