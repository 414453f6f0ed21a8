import { memoryText, timeText } from "./text-table.js";

/**
 * What a migration may cost at most.
 *
 * @typedef {object} Goal
 * @property {number} cpuSeconds
 * @property {number} [peakBytes] - Memory that it adds to the process.
 */

/**
 * Says of each figure with a goal whether it is met; medians count.
 *
 * @param {readonly { name: string, pattern: string, medianMs: number, addedBytes?: number, goal?: Goal }[]} results
 * @returns {string[]}
 */
export function judgeGoals(results) {
  return results.flatMap(({ name, pattern, medianMs, addedBytes = 0, goal }) => {
    if (goal === undefined) return [];
    const what = `${name}, ${pattern}`;
    const lines = [
      line(
        medianMs <= goal.cpuSeconds * 1000,
        what,
        timeText(medianMs),
        `${goal.cpuSeconds} s of CPU`,
      ),
    ];
    if (goal.peakBytes !== undefined) {
      const limit = `${memoryText(goal.peakBytes)} of memory`;
      lines.push(line(addedBytes <= goal.peakBytes, what, memoryText(addedBytes), limit));
    }
    return lines;
  });
}

/** @param {boolean} isMet @param {string} what @param {string} measured @param {string} limit */
function line(isMet, what, measured, limit) {
  return `${isMet ? "met   " : "MISSED"}  ${what}: ${measured}, at most ${limit}`;
}
