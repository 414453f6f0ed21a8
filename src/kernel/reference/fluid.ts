import type { FluidExports, Pointer } from "../exports.js";

const SET = 0;
const CYCLE = 1;

/** D(t) from a curve's doubles. */
export function createFluidExports(buffer: ArrayBuffer): Pick<FluidExports, "fluidDirtyPages"> {
  const memory = new Float64Array(buffer, 0, Math.floor(buffer.byteLength / 8));
  return { fluidDirtyPages: (curve, ns) => dirtyPages(memory, curve, ns) };
}

/** D(t) of the curve that lies at a pointer. */
export function dirtyPages(memory: Float64Array, curve: Pointer, ns: number): number {
  let at = curve / 8 + 1;
  let pages = 0;
  for (let terms = memory[at - 1] as number; terms > 0; terms--) {
    const [kind, most, rate, fall, count] = memory.subarray(at, at + 5) as unknown as number[];
    if (kind === SET) pages += (most as number) * oneMinusExp((rate as number) * ns);
    else if (kind === CYCLE) pages += Math.min(most as number, (rate as number) * ns);
    else {
      const points = memory.subarray(at + 5, at + 5 + 2 * (count as number));
      pages += Math.min(most as number, onPoints(points, rate as number, fall as number, ns));
      at += 2 + points.length;
    }
    at += 3;
  }
  return pages;
}

function onPoints(points: Float64Array, slope: number, fall: number, ns: number): number {
  const [lastNs, lastPages] = points.subarray(-2) as unknown as [number, number];
  if (ns >= lastNs) {
    const beyond = ns - lastNs;
    const more = fall > 0 ? slope * fall * oneMinusExp(beyond / fall) : slope * beyond;
    return lastPages + more;
  }
  let low = 0;
  let high = points.length / 2 - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[2 * middle] as number) > ns) high = middle;
    else low = middle + 1;
  }
  const fromNs = low > 0 ? (points[2 * low - 2] as number) : 0;
  const fromPages = low > 0 ? (points[2 * low - 1] as number) : 0;
  const share = (ns - fromNs) / ((points[2 * low] as number) - fromNs);
  return fromPages + ((points[2 * low + 1] as number) - fromPages) * share;
}

/** 1 - e^-x for x >= 0: e^-x = 2^-k e^rest, and a power series for what is small. */
function oneMinusExp(x: number): number {
  if (x > 40) return 1;
  if (x > 0.5) {
    const halvings = Math.floor(x * (1 / Math.LN2) + 0.5);
    const rest = halvings * Math.LN2 - x;
    return 1 - (HALVES[halvings] as number) * (1 + rest * expSeries(rest));
  }
  return x * expSeries(-x);
}

/** 2^-k for k up to 63. */
const HALVES = new Float64Array(64).fill(1);
for (let k = 1; k < HALVES.length; k++) HALVES[k] = (HALVES[k - 1] as number) / 2;

/** 1/14! down to 1/2!, 1/1!: the coefficients of (e^y - 1) / y, the highest first. */
const COEFFICIENTS: number[] = [];
for (let term = 1, factorial = 1; term <= 14; term++, factorial *= term) {
  COEFFICIENTS.unshift(1 / factorial);
}

function expSeries(y: number): number {
  return COEFFICIENTS.reduce((sum, coefficient) => sum * y + coefficient, 0);
}
