import { readFileSync } from "node:fs";
import { ratioText } from "./text-table.js";

/**
 * What a figure must be.
 *
 * @typedef {object} Goal
 * @property {string} item - What it is called.
 * @property {string} [group] - Default: kernel.
 * @property {string} name - Of the result.
 * @property {string | string[]} pattern - Of several, the worst counts.
 * @property {"geometric"} [mean] - Instead, their mean counts.
 * @property {"perSecond" | "p10Ms" | "medianMs" | "bytes" | "addedBytes" | "peakBytes" | "sizeTo" | "kernelShare" |
 *   "sliceMs" | "postCopyFaultMs" | "postCopySliceDoneMs"} [value] - Default: how many times faster than `against`.
 * @property {string} [against]
 * @property {number} [atLeast]
 * @property {number} [atMost]
 * @property {string} [unit]
 * @property {boolean} [picture] - Whether the picture shows it.
 *
 * @typedef {object} Judgement
 * @property {Goal} goal
 * @property {"met" | "MISSED" | "not measurable here"} verdict
 * @property {number} [measured]
 * @property {string} [worst] - The pattern that counted, of several.
 * @property {string} [why] - It cannot be measured.
 */

/** @returns {Goal[]} */
export function readGoals() {
  return JSON.parse(readFileSync(new URL("goals.json", import.meta.url), "utf8"));
}

/**
 * @param {readonly Goal[]} goals
 * @param {readonly import("./result.js").Result[]} results
 * @param {Readonly<Record<string, string>>} absent - Why something has no figure, by the name of a group, of a
 *   result, of a pattern, or of a way that it is compared with.
 * @returns {Judgement[]}
 */
export function judgeGoals(goals, results, absent) {
  return goals.map((goal) => judge(goal, results, absent));
}

/** @returns {Judgement} */
function judge(goal, results, absent) {
  const { group = "kernel", name, pattern, against } = goal;
  const named = [group, name, ...[pattern].flat(), against ?? ""];
  const why = named.map((one) => absent[one]).find((reason) => reason !== undefined);
  if (why !== undefined) return { goal, verdict: "not measurable here", why };
  const values = [pattern].flat().map((one) => {
    const result = results.find(
      (other) => other.group === group && other.name === name && other.pattern === one,
    );
    return { pattern: one, value: result && figureOf(goal, result) };
  });
  const missing = values.find(({ value }) => value === undefined);
  // Not an absence that anything explains: a goal that names no result is a mistake, and must be seen.
  if (missing) {
    return { goal, verdict: "MISSED", why: `there is no result ${name}, ${missing.pattern}` };
  }
  const { atLeast, atMost, mean } = goal;
  const sorted = [...values].sort((a, b) => a.value - b.value);
  const worst = atMost === undefined ? sorted[0] : sorted[sorted.length - 1];
  const measured = mean ? geometricMean(values.map(({ value }) => value)) : worst.value;
  const isMet = atMost === undefined ? measured >= atLeast : measured <= atMost;
  return {
    goal,
    verdict: isMet ? "met" : "MISSED",
    measured,
    ...(values.length > 1 && !mean ? { worst: worst.pattern } : {}),
  };
}

function figureOf({ value, against }, result) {
  if (value === undefined) return result.ratioTo[against];
  return value === "sizeTo" ? result.sizeTo?.[against] : result[value];
}

function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/**
 * A line for each goal, for the terminal.
 *
 * @param {readonly Judgement[]} judgements
 */
export function judgementLines(judgements) {
  return judgements.map((judgement) => {
    const { goal, verdict, measured, worst, why } = judgement;
    const what = goal.against ? `${goal.item}, against ${goal.against}` : goal.item;
    const found = measured === undefined ? (why ?? "") : figureText(goal, measured);
    const where = worst === undefined ? "" : ` (${worst})`;
    return `${verdict.padEnd(20)} ${what}: ${found}${where}, asked ${askedText(goal)}`;
  });
}

/**
 * The same as cells of a table.
 *
 * @param {Judgement} judgement
 */
export function judgementCells({ goal, verdict, measured, worst, why }) {
  const found = measured === undefined ? "" : figureText(goal, measured);
  const where = worst === undefined ? "" : ` (${worst})`;
  const because = why === undefined ? "" : `: ${why}`;
  return [
    goal.item,
    goal.against ?? "",
    `${found}${where}`,
    askedText(goal),
    `${verdict}${because}`,
  ];
}

/** @param {Goal} goal */
export function askedText(goal) {
  const { atLeast, atMost } = goal;
  if (atMost !== undefined) return `at most ${figureText(goal, atMost)}`;
  return `at least ${figureText(goal, atLeast)}`;
}

/** @param {Goal} goal @param {number} value */
export function figureText({ value, unit }, figure) {
  if (value === undefined || value === "sizeTo") return ratioText(figure);
  return `${figure >= 1e9 ? figure.toPrecision(3) : Number(figure.toPrecision(4))} ${unit}`;
}
