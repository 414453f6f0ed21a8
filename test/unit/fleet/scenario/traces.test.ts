import { describe, expect, test } from "vitest";
import { parseAzure } from "../../../../src/fleet/scenario/traces/azure.js";
import { parseBitbrainsFiles } from "../../../../src/fleet/scenario/traces/bitbrains.js";
import {
  parsePlanetLabFiles,
  parsePlanetLabTable,
} from "../../../../src/fleet/scenario/traces/planetlab.js";

const FIVE_MINUTES = 300e9;

describe("PlanetLab", () => {
  test("has a file of per cents for each VM, in the order of their names", () => {
    const trace = parsePlanetLabFiles([
      { name: "b", text: "10\r\n20\r\n" },
      { name: "a", text: "7\n\n100" },
    ]);
    expect(trace).toEqual({
      intervalNs: FIVE_MINUTES,
      vms: [
        { name: "a", shares: Float64Array.of(0.07, 1) },
        { name: "b", shares: Float64Array.of(0.1, 0.2) },
      ],
    });
  });

  test("or one table", () => {
    const trace = parsePlanetLabTable("day.csv", "vm,t0,t600\nx,1,2\ny,3,4\n");
    expect(trace.intervalNs).toBe(2 * FIVE_MINUTES);
    expect(trace.vms[1]).toEqual({ name: "y", shares: Float64Array.of(0.03, 0.04) });
  });

  test.each([
    ["101", 'a, line 1: got "101", expected CPU in per cent, a number from 0 to 100'],
    ["5\nx", 'a, line 2: got "x"'],
    ["-1", 'a, line 1: got "-1"'],
    ["", 'a: got "an empty file", expected at least one value'],
    ["9".repeat(2_000_000), "expected lines of at most 1000000 characters"],
  ])("%.10s is refused", (text, message) => {
    expect(() => parsePlanetLabFiles([{ name: "a", text }])).toThrow(message);
  });

  test.each([
    ["", "expected a head of vm,t0,t300,..."],
    ["vm,t0,t300\n", 'got "no VM"'],
    ["vm,t0,t300,t700\na,1,2,3", "seconds at even steps from 0"],
    ["vm,t0,t0\na,1,2", "seconds at even steps from 0"],
    ["vm,t0,t300\na,1", 't.csv, line 2: got "1 values", expected 2 values'],
    ["vm,t0,t300\na,1,", 't.csv, line 2: got ""'],
  ])("a table %j is refused", (text, message) => {
    expect(() => parsePlanetLabTable("t.csv", text)).toThrow(message);
  });
});

describe("Bitbrains", () => {
  const HEAD = "Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tand so on\n";
  const row = (time: number, perCent: number | string) =>
    `${time};\t4;\t11704;\t2340;\t${perCent};\t67108864;\t6.6E6;\t0;\t1;\t2;\t3\n`;

  test("has a numbered file for each VM, with its size", () => {
    const start = 1_376_314_846;
    const trace = parseBitbrainsFiles([
      { name: "fast/10.csv", text: HEAD + row(start, 10) },
      { name: "fast/9.csv", text: HEAD + row(start, 93.25) + row(start + 300, 2) },
    ]);
    expect(trace.vms).toEqual([
      {
        ...{ name: "fast/9.csv", shares: Float64Array.of(0.9325, 0.02) },
        ...{ vcpus: 4, memoryBytes: 64 * 2 ** 30 },
      },
      expect.objectContaining({ name: "fast/10.csv", shares: Float64Array.of(0.1) }),
    ]);
  });

  test("holds a value over a gap, also where time is in milliseconds", () => {
    const start = 1_376_314_846_000;
    const text = row(start, 10) + row(start + 900_000, 40);
    const [vm] = parseBitbrainsFiles([{ name: "1.csv", text }]).vms;
    expect(vm?.shares).toEqual(Float64Array.of(0.1, 0.1, 0.1, 0.4));
  });

  test("use beyond what was provisioned is all of it", () => {
    const [vm] = parseBitbrainsFiles([{ name: "1.csv", text: row(1000, 120) }]).vms;
    expect(vm?.shares).toEqual(Float64Array.of(1));
  });

  test.each([
    [HEAD, "expected at least one"],
    ["1;2;3\n", '1.csv, line 1: got "3 cells", expected 11 cells'],
    [row(1000, "x"), '1.csv, line 1: got "x", expected CPU in per cent'],
    [row(900_000, 1) + row(300, 1), "1.csv, line 2: got"],
    [row(0, 1) + row(99_999_999_999, 1), "expected at most 20000000 intervals in all"],
  ])("%.20s is refused", (text, message) => {
    expect(() => parseBitbrainsFiles([{ name: "1.csv", text }])).toThrow(message);
  });
});

describe("Azure", () => {
  const table = (text: string) => ({ name: "vmtable.csv", text });
  const readings = (text: string) => [{ name: "readings.csv", text }];
  const VM = "a,s,d,300,1500,90,40,80,Unknown,2,4\n";

  test("has a VM while it was there, with its readings", () => {
    const { vms } = parseAzure(table(VM), readings("600,a,1,9,20\n1200,a,1,9,60\n900,z,1,2,3"));
    expect(vms).toEqual([
      {
        ...{ name: "a", arrivesNs: 300e9, departsNs: 1500e9, vcpus: 2, memoryBytes: 4 * 2 ** 30 },
        shares: Float64Array.of(0, 0.2, 0.2, 0.6),
      },
    ]);
  });

  test("without readings a VM is at its mean", () => {
    expect(parseAzure(table(VM), []).vms[0]?.shares).toEqual(Float64Array.of(0.4));
  });

  test.each([
    ["", "", 'vmtable.csv: got "no VM"'],
    ["a,b\n", "", 'vmtable.csv, line 1: got "2 cells", expected 11 cells'],
    [VM + VM, "", 'vmtable.csv, line 2: got "a", expected a VM that is not there yet'],
    [VM, "600,a,1,2\n", 'readings.csv, line 1: got "4 cells", expected 5 cells'],
    [VM, "1e9,a,1,2,3\n", 'readings.csv, line 1: got "1e9", expected a time in s'],
    [VM, "1200,a,1,2,3\n300,a,1,2,3\n", 'readings.csv, line 2: got "300"'],
    [VM, "600,a,1,2,\n", 'readings.csv, line 1: got ""'],
  ])("%.12s with %.12s is refused", (vms, values, message) => {
    expect(() => parseAzure(table(vms), readings(values))).toThrow(message);
  });
});
