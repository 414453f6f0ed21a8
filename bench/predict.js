import { predict, resolvePrediction } from "../dist/node.js";
import { effortOf } from "./effort.js";
import { interleave } from "./interleave.js";
import { resultOf } from "./result.js";
import { rateText, textTable, timeText } from "./text-table.js";

const GUEST = { memory: "64GiB", nonzeroPages: "12000000..14000000", bandwidth: "10Gbit/s" };
/** Guests that end soon, after many passes, by a throttle, by deltas, and never. */
const QUESTIONS = {
  "64 GiB, converges": { workload: "hot-set:wss=16GiB,rate=100k/s" },
  "64 GiB, Zipf": { workload: "hot-set:wss=32GiB,rate=300k/s,skew=1.1" },
  "64 GiB, auto-converge": { workload: "uniform:wss=32GiB,rate=600k/s", autoConverge: true },
  "64 GiB, XBZRLE": { workload: "uniform:wss=4GiB,rate=900k/s", xbzrleCache: "4GiB" },
  "64 GiB, does not converge": { workload: "uniform:wss=48GiB,rate=2M/s" },
};

/**
 * Predictions: QEMU's loop 400 times.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchPredict({ small, onProgress }) {
  const runs = small ? 4 : 400;
  const results = [];
  for (const [pattern, question] of Object.entries(QUESTIONS)) {
    onProgress(pattern);
    const { guest, settings, options } = resolvePrediction({ ...GUEST, ...question, runs });
    const run = () => predict(guest, settings, options);
    const samples = await interleave([{ name: "godwit", run }], effortOf(small));
    const work = { count: runs, unit: "runs" };
    results.push(resultOf({ group: "predict", name: "predict", pattern, work }, samples));
  }
  return { results, absent: {}, text: textOf(results) };
}

/** @param {readonly import("./result.js").Result[]} results */
function textOf(results) {
  const rows = results.map(({ pattern, medianMs, p10Ms, perSecond, unit }) => {
    return [pattern, timeText(medianMs), timeText(p10Ms), rateText(perSecond, unit)];
  });
  return textTable(["guest", "median of 400 runs", "p10", "rate"], rows, [0]);
}
