import { fileURLToPath } from "node:url";
import { linuxGuestProblem } from "../dist/files/linux-guest-files.js";
import { GUESTS } from "./pc/guests.js";
import { resultOf } from "./result.js";
import { runChild } from "./run-child.js";
import { median } from "./statistics.js";
import { ratioText, textTable, timeText } from "./text-table.js";

const SOURCE = fileURLToPath(new URL("pc/source.js", import.meta.url));
const BARE_FAULT = fileURLToPath(new URL("pc/bare-fault.js", import.meta.url));
const MOVES = 10;
const BARE_FAULTS = 2000;
const WAYS = ["pre-copy", "stock v86"];

/**
 * PCs amid their work that move between two processes over loopback TCP, beside v86 as it comes (its whole state saved,
 * sent and restored). In wall time, of which the guest's downtime is made.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchPc({ small, onProgress }) {
  const results = [];
  const absent = {};
  const rows = [];
  const moves = small ? 1 : MOVES;
  for (const pattern of Object.keys(GUESTS)) {
    const isLinux = pattern.startsWith("Linux");
    const why = isLinux && small ? "a small run leaves Linux out" : isLinux && linuxGuestProblem();
    if (why) {
      absent[pattern] = why;
      continue;
    }
    onProgress(pattern);
    const task = {
      pattern,
      ways: [...WAYS, "post-copy"],
      moves,
      ...(small ? { settleMs: 50 } : {}),
    };
    const runs = await runChild(SOURCE, task, pattern);
    const of = (way) => runs.filter((run) => run.way === way);
    const samples = new Map(WAYS.map((way) => [way, of(way).map(({ downtimeMs }) => downtimeMs)]));
    const work = { count: 1, unit: "moves" };
    const comparison = { group: "pc", name: "downtime", pattern, work, isWall: true };
    const result = resultOf(comparison, samples);
    const extra = { maxMs: Math.max(...samples.get("pre-copy")), ...figuresOf(of) };
    results.push({ ...result, ...extra });
    for (const way of task.ways) rows.push(rowOf(pattern, way, of(way), result));
  }
  const heads = ["", "", "downtime", "most", "first slice", "done after", "fault", "all of it"];
  onProgress("the hops of a fault");
  const bareFaultMs = await runChild(BARE_FAULT, small ? 20 : BARE_FAULTS, "the hops of a fault");
  for (const result of results) result.bareFaultMs = bareFaultMs;
  const note = `Times are of the wall: from the stop to the first instruction, and of the first slice.
The hops of a fault (thread, its process, TCP, and back with a page) take ${timeText(bareFaultMs)} when nothing is done on the way.`;
  const table = textTable([...heads, "v86 to it"], rows, [0, 1]);
  return { results, absent, text: `${table}\n${note}` };
}

function figuresOf(of) {
  const [pre, post] = [of("pre-copy"), of("post-copy")];
  return {
    sliceMs: medianOf(pre, "sliceMs"),
    postCopySliceDoneMs: medianOf(post, "sliceDoneMs"),
    postCopyFaultMs: medianOf(post, "faultMs"),
  };
}

function medianOf(runs, figure) {
  return median(runs.map((run) => run[figure] ?? Number.NaN));
}

function rowOf(pattern, way, runs, { ratioTo }) {
  const text = (figure) => timeText(medianOf(runs, figure));
  return [
    pattern,
    way,
    text("downtimeMs"),
    timeText(Math.max(...runs.map(({ downtimeMs }) => downtimeMs))),
    text("sliceMs"),
    text("sliceDoneMs"),
    way === "post-copy" ? text("faultMs") : "",
    way === "stock v86" ? "" : text("totalMs"),
    way === "pre-copy" ? ratioText(ratioTo["stock v86"]) : "",
  ];
}
