import { fileURLToPath } from "node:url";

const FIXTURE = fileURLToPath(new URL("../../fixtures/kv-store", import.meta.url));
const STRATEGIES = ["cold", "stop-and-copy", "pre-copy", "post-copy", "hybrid"];
const TIB = 2 ** 40;
const GIB = 2 ** 30;
const PAGE = 4096;

/**
 * A migration to time.
 *
 * @typedef {object} Experiment
 * @property {string} name - Of the comparison.
 * @property {string} pattern
 * @property {number} pages - Of the guest.
 * @property {number} repeats
 * @property {import("../../dist/node.js").ScenarioInput} scenario
 * @property {import("./goals.js").Goal} [goal]
 */

/** A guest of a size that writes 5,000,000 pages a second, over 100 Gbit/s. */
function largeGuest(bytes, workload, options) {
  return {
    strategy: "pre-copy",
    memory: `${bytes / GIB}GiB`,
    bandwidth: "100Gbit/s",
    workload: `${workload.replace("SIZE", `${bytes / GIB}GiB`)},rate=5000000/s`,
    ...options,
  };
}

const zipf = (skew) => ({ text: "hot-set:wss=SIZE", skew });
