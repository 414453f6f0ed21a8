import { ln } from "../elementary.js";

/** Words of state: four xoshiro128++ generators side by side (Blackman & Vigna 2019), as in the kernel. */
export const RANDOM_STATE_WORDS = 16;

const TWO_POW_52 = 2 ** 52;

function rotateLeft(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}

/** Splitmix32: spreads a seed over a state. */
function* splitmix32(seed: number): Generator<number> {
  let counter = seed >>> 0;
  for (;;) {
    counter = (counter + 0x9e3779b9) >>> 0;
    let z = counter;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    yield (z ^ (z >>> 16)) >>> 0;
  }
}

/** FNV-1a over a label's UTF-16 code units. */
function hashLabel(label: string, basis: number): number {
  let hash = (basis ^ 0x811c9dc5) >>> 0;
  for (let index = 0; index < label.length; index++) {
    hash = Math.imul(hash ^ label.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}

/**
 * A seeded stream of random numbers, the same in every engine. Streams for different purposes are
 * forked by label, so that a new consumer does not disturb the draws of the others.
 */
export class Random {
  /** The generator's state; the kernel reads and advances it in place of this class. */
  readonly state: Uint32Array = new Uint32Array(RANDOM_STATE_WORDS);
  readonly #seed: number;
  readonly #drawn = new Uint32Array(4);
  #left = 0;

  /** @param seed - Whole, 0 .. 2^32 - 1. */
  constructor(seed: number) {
    this.#seed = seed >>> 0;
    const words = splitmix32(this.#seed);
    for (let index = 0; index < RANDOM_STATE_WORDS; index++) {
      this.state[index] = words.next().value as number;
    }
  }

  /** An independent stream, the same for the same seed and label. */
  fork(label: string): Random {
    return new Random(hashLabel(label, this.#seed));
  }

  /** The next 32 random bits. */
  nextUint32(): number {
    if (this.#left === 0) {
      this.#step();
      this.#left = 4;
    }
    const value = this.#drawn[4 - this.#left] as number;
    this.#left -= 1;
    return value;
  }

  /** Uniform over (0, 1], in steps of 2^-52. */
  nextUnit(): number {
    const high = this.nextUint32();
    return (high * 2 ** 20 + (this.nextUint32() >>> 12) + 1) / TWO_POW_52;
  }

  /** Uniform over the whole numbers 0 .. below - 1; below at most 2^32. */
  nextBelow(below: number): number {
    return Math.floor((this.nextUint32() * below) / 2 ** 32);
  }

  /** Exponentially distributed with mean 1. */
  nextExponential(): number {
    return -ln(this.nextUnit());
  }

  #step(): void {
    const s = this.state;
    for (let lane = 0; lane < 4; lane++) {
      const s0 = s[lane] as number;
      let s1 = s[lane + 4] as number;
      let s2 = s[lane + 8] as number;
      let s3 = s[lane + 12] as number;
      this.#drawn[lane] = rotateLeft((s0 + s3) | 0, 7) + s0;
      const t = s1 << 9;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s[lane] = s0 ^ s3;
      s[lane + 4] = s1;
      s[lane + 8] = s2 ^ t;
      s[lane + 12] = rotateLeft(s3, 11);
    }
  }
}

/** Standard normal, as the sum of twelve uniform numbers less six: within 4 sigma good enough for counts. */
export function drawNormal(random: Random): number {
  let sum = -6;
  for (let term = 0; term < 12; term++) sum += random.nextUint32() / 2 ** 32;
  return sum;
}
