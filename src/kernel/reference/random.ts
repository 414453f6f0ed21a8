import type { Pointer, RandomExports } from "../exports.js";

/** Four generators side by side, over their 16 words of state in memory. */
export function createRandomExports(buffer: ArrayBuffer): RandomExports {
  const memory = new Uint32Array(buffer);
  return {
    randomFill(state, out, count) {
      for (let index = 0; index < count; index++) {
        memory[out / 4 + index] = nextOfLane(memory, state, index % 4);
      }
    },
  };
}

/** One step of the generator of one lane (0 .. 3): xoshiro128++, Blackman & Vigna 2019. */
export function nextOfLane(memory: Uint32Array, state: Pointer, lane: number): number {
  const at = state / 4 + lane;
  let s0 = memory[at] as number;
  let s1 = memory[at + 4] as number;
  let s2 = memory[at + 8] as number;
  let s3 = memory[at + 12] as number;
  const result = rotateLeft(s0 + s3, 7) + s0;
  const shifted = s1 << 9;
  s2 ^= s0;
  s3 ^= s1;
  s1 ^= s2;
  s0 ^= s3;
  s2 ^= shifted;
  s3 = rotateLeft(s3, 11);
  memory[at] = s0;
  memory[at + 4] = s1;
  memory[at + 8] = s2;
  memory[at + 12] = s3;
  return result >>> 0;
}

function rotateLeft(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
