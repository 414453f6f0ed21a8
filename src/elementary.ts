/**
 * Elementary functions from + - * / only, so that every JavaScript engine and the WebAssembly kernel
 * give the same bits: `Math.log`, `Math.exp` and `Math.pow` may differ from engine to engine, and a
 * report must not.
 */

const LN2 = Math.LN2;
const SQRT2 = Math.SQRT2;
const bits = new DataView(new ArrayBuffer(8));

/** Natural logarithm of x > 0, within 1e-12 relative: exponent and mantissa split, then the atanh series. */
export function ln(x: number): number {
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  bits.setUint32(0, (high & 0x000fffff) | 0x3ff00000);
  let mantissa = bits.getFloat64(0);
  if (mantissa > SQRT2) {
    mantissa *= 0.5;
    exponent += 1;
  }
  const z = (mantissa - 1) / (mantissa + 1);
  const square = z * z;
  let series = 2 / 17;
  for (let power = 15; power >= 1; power -= 2) series = 2 / power + square * series;
  return exponent * LN2 + z * series;
}

/** e^x for |x| below 700, within 1e-14 relative. */
export function exp(x: number): number {
  const shift = Math.round(x / LN2);
  const rest = x - shift * LN2;
  let sum = 1;
  for (let term = 18; term >= 1; term--) sum = 1 + (rest * sum) / term;
  return sum * 2 ** shift;
}

/** 1 - e^-x for x >= 0, exact also for small x. */
export function oneMinusExp(x: number): number {
  if (x > 40) return 1;
  if (x > 0.5) return 1 - exp(-x);
  let sum = 0;
  for (let term = 16; term >= 1; term--) sum = (x / term) * (1 - sum);
  return sum;
}

/** base^exponent for base > 0. */
export function power(base: number, exponent: number): number {
  return exp(exponent * ln(base));
}
