// The natural logarithm, within 1e-12 relative: ln(2^e m) = e ln 2 + 2 atanh(z) with z = (m - 1) / (m + 1)
// and m in (sqrt(1/2), sqrt(2)], so |z| < 0.172. Only operations that IEEE 754 rounds the same everywhere,
// in a fixed order, so that two at once, one at a time and ln in src/elementary.ts give the same bits.

const EXPONENT_BIAS: i64 = 1023;
const MANTISSA: i64 = 0x000f_ffff_ffff_ffff;
const ONE: i64 = 0x3ff0_0000_0000_0000;
const SQRT_2: f64 = 1.4142135623730951;
const LN_2: f64 = 0.6931471805599453;
/** The double 2^52: with it in front, an integer below 2^52 is the mantissa of a double. */
const TWO_POW_52: f64 = 4503599627370496.0;
const TWO_POW_52_BITS: i64 = 0x4330_0000_0000_0000;

/** Replaces two pairs of random u32 by the logarithms of the fractions in (0, 1] that they stand for. */
export function storeLogarithms(at: usize): void {
  if (ASC_FEATURE_SIMD) {
    v128.store(at, lnPair(fractionPair(v128.load(at))));
  } else {
    store<f64>(at, ln(fraction(load<u64>(at))));
    store<f64>(at, ln(fraction(load<u64>(at, 8))), 8);
  }
}

/** 52 random bits, the high 32 in the low half of `pair`, as a fraction in (0, 1]. */
function fraction(pair: u64): f64 {
  const digits = ((pair & 0xffff_ffff) << 20) | (pair >> 44);
  return <f64>(digits + 1) * (1.0 / TWO_POW_52);
}

function fractionPair(pairs: v128): v128 {
  const high = i64x2.shl(v128.and(pairs, i64x2.splat(0xffff_ffff)), 20);
  const digits = v128.or(high, i64x2.shr_u(pairs, 44));
  // Less 2^52 - 1 and not 2^52: that is the one to be added.
  const count = f64x2.sub(asDoubles(digits), f64x2.splat(TWO_POW_52 - 1.0));
  return f64x2.mul(count, f64x2.splat(1.0 / TWO_POW_52));
}

/** Integers below 2^52 as doubles, 2^52 too large. */
function asDoubles(integers: v128): v128 {
  return v128.or(integers, i64x2.splat(TWO_POW_52_BITS));
}

function ln(x: f64): f64 {
  const bits = reinterpret<i64>(x);
  let exponent = <f64>((bits >> 52) - EXPONENT_BIAS);
  let mantissa = reinterpret<f64>((bits & MANTISSA) | ONE);
  if (mantissa > SQRT_2) {
    mantissa *= 0.5;
    exponent += 1;
  }
  const z = (mantissa - 1) / (mantissa + 1);
  const square = z * z;
  let sum = 2.0 / 17.0;
  sum = sum * square + 2.0 / 15.0;
  sum = sum * square + 2.0 / 13.0;
  sum = sum * square + 2.0 / 11.0;
  sum = sum * square + 2.0 / 9.0;
  sum = sum * square + 2.0 / 7.0;
  sum = sum * square + 2.0 / 5.0;
  sum = sum * square + 2.0 / 3.0;
  sum = sum * square + 2.0;
  return exponent * LN_2 + z * sum;
}

function lnPair(x: v128): v128 {
  const one = f64x2.splat(1);
  const bits = v128.or(v128.and(x, i64x2.splat(MANTISSA)), i64x2.splat(ONE));
  const isLarge = f64x2.gt(bits, f64x2.splat(SQRT_2));
  const mantissa = v128.bitselect(f64x2.mul(bits, f64x2.splat(0.5)), bits, isLarge);
  const biased = asDoubles(i64x2.shr_u(x, 52));
  const unbiased = f64x2.sub(biased, f64x2.splat(TWO_POW_52 + <f64>EXPONENT_BIAS));
  const exponent = f64x2.add(unbiased, v128.and(isLarge, one));
  const z = f64x2.div(f64x2.sub(mantissa, one), f64x2.add(mantissa, one));
  const square = f64x2.mul(z, z);
  let sum = f64x2.splat(2.0 / 17.0);
  sum = term(sum, square, 2.0 / 15.0);
  sum = term(sum, square, 2.0 / 13.0);
  sum = term(sum, square, 2.0 / 11.0);
  sum = term(sum, square, 2.0 / 9.0);
  sum = term(sum, square, 2.0 / 7.0);
  sum = term(sum, square, 2.0 / 5.0);
  sum = term(sum, square, 2.0 / 3.0);
  sum = term(sum, square, 2.0);
  return f64x2.add(f64x2.mul(exponent, f64x2.splat(LN_2)), f64x2.mul(z, sum));
}

function term(sum: v128, square: v128, constant: f64): v128 {
  return f64x2.add(f64x2.mul(sum, square), f64x2.splat(constant));
}
