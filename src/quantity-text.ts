import type { Bytes, BytesPerSecond, Milliseconds, Share } from "./units.js";

/** Bytes for people, in binary units: `512 B`, `4 KiB`, `1.5 GiB`. Four significant digits. */
export function formatBytes(bytes: Bytes): string {
  return scaled(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);
}

/** A rate of data for people, in bits as links are sold: `10 Gbit/s`. Four significant digits. */
export function formatRate(rate: BytesPerSecond): string {
  return scaled(rate * 8, 1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"]);
}

/** A length of time for people, in one unit from ns to h: `134.2 ms`, `2.557 s`. Four significant digits. */
export function formatDuration(ms: Milliseconds): string {
  if (!Number.isFinite(ms)) return ms > 0 ? "forever" : "unknown";
  if (ms === 0) return "0 s";
  for (const { unit, ms: unitMs, below } of TIME_UNITS) {
    // Four digits are kept, so what rounds up to the limit belongs to the next unit.
    const amount = ms / unitMs;
    if (Number(Math.abs(amount).toPrecision(4)) < below) return `${significant(amount)} ${unit}`;
  }
  return `${significant(ms / 3_600_000)} h`;
}

/** A share of a whole in per cent: `12.5 %`. */
export function formatShare(share: Share): string {
  return `${significant(share * 100, 3)} %`;
}

/** A count with thin groups of three: `1 048 576` (narrow no-break spaces). */
export function formatCount(count: number): string {
  const [whole = "", fraction] = String(Math.round(count * 100) / 100).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** A count in at most five characters, for axes and narrow columns: `950`, `12.5k`, `268M`. */
export function formatShortCount(count: number): string {
  return scaled(count, 1000, ["", "k", "M", "G", "T"], 3).replace(" ", "");
}

const TIME_UNITS: readonly { unit: string; ms: Milliseconds; below: number }[] = [
  { unit: "ns", ms: 1e-6, below: 1000 },
  { unit: "µs", ms: 1e-3, below: 1000 },
  { unit: "ms", ms: 1, below: 1000 },
  // Migrations are spoken of in seconds well beyond the first minute.
  { unit: "s", ms: 1000, below: 600 },
  { unit: "m", ms: 60_000, below: 120 },
];

function scaled(amount: number, base: number, units: readonly string[], digits = 4): string {
  let rest = amount;
  let unit = 0;
  while (Number(Math.abs(rest).toPrecision(digits)) >= base && unit < units.length - 1) {
    rest /= base;
    unit += 1;
  }
  return `${significant(rest, digits)} ${units[unit]}`;
}

/** So many significant digits, never an exponent, no trailing zeros; digits before the point are all kept. */
function significant(amount: number, digits = 4): string {
  const size = Math.abs(amount);
  if (size >= 10 ** digits) return String(Math.round(amount));
  if (size < 1e-4) return "0";
  return String(Number(amount.toPrecision(digits)));
}
