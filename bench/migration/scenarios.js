import { fileURLToPath } from "node:url";

/** @typedef {import("../../dist/node.js").ScenarioInput} ScenarioInput */

/**
 * A migration to time.
 *
 * @typedef {object} Experiment
 * @property {string} name
 * @property {string} pattern
 * @property {number} pages - Of the guest.
 * @property {number} repeats - Processes that it is run in.
 * @property {ScenarioInput} scenario
 */

const FIXTURE = fileURLToPath(new URL("../../fixtures/kv-store", import.meta.url));
const FIXTURE_PAGES = 4096;
const STRATEGIES = ["cold", "stop-and-copy", "pre-copy", "post-copy", "hybrid"];
const PAGE_SIZE = 4096;
const MIB = 2 ** 20;
const GIB = 2 ** 30;
const TIB = 2 ** 40;
const WRITES_PER_SECOND = 5_000_000;
const BITS_PER_SECOND = 100e9;
/** How much smaller everything but its name is in a small run: guest, writes and link alike. */
const SMALL_SCALE = 2 ** -14;

/**
 * The recorded guest that the project carries, under every strategy. Its link is as slow as it is small,
 * so that rounds matter.
 *
 * @param {boolean} small
 * @returns {Experiment[]}
 */
export function fixtureExperiments(small) {
  return STRATEGIES.map((strategy) => ({
    name: "recorded guest, 16 MiB",
    pattern: strategy,
    pages: FIXTURE_PAGES,
    repeats: small ? 1 : 5,
    scenario: { strategy, workload: `trace:${FIXTURE}`, bandwidth: "40Mbit/s" },
  }));
}

/**
 * A guest of 1 TiB, then a larger one and other strategies.
 *
 * @param {boolean} small
 * @returns {Experiment[]}
 */
export function largeExperiments(small) {
  const repeats = small ? 1 : 5;
  return [
    { ...largeGuest("Zipf 0.99", TIB, small, {}), repeats },
    {
      ...largeGuest("uniform, 40 rounds", TIB, small, { maxRounds: 40, onNotConverged: "stop" }),
      repeats,
    },
    { ...largeGuest("Zipf 0.99", 16 * TIB, small, {}), repeats: small ? 1 : 3 },
    { ...largeGuest("Zipf 0.99", TIB, small, { strategy: "hybrid" }), repeats: small ? 1 : 3 },
    { ...largeGuest("Zipf 0.99", TIB, small, { strategy: "post-copy" }), repeats: small ? 1 : 2 },
  ];
}

/**
 * The same writes and link with guests of several sizes, and one guest with several numbers of rounds.
 *
 * @param {boolean} small
 * @returns {Experiment[]}
 */
export function linearExperiments(small) {
  const points = [
    [TIB / 4, 20],
    [TIB / 2, 20],
    [TIB, 10],
    [TIB, 20],
    [TIB, 40],
    [2 * TIB, 20],
  ];
  return (small ? points.slice(-2) : points).map(([bytes, rounds]) => ({
    ...largeGuest(`uniform, ${rounds} rounds`, bytes, small, {
      maxRounds: rounds,
      onNotConverged: "stop",
    }),
    name: "linearity",
    repeats: small ? 1 : 3,
  }));
}

/**
 * A guest with real bytes, each of them compared in the end.
 *
 * @param {boolean} small
 * @returns {Experiment}
 */
export function realBytesExperiment(small) {
  const bytes = small ? 16 * MIB : 8 * GIB;
  const wss = small ? "2MiB" : "1GiB";
  return {
    name: "real bytes",
    pattern: "8 GiB, pre-copy, verified",
    pages: bytes / PAGE_SIZE,
    repeats: small ? 1 : 2,
    scenario: {
      strategy: "pre-copy",
      memory: sizeText(bytes).replace(" ", ""),
      contents: "generated",
      workload: `hot-set:wss=${wss},rate=20000/s`,
      bandwidth: "10Gbit/s",
    },
  };
}

/**
 * A guest that writes 5,000,000 pages a second, over 100 Gbit/s.
 *
 * @param {string} pattern
 * @param {number} fullBytes
 * @param {boolean} small
 * @param {ScenarioInput} options
 */
function largeGuest(pattern, fullBytes, small, options) {
  const scale = small ? SMALL_SCALE : 1;
  const bytes = fullBytes * scale;
  const memory = sizeText(bytes).replace(" ", "");
  const rate = Math.round(WRITES_PER_SECOND * scale);
  const workload = pattern.startsWith("Zipf")
    ? `hot-set:wss=${memory},rate=${rate}/s,skew=0.99`
    : `uniform:wss=${memory},rate=${rate}/s`;
  const scenario = {
    strategy: "pre-copy",
    memory,
    workload,
    bandwidth: `${Math.round(BITS_PER_SECOND * scale)}bit/s`,
    ...options,
  };
  return {
    name: "large guest",
    pattern: `${sizeText(fullBytes)}, ${pattern}, ${scenario.strategy}`,
    pages: bytes / PAGE_SIZE,
    scenario,
  };
}

/** @param {number} bytes */
function sizeText(bytes) {
  if (bytes >= TIB) return `${bytes / TIB} TiB`;
  return bytes >= GIB ? `${bytes / GIB} GiB` : `${bytes / MIB} MiB`;
}
