import { fileURLToPath } from "node:url";
import { fleetCases } from "./fleet/cases.js";
import { traceFile } from "./fleet/planetlab-day.js";
import { resultOf } from "./result.js";
import { runChild } from "./run-child.js";
import { median, shuffled } from "./statistics.js";
import { memoryText, ratioText, textTable, timeText } from "./text-table.js";

const CHILD = fileURLToPath(new URL("fleet/child.js", import.meta.url));
const UNITS = { migrations: "migrations", policy: "policies", day: "days" };

/** @typedef {import("./fleet/cases.js").FleetCase} FleetCase */

/**
 * Whole data centres, each in a fresh process: what the engine compiles on the way is part of the time, as
 * it is for everybody who simulates one.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchFleet({ small, onProgress }) {
  const cases = fleetCases(small);
  const runs = new Map(cases.map((one) => [one, []]));
  const turns = cases.flatMap((one) => Array(one.repeats).fill(one));
  for (const one of shuffled(turns)) {
    onProgress(one.pattern);
    runs.get(one).push(await runChild(CHILD, one.task, one.pattern));
  }
  const results = cases.map((one) => summarize(one, runs.get(one)));
  return { results, absent: {}, text: [tableOf(results), NOTE, dayNote()].join("\n") };
}

const NOTE =
  "Each in a fresh process, from the definition to the result; CPU time is of all threads. The others' times are wall times that were measured elsewhere, on another machine in another state, and theirs simulate other things too: how many times faster is an indication, no more.";

function dayNote() {
  return traceFile() === null
    ? "The PlanetLab day is a made-up one of the same size: GODWIT_REFERENCE_DATA names no trace."
    : "The PlanetLab day is that of 2011-03-03.";
}

/**
 * @param {FleetCase} one
 * @param {readonly { cpuMs: number, wallMs: number, peakBytes: number, addedBytes: number, migrations: number, count: number }[]} runs
 */
function summarize({ name, pattern, anchors }, runs) {
  const { migrations, count } = runs[0];
  const samples = new Map([["godwit", runs.map(({ cpuMs }) => cpuMs)]]);
  const work = { count, unit: UNITS[name] };
  const middle = (figure) => median(runs.map(figure));
  const result = resultOf({ group: "fleet", name, pattern, work }, samples);
  return {
    ...result,
    wallMs: middle(({ wallMs }) => wallMs),
    peakBytes: middle((run) => run.peakBytes),
    addedBytes: middle((run) => run.addedBytes),
    migrations,
    anchors: Object.fromEntries(anchors.map(({ simulator, seconds }) => [simulator, seconds])),
  };
}

function tableOf(results) {
  const rows = results.map((result) => [
    result.pattern,
    timeText(result.medianMs),
    timeText(result.p10Ms),
    timeText(result.wallMs),
    result.migrations.toLocaleString("en"),
    result.name === "migrations" ? Math.round(result.perSecond).toLocaleString("en") : "",
    memoryText(result.peakBytes),
    anchorText(result),
  ]);
  const head = ["data centre", "CPU median", "p10", "wall", "migrations", "a CPU second", "peak"];
  return textTable([...head, "others"], rows, [0, 7]);
}

function anchorText({ anchors, medianMs }) {
  return Object.entries(anchors)
    .map(([name, seconds]) => `${name}: ${seconds} s (${ratioText((seconds * 1000) / medianMs)})`)
    .join(", ");
}
