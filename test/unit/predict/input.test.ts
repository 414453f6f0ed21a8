import { describe, expect, test } from "vitest";
import { InvalidOptionError } from "../../../src/errors.js";
import { type PredictionInput, resolvePrediction } from "../../../src/predict/input.js";
import { predict } from "../../../src/predict/prediction.js";

const GUEST = { workload: "uniform:wss=64MiB,rate=100/s", memory: "1GiB" };
const OBSERVATION = {
  kind: "godwit-observation",
  version: 1,
  source: "trace",
  subject: "a trace",
  observedMs: 1000,
  contents: {
    totalPages: 1000,
    nonzeroPages: 400,
    nonzeroPagesError: 10,
    repeatedPages: null,
    compressedShare: null,
  },
  curve: [
    {
      horizonMs: 1000,
      pages: 300,
      deviation: 5,
      windows: 4,
      deltaBytes: null,
      overflowShare: null,
    },
  ],
  cost: null,
} as const;

test("QEMU's defaults fill what is left out", () => {
  const { settings, options, guest } = resolvePrediction(GUEST);
  expect(settings).toEqual({
    profile: "qemu-7.2",
    maxBandwidth: 134_217_728,
    downtimeLimitMs: 300,
    xbzrleCacheBytes: null,
    autoConverge: null,
    postCopyAfterMs: null,
    stopFirst: false,
  });
  expect(options).toMatchObject({ runs: 400, seed: 1, deadlineMs: null });
  expect(guest.nonzeroPages).toEqual([{ from: 262_144, to: 262_144 }]);
});

test("reads everything that can be given", () => {
  const { settings, options, guest } = resolvePrediction({
    ...GUEST,
    nonzeroPages: "60000,70000..80000",
    background: "uniform:wss=8MiB,rate=40/s",
    bandwidth: "20Gbit/s",
    downtimeLimit: "0.5s",
    xbzrleCache: "64MiB",
    autoConverge: true,
    throttleInitial: "30%",
    postCopyAfter: "5s",
    deadline: "1m",
    accelerator: "tcg",
    catchUp: "none",
    freshPage: "9us",
  });
  expect(guest.nonzeroPages).toEqual([
    { from: 60_000, to: 60_000 },
    { from: 70_000, to: 80_000 },
  ]);
  expect(guest.classes).toHaveLength(2);
  expect(settings).toMatchObject({
    downtimeLimitMs: 500,
    xbzrleCacheBytes: 2 ** 26,
    autoConverge: { initial: 0.3, increment: 0.1, max: 0.99, trigger: 0.5 },
    postCopyAfterMs: 5000,
  });
  expect(options.deadlineMs).toBe(60_000);
  // A cap beyond 10 Gbit/s means a link beyond it.
  expect(options.hosts).toMatchObject({
    linkBandwidth: 2.5e9,
    accelerator: "tcg",
    catchUpMs: null,
    freshPageMs: 0.009,
  });
});

test("an observation is a guest", () => {
  const { guest } = resolvePrediction({ observation: OBSERVATION });
  expect(guest.totalPages).toBe(1000);
  expect(guest.classes[0]?.distinct(500)).toBe(150);
  const [range] = guest.nonzeroPages;
  expect(range?.from).toBeCloseTo(400 - 10 * Math.sqrt(3));
});

test("where an observation says that the nonzero pages are, the first pass ends accordingly", () => {
  // Ten thousand pages that hold something, at the bottom of the memory or at its top.
  const nonzeroByPart = [5000, 5000, 0, 0, 0, 0, 0, 0];
  const contents = { ...OBSERVATION.contents, totalPages: 40_000, nonzeroPages: 10_000 };
  const totalMsBy = (parts: readonly number[]) => {
    const observation = { ...OBSERVATION, contents: { ...contents, nonzeroByPart: parts } };
    const { guest, settings, options } = resolvePrediction({
      ...{ observation, bandwidth: "10MB/s", downtimeLimit: 2000 },
    });
    return predict(guest, settings, { ...options, runs: 50 }).totalMs?.p50 ?? 0;
  };
  const above = totalMsBy(nonzeroByPart.toReversed());
  const below = totalMsBy(nonzeroByPart);
  // What may wait for the switchover is 20 MB of the top: zeros, or pages that no cap holds any more.
  expect(below).toBeGreaterThan(4000);
  expect(above).toBeLessThan(below - 1500);
});

test("a working set is never zero, however few pages are said not to be", () => {
  const { guest } = resolvePrediction({ ...GUEST, nonzeroPages: 5 });
  expect(guest.nonzeroPages).toEqual([{ from: 16_384, to: 16_384 }]);
});

describe("refuses, and names the option", () => {
  const wrong: [string, PredictionInput, RegExp][] = [
    ["no guest", {}, /^workload: .*observation, or workload and memory/],
    ["no memory", { workload: "idle" }, /^memory: /],
    ["two guests", { observation: OBSERVATION, memory: "1GiB" }, /^memory: .*observation/],
    ["a rate without a unit", { ...GUEST, bandwidth: "100" }, /^bandwidth: .*data rate/],
    ["no bandwidth at all", { ...GUEST, bandwidth: "0B/s" }, /^bandwidth: .*above 0/],
    ["a cache no power of two", { ...GUEST, xbzrleCache: "100MB" }, /^xbzrleCache: .*power of two/],
    ["a throttle without its switch", { ...GUEST, throttleInitial: "50%" }, /^throttleInitial: /],
    [
      "a throttle that begins above its end, as QEMU does",
      { ...GUEST, autoConverge: true, throttleInitial: "60%", throttleMax: "30%" },
      /^throttleMax: got "30%", expected at least throttleInitial, 60%/,
    ],
    ["a throttle of everything", { ...GUEST, autoConverge: true, throttleMax: "100%" }, /99%/],
    ["post-copy of a stopped guest", { ...GUEST, stopFirst: true, postCopyAfter: "1s" }, /stopped/],
    ["a range upside down", { ...GUEST, nonzeroPages: "9..3" }, /^nonzeroPages: .*whole number/],
    ["a range of three", { ...GUEST, nonzeroPages: "1..2..3" }, /N\.\.M/],
    ["more pages than there are", { ...GUEST, nonzeroPages: 262_145 }, /^nonzeroPages: /],
    ["a working set that does not fit", { ...GUEST, memory: "32MiB" }, /fit/],
    ["an unknown profile", { ...GUEST, profile: "qemu-3" }, /qemu-7.2, qemu-10/],
    ["an unknown accelerator", { ...GUEST, accelerator: "xen" }, /kvm or tcg/],
    ["a trace", { ...GUEST, workload: "trace:here" }, /observe/],
    ["phases", { ...GUEST, workload: "phases:p.json" }, /observe/],
    ["no runs", { ...GUEST, runs: 0 }, /^runs: /],
    ["a downtime beyond QEMU's", { ...GUEST, downtimeLimit: "1h" }, /2000000 ms/],
    ["a negative downtime", { ...GUEST, downtimeLimit: -1 }, /^downtimeLimit: /],
  ];
  test.each(wrong)("%s", (_, input, message) => {
    expect(() => resolvePrediction(input)).toThrow(InvalidOptionError);
    expect(() => resolvePrediction(input)).toThrow(message);
  });
});
