// Holds random.ts.
import { describe, expect, test } from "vitest";
import { BASE, Backends } from "./backends.js";

const STATE = BASE;
const OUT = BASE + 64;
const backends = new Backends(8192);

describe("randomFill", () => {
  test("is xoshiro128++ in every lane", () => {
    // The generator's published first numbers for the state 1, 2, 3, 4. The first one by hand:
    // s0 + s3 = 5, rotated left by 7 bits is 640, plus s0 is 641.
    const published = [641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732];
    backends.writeU32(STATE, [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4]);
    backends.call((kernel) => kernel.randomFill(STATE, OUT, 4 * published.length));
    expect(backends.readU32(OUT, 4 * published.length)).toEqual(
      published.flatMap((number) => [number, number, number, number]),
    );
  });

  test("keeps its lanes apart", () => {
    backends.writeU32(STATE, [1, 7, 0, 9, 2, 0, 0, 9, 3, 0, 0, 9, 4, 0, 1, 9]);
    backends.call((kernel) => kernel.randomFill(STATE, OUT, 4));
    const rotated = (value: number) => ((value << 7) | (value >>> 25)) >>> 0;
    expect(backends.readU32(OUT, 4)).toEqual([
      rotated(5) + 1,
      rotated(7) + 7,
      rotated(1),
      rotated(18) + 9,
    ]);
  });

  test("goes on where it stopped", () => {
    const seed = Array.from({ length: 16 }, (_, index) => (index * 0x9e3779b9) >>> 0);
    backends.writeU32(STATE, seed);
    backends.call((kernel) => kernel.randomFill(STATE, OUT, 64));
    const atOnce = backends.readU32(OUT, 64);
    const stateAfter = backends.readU32(STATE, 16);
    backends.writeU32(STATE, seed);
    backends.call((kernel) => kernel.randomFill(STATE, OUT, 24));
    backends.call((kernel) => kernel.randomFill(STATE, OUT + 96, 40));
    expect(backends.readU32(OUT, 64)).toEqual(atOnce);
    expect(backends.readU32(STATE, 16)).toEqual(stateAfter);
  });
});
