import { freemem } from "node:os";
import { runExperiments } from "./migration/run-children.js";
import {
  fixtureExperiments,
  largeExperiments,
  linearExperiments,
  realBytesExperiment,
} from "./migration/scenarios.js";
import { memoryText, textTable, timeText } from "./text-table.js";

/** Source and target hold the bytes, and each its dirty log and batches. */
const REAL_BYTES_NEED = 19 * 2 ** 30;

/**
 * Whole migrations, each in a process of its own.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchMigration({ small, onProgress }) {
  const fixture = await runExperiments(fixtureExperiments(small), onProgress);
  const large = await runExperiments(largeExperiments(small), onProgress);
  const linear = await runExperiments(linearExperiments(small), onProgress);
  const { results: real, absent, note } = await benchRealBytes(small, onProgress);
  const parts = [migrationTable([...fixture, ...large, ...real]), ...note, linearityTable(linear)];
  return {
    results: [...fixture, ...large, ...linear, ...real],
    absent,
    text: parts.join("\n\n"),
  };
}

async function benchRealBytes(small, onProgress) {
  const experiment = realBytesExperiment(small);
  const free = freemem();
  if (!small && free < REAL_BYTES_NEED) {
    const what = `${experiment.name}, ${experiment.pattern}`;
    const why = `${memoryText(free)} of memory are free, ${memoryText(REAL_BYTES_NEED)} are needed`;
    return { results: [], absent: { [experiment.name]: why }, note: [`SKIPPED ${what}: ${why}`] };
  }
  const results = await runExperiments([experiment], onProgress);
  return { results, absent: {}, note: [kernelShareText(results[0])] };
}

/** @param {{ name: string, pattern: string, kernelShare: number }} result */
function kernelShareText({ name, pattern, kernelShare }) {
  const share = Math.round(100 * kernelShare);
  return `${name}, ${pattern}: ${share} % of the time in the kernel or in copying.`;
}

function migrationTable(results) {
  const rows = results.map((result, index) => [
    results[index - 1]?.name === result.name ? "" : result.name,
    result.pattern,
    result.outcome,
    result.verified === null ? "" : "yes",
    String(result.rounds),
    result.faults > 0 ? String(result.faults) : "",
    timeText(result.medianMs),
    timeText(result.p10Ms),
    timeText(result.systemMs),
    memoryText(result.peakBytes),
    memoryText(result.addedBytes),
    result.gbPerS === undefined ? "" : `${result.gbPerS.toPrecision(3)} GB/s`,
  ]);
  const head = ["migration", "", "outcome", "verified", "rounds", "faults"];
  return textTable(
    [...head, "CPU median", "p10", "of it system", "peak", "added", "rate"],
    rows,
    [0, 1, 2, 3],
  );
}

/** The cost of a page in a round, which is to be the same whatever the size of the guest and the rounds. */
function linearityTable(results) {
  const least = Math.min(...results.map(({ nsPerPageAndRound }) => nsPerPageAndRound));
  const rows = results.map(({ pattern, medianMs, p10Ms, nsPerPageAndRound }) => [
    pattern,
    timeText(medianMs),
    timeText(p10Ms),
    `${nsPerPageAndRound.toPrecision(3)} ns`,
    `x${(nsPerPageAndRound / least).toFixed(2)}`,
  ]);
  return textTable(["linearity", "CPU median", "p10", "a page and round", "to least"], rows, [0]);
}
