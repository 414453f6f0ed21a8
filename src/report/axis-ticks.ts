import { formatBytes, formatShortCount } from "../quantity-text.js";
import { type Bytes, type Milliseconds, PAGE_SIZE, type PageCount } from "../units.js";

/** A mark on an axis: its place in the axis's own unit, and what stands beside it. */
export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** An axis's marks and the unit that their labels are in. */
export interface Axis {
  readonly ticks: readonly Tick[];
  readonly unit: string;
}

const TIME_UNITS: readonly { unit: string; ms: Milliseconds }[] = [
  { unit: "h", ms: 3_600_000 },
  { unit: "min", ms: 60_000 },
  { unit: "s", ms: 1000 },
  { unit: "ms", ms: 1 },
  { unit: "µs", ms: 1e-3 },
];

/** Round instants from 0 to `totalMs`, all in one unit. */
export function timeAxis(totalMs: Milliseconds, most: number): Axis {
  // A unit is worth it when at least two of it fit.
  const scale = TIME_UNITS.find(({ ms }) => totalMs >= 2 * ms) ?? { unit: "µs", ms: 1e-3 };
  const ticks = decimalSteps(totalMs / scale.ms, most).map((value) => ({
    at: value * scale.ms,
    label: String(value),
  }));
  return { ticks, unit: scale.unit };
}

/** Round guest-physical addresses from 0 to the end of memory, as page numbers; steps are powers of two. */
export function addressTicks(pageCount: PageCount, most: number): readonly Tick[] {
  const step: PageCount = 2 ** Math.max(0, Math.ceil(Math.log2(pageCount / most)));
  return stepsTo(pageCount, step).map((page) => ({
    at: page,
    label: formatBytes(page * PAGE_SIZE),
  }));
}

/** Round counts from 0 to `max`. */
export function countTicks(max: number, most: number): readonly Tick[] {
  return decimalSteps(max, most).map((at) => ({ at, label: formatShortCount(at) }));
}

/** Round sizes from 0 to `max`; steps are powers of two. */
export function byteTicks(max: Bytes, most: number): readonly Tick[] {
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, max) / most)));
  return stepsTo(max, step).map((at) => ({ at, label: formatBytes(at) }));
}

/** Multiples of 1, 2 or 5 times a power of ten, at most `most` steps. */
function decimalSteps(max: number, most: number): readonly number[] {
  if (!(max > 0)) return [0];
  const power = 10 ** Math.floor(Math.log10(max / most));
  const step =
    [1, 2, 5, 10].map((factor) => factor * power).find((size) => max / size <= most) ?? max;
  return stepsTo(max, step).map((value) => Number(value.toPrecision(6)));
}

function stepsTo(max: number, step: number): number[] {
  return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, index) => index * step);
}
