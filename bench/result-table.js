import { rateText, ratioText, textTable, timeText } from "./text-table.js";

/**
 * Results for the terminal: the rate, and how many times faster godwit is than each other way, with the
 * noise of that figure.
 *
 * @param {readonly import("./result.js").Result[]} results
 */
export function resultTable(results) {
  const rows = results.map((result, index) => [
    results[index - 1]?.name === result.name ? "" : result.name,
    result.pattern,
    speedText(result),
    timeText(result.p10Ms),
    timeText(result.medianMs),
    shareText(result.shareOfLimit),
    comparisonText(result),
  ]);
  const head = ["function", "pattern", "rate", "p10", "median", "of limit", "times faster than"];
  return textTable(head, rows, [0, 1, 6]);
}

/** @param {import("./result.js").Result} result */
export function speedText({ gbPerS, perSecond, unit }) {
  if (gbPerS !== undefined) return `${gbPerS.toPrecision(3)} GB/s`;
  return rateText(perSecond, unit);
}

/** @param {number | undefined} share */
export function shareText(share) {
  return share === undefined ? "" : `${Math.round(100 * share)} %`;
}

/** @param {import("./result.js").Result} result */
function comparisonText({ ratioTo, noise }) {
  return Object.entries(ratioTo)
    .map(([name, ratio]) => `${name} ${ratioText(ratio)} ±${Math.round(50 * noise[name])}%`)
    .join(", ");
}
