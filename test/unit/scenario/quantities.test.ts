import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isGodwitError } from "../../../src/errors.js";
import {
  formatBytes,
  formatDuration,
  formatRate,
  parseCount,
  parseNumber,
  parseRate,
  parseShare,
  parseSize,
  parseTime,
  parseWriteRate,
} from "../../../src/scenario/quantities.js";

const NONSENSE = [
  "",
  " ",
  "-1GiB",
  "+1GiB",
  "1e9B",
  "NaN",
  "Infinity",
  "0x10B",
  "1,5GiB",
  "1_000B",
  "1.GiB",
  ".5GiB",
  "1..5GiB",
  "1 000B",
  "GiB",
  "1GiB ",
  " 1GiB",
  "1GiBs",
  "1gib",
  "1  GiB",
  "1GiB1GiB",
  "١GiB",
  "1\nGiB",
  `1${"0".repeat(40)}B`,
  "9".repeat(10_000),
  null,
  undefined,
  {},
  [],
  true,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
];

describe("sizes", () => {
  test.each([
    ["0B", 0],
    ["4096B", 4096],
    ["1kB", 1000],
    ["1.5kB", 1500],
    ["3MB", 3e6],
    ["2GB", 2e9],
    ["1.1GB", 1.1e9],
    ["1TB", 1e12],
    ["1KiB", 1024],
    ["64MiB", 2 ** 26],
    ["1.5GiB", 1.5 * 2 ** 30],
    ["16TiB", 2 ** 44],
    ["1 GiB", 2 ** 30],
    ["0.0009765625KiB", 1],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseSize("memory", text)).toBe(bytes);
  });

  test.each([
    ...NONSENSE,
    "1",
    1,
    "1.5B",
    "1.234KiB",
    "9007199254740992B",
    "99999999TB",
    "1GHz",
    "1bit/s",
    "1s",
  ])("%o is refused", (value) => {
    expect(refusal(() => parseSize("memory", value))).toMatch(/^memory: got /);
  });

  test("a missing unit is said to be missing, with an example", () => {
    expect(refusal(() => parseSize("--memory", "64"))).toMatch(
      /got "64", expected a size .*such as 64MiB; the unit is missing/,
    );
    expect(refusal(() => parseSize("--memory", 64))).toMatch(/the unit is missing/);
  });
});

describe("rates of data", () => {
  test.each([
    ["8bit/s", 1],
    ["1bit/s", 0.125],
    ["10Gbit/s", 1.25e9],
    ["0.5Tbit/s", 6.25e10],
    ["100Mbit/s", 1.25e7],
    ["56kbit/s", 7000],
    ["1B/s", 1],
    ["1kB/s", 1e3],
    ["10MB/s", 1e7],
    ["1.25GB/s", 1.25e9],
    ["1KiB/s", 1024],
    ["1MiB/s", 2 ** 20],
    ["1GiB/s", 2 ** 30],
    ["0B/s", 0],
  ])("%s is %d bytes per second", (text, rate) => {
    expect(parseRate("bandwidth", text)).toBe(rate);
  });

  test.each([
    ...NONSENSE,
    "10",
    10,
    "10Gbps",
    "10Gbit",
    "10Gb/s",
    "10GiB",
    "1/s",
    "999999999999999999Tbit/s",
  ])("%o is refused", (value) => {
    expect(refusal(() => parseRate("bandwidth", value))).toMatch(/^bandwidth: got /);
  });
});

describe("rates of writes", () => {
  test.each([
    ["9000/s", 9000],
    ["5k/s", 5000],
    ["5M/s", 5e6],
    ["2.5M/s", 2.5e6],
    ["0.5/s", 0.5],
    ["0/s", 0],
  ])("%s is %d per second", (text, rate) => {
    expect(parseWriteRate("rate", text)).toBe(rate);
  });

  test.each([...NONSENSE, "9000", 9000, "9000/m", "5K/s", "9,000/s", "9_000/s", "9000B/s"])(
    "%o is refused",
    (value) => {
      expect(refusal(() => parseWriteRate("rate", value))).toMatch(/^rate: got /);
    },
  );
});

