import { InvalidOptionError } from "../errors.js";
import type { Bytes, BytesPerSecond, Nanoseconds, Share } from "../units.js";

export { formatBytes, formatDuration, formatRate, formatShare } from "../quantity-text.js";

/**
 * Text with units into the library's quantities. Every function takes the option's name as the caller
 * wrote it, for the error. Numbers are plain decimals: no sign, no exponent, no separators; between a
 * number and its unit there may be a space. Upper and lower case matter, as in SI (`MB` is not `mb`).
 */

/** What each kind of quantity looks like, in the words of the errors and of the published schema. */
export const EXPECTED: Readonly<Record<QuantityKind, string>> = {
  size: "a size with its unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB), such as 64MiB",
  rate: "a data rate with its unit (bit/s or B/s with k, M, G, T, Ki, Mi, Gi), such as 10Gbit/s",
  writeRate: "a number of times per second (/s, k/s, M/s), such as 9000/s",
  time: "a time with its unit (ns, us, ms, s, m, h), such as 300ms",
  share: "a share such as 30% or 0.3",
};

/** Kinds of text with units. */
export type QuantityKind = "size" | "rate" | "writeRate" | "time" | "share";

/** A unit's size as a fraction of whole numbers, so that nothing is rounded before the end. */
interface Unit {
  readonly times: bigint;
  readonly over: bigint;
}

const unit = (times: number, over = 1): Unit => ({ times: BigInt(times), over: BigInt(over) });

const SIZE_UNITS: ReadonlyMap<string, Unit> = new Map([
  ["B", unit(1)],
  ["kB", unit(1e3)],
  ["MB", unit(1e6)],
  ["GB", unit(1e9)],
  ["TB", unit(1e12)],
  ["KiB", unit(2 ** 10)],
  ["MiB", unit(2 ** 20)],
  ["GiB", unit(2 ** 30)],
  ["TiB", unit(2 ** 40)],
]);

const RATE_UNITS: ReadonlyMap<string, Unit> = new Map([
  ["bit/s", unit(1, 8)],
  ["kbit/s", unit(1e3, 8)],
  ["Mbit/s", unit(1e6, 8)],
  ["Gbit/s", unit(1e9, 8)],
  ["Tbit/s", unit(1e12, 8)],
  ["B/s", unit(1)],
  ["kB/s", unit(1e3)],
  ["MB/s", unit(1e6)],
  ["GB/s", unit(1e9)],
  ["TB/s", unit(1e12)],
  ["KiB/s", unit(2 ** 10)],
  ["MiB/s", unit(2 ** 20)],
  ["GiB/s", unit(2 ** 30)],
]);

const WRITE_RATE_UNITS: ReadonlyMap<string, Unit> = new Map([
  ["/s", unit(1)],
  ["k/s", unit(1e3)],
  ["M/s", unit(1e6)],
  ["G/s", unit(1e9)],
]);

const TIME_UNITS: ReadonlyMap<string, Unit> = new Map([
  ["ns", unit(1)],
  ["us", unit(1e3)],
  ["\u00b5s", unit(1e3)], // micro sign
  ["\u03bcs", unit(1e3)], // Greek mu: the two look alike
  ["ms", unit(1e6)],
  ["s", unit(1e9)],
  ["m", unit(60e9)],
  ["h", unit(3600e9)],
]);

/** A size in bytes; it must come to whole bytes below 2^53. */
export function parseSize(option: string, value: unknown): Bytes {
  return whole(option, value, SIZE_UNITS, EXPECTED.size, "a whole number of bytes below 2^53");
}

/** A time in nanoseconds; it must come to whole nanoseconds below 2^53 (104 days). */
export function parseTime(option: string, value: unknown): Nanoseconds {
  const limit = "a whole number of nanoseconds, at most 104 days";
  return whole(option, value, TIME_UNITS, EXPECTED.time, limit);
}

/** A rate of data in bytes per second, 0 or more. */
export function parseRate(option: string, value: unknown): BytesPerSecond {
  return real(option, value, RATE_UNITS, EXPECTED.rate);
}

