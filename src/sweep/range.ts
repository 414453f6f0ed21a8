import { exp, ln } from "../elementary.js";
import { InvalidOptionError } from "../errors.js";

/** So many values from one to another, both included. */
export interface SweepRange {
  /** A number, or one with a unit, such as `1Gbit/s`. */
  readonly from: number | string;
  /** In the same unit. */
  readonly to: number | string;
  /** How many values there are. */
  readonly steps: number;
  /** Whether each is the same multiple of the one before, rather than the same amount more. Default false. */
  readonly log?: boolean | undefined;
}

/** Digits of a value between the two ends: enough for any use, and few enough to hide how it was computed. */
const DIGITS = 12;

/** The values of a range; texts where its ends are texts. */
export function rangeValues(name: string, range: SweepRange): (number | string)[] {
  const from = parseEnd(`${name}.from`, range.from);
  const to = parseEnd(`${name}.to`, range.to);
  if (from.unit !== to.unit || typeof range.from !== typeof range.to) {
    const unit = from.unit ? `a number in ${from.unit}` : "a number without a unit";
    throw new InvalidOptionError(`${name}.to`, range.to, `${unit}, as ${name}.from is`);
  }
  if (range.log) {
    if (from.value <= 0) throw positive(`${name}.from`, range.from);
    if (to.value <= 0) throw positive(`${name}.to`, range.to);
  }
  return Array.from({ length: range.steps }, (_, step) => {
    if (step === 0) return range.from;
    if (step === range.steps - 1) return range.to;
    const share = step / (range.steps - 1);
    const value = range.log
      ? from.value * exp(share * ln(to.value / from.value))
      : from.value + share * (to.value - from.value);
    const rounded = Number(value.toPrecision(DIGITS));
    return typeof range.from === "number" ? rounded : `${rounded}${from.unit}`;
  });
}

function parseEnd(name: string, end: number | string): { value: number; unit: string } {
  if (typeof end === "number") return { value: end, unit: "" };
  const [, number = "", unit = ""] = /^(-?\d+(?:\.\d+)?)\s*([a-zA-Z%/]*)$/.exec(end.trim()) ?? [];
  if (number === "") {
    throw new InvalidOptionError(name, end, "a number, with a unit or without");
  }
  return { value: Number(number), unit };
}

function positive(name: string, value: unknown): InvalidOptionError {
  return new InvalidOptionError(name, value, "more than 0, as log multiplies");
}