describe("times", () => {
  test.each([
    ["0s", 0],
    ["1ns", 1],
    ["200us", 200_000],
    ["200\u00b5s", 200_000],
    ["200\u03bcs", 200_000],
    ["1.5ms", 1_500_000],
    ["300ms", 3e8],
    ["10s", 1e10],
    ["2m", 1.2e11],
    ["1h", 3.6e12],
    ["0.1s", 1e8],
  ])("%s is %d ns", (text, ns) => {
    expect(parseTime("rtt", text)).toBe(ns);
  });

  test.each([...NONSENSE, "300", 300, "0.5ns", "1.0000001ms", "105000h", "3sec", "1d", "1MS"])(
    "%o is refused",
    (value) => {
      expect(refusal(() => parseTime("rtt", value))).toMatch(/^rtt: got /);
    },
  );
});

describe("shares, counts and plain numbers", () => {
  test.each([
    ["30%", 0.3],
    ["0.01%", 0.0001],
    ["100 %", 1],
    ["0.3", 0.3],
    [0.3, 0.3],
    [0, 0],
    [1, 1],
    ["0%", 0],
    [-0, 0],
  ])("%o is the share %d", (value, share) => {
    expect(parseShare("zero", value)).toBe(share);
  });

  test.each(["30", 30, "101%", "-1%", 1.001, Number.NaN, "1e-3", "half", null, "%", ""])(
    "share %o is refused",
    (value) => {
      expect(refusal(() => parseShare("zero", value))).toMatch(/^zero: got .*30% or 0.3/);
    },
  );

  test("counts", () => {
    expect(parseCount("seed", "42", 0, 100)).toBe(42);
    expect(parseCount("seed", 0, 0, 100)).toBe(0);
    for (const value of [
      "",
      "1.0",
      1.5,
      "-1",
      -1,
      101,
      "101",
      "1e1",
      "0x1",
      " 1",
      null,
      Number.NaN,
    ]) {
      expect(refusal(() => parseCount("seed", value, 0, 100))).toMatch(
        /^seed: got .*from 0 to 100/,
      );
    }
  });

  test("plain numbers", () => {
    expect(parseNumber("skew", "1.1", 0, 10)).toBe(1.1);
    expect(parseNumber("skew", 1.1, 0, 10)).toBe(1.1);
    for (const value of ["11", "1%", "-1", "1e0", "x", null, Number.NaN]) {
      expect(refusal(() => parseNumber("skew", value, 0, 10))).toMatch(/^skew: got /);
    }
  });
});

describe("what is written can be read", () => {
  test("times, to four digits", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 50 }), (ns) => {
        const read = parseTime("time", formatDuration(ns / 1e6));
        expect(Math.abs(read - ns)).toBeLessThanOrEqual(ns * 5.1e-4);
      }),
    );
  });

  test("rates, to four digits", () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e13, noNaN: true }), (rate) => {
        expect(Math.abs(parseRate("rate", formatRate(rate)) - rate)).toBeLessThanOrEqual(
          rate * 5.1e-4,
        );
      }),
    );
  });

  test("sizes, exactly when they are round", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1023 }),
        fc.integer({ min: 0, max: 4 }),
        (count, power) => {
          const bytes = count * 1024 ** power;
          expect(parseSize("size", formatBytes(bytes))).toBe(bytes);
        },
      ),
    );
  });

  test.each([
    [0, "0 s"],
    [5e-7, "0.5 ns"],
    [0.000_001, "1 ns"],
    [0.2, "200 µs"],
    [999.96, "1 s"],
    [2557, "2.557 s"],
    [599_000, "599 s"],
    [3_600_000, "60 m"],
    [7_200_000, "2 h"],
  ])("%d ms is written %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [4096, "4 KiB"],
    [1.5 * 2 ** 30, "1.5 GiB"],
    [2 ** 44, "16 TiB"],
    [2 ** 20 - 1, "1 MiB"],
  ])("%d bytes are written %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

/** The message of the error, which must be an `InvalidOptionError`. */
function refusal(action: () => unknown): string {
  try {
    const value = action();
    return `accepted as ${String(value)}`;
  } catch (error) {
    if (isGodwitError(error, "InvalidOptionError")) return error.message;
    throw error;
  }
}