/** How often something happens per second, 0 or more. */
export function parseWriteRate(option: string, value: unknown): number {
  return real(option, value, WRITE_RATE_UNITS, EXPECTED.writeRate);
}

/** A share of a whole: per cent, or a number 0 .. 1 (also as a number, it has no unit). */
export function parseShare(option: string, value: unknown): Share {
  const share = typeof value === "number" ? value : shareOf(value);
  if (share === null || !(share >= 0 && share <= 1)) {
    throw new InvalidOptionError(option, value, `${EXPECTED.share}, from 0 to 1`);
  }
  return share === 0 ? 0 : share;
}

/** A whole number within limits, as a number or as digits. */
export function parseCount(option: string, value: unknown, min: number, max: number): number {
  const isDigits = typeof value === "string" && /^\d{1,16}$/.test(value);
  const count = isDigits ? Number(value) : value;
  if (typeof count === "number" && Number.isSafeInteger(count) && count >= min && count <= max)
    return count;
  const limits = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`;
  throw new InvalidOptionError(option, value, `a whole number, ${limits}`);
}

/** A plain number within limits, as a number or as a decimal. */
export function parseNumber(option: string, value: unknown, min: number, max: number): number {
  const decimal = typeof value === "string" ? decimalOf(value) : null;
  const number = decimal?.unit === "" ? ratio(decimal, unit(1)) : value;
  if (typeof number === "number" && number >= min && number <= max) return number;
  throw new InvalidOptionError(option, value, `a number from ${min} to ${max}, without a unit`);
}

/** `digits / 10^scale`, and the text after it. */
interface Decimal {
  readonly digits: bigint;
  readonly over: bigint;
  readonly unit: string;
}

function decimalOf(text: string): Decimal | null {
  // Lengths are bounded so that hostile text cannot cost more than its own length.
  const match = /^(\d{1,18})(?:\.(\d{1,18}))?(?: ?([^\s\d.][^\s]{0,9}))?$/.exec(text);
  if (match === null) return null;
  const fraction = match[2] ?? "";
  return {
    digits: BigInt(`${match[1]}${fraction}`),
    over: 10n ** BigInt(fraction.length),
    unit: match[3] ?? "",
  };
}

function ratio(decimal: Decimal, by: Unit): number {
  return Number(decimal.digits * by.times) / Number(decimal.over * by.over);
}

function measured(
  option: string,
  value: unknown,
  units: ReadonlyMap<string, Unit>,
  expected: string,
): { decimal: Decimal; by: Unit } {
  const decimal = typeof value === "string" ? decimalOf(value) : null;
  const by = decimal === null ? undefined : units.get(decimal.unit);
  if (decimal !== null && by !== undefined) return { decimal, by };
  const isBare = typeof value === "number" || decimal?.unit === "";
  throw new InvalidOptionError(
    option,
    value,
    isBare ? `${expected}; the unit is missing` : expected,
  );
}

function whole(
  option: string,
  value: unknown,
  units: ReadonlyMap<string, Unit>,
  expected: string,
  limit: string,
): number {
  const { decimal, by } = measured(option, value, units, expected);
  const top = decimal.digits * by.times;
  const bottom = decimal.over * by.over;
  const amount = top / bottom;
  if (top % bottom !== 0n || amount > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new InvalidOptionError(option, value, limit);
  }
  return Number(amount);
}

function real(
  option: string,
  value: unknown,
  units: ReadonlyMap<string, Unit>,
  expected: string,
): number {
  const { decimal, by } = measured(option, value, units, expected);
  const amount = ratio(decimal, by);
  if (amount > Number.MAX_SAFE_INTEGER)
    throw new InvalidOptionError(option, value, "less than 2^53 per second");
  return amount;
}

function shareOf(value: unknown): Share | null {
  const decimal = typeof value === "string" ? decimalOf(value) : null;
  if (decimal?.unit === "%") return ratio(decimal, unit(1, 100));
  return decimal?.unit === "" ? ratio(decimal, unit(1)) : null;
}
