import { fileURLToPath } from "node:url";
import { resultOf } from "./result.js";
import { runChild } from "./run-child.js";
import { median, shuffled } from "./statistics.js";
import { ratioText, textTable, timeText } from "./text-table.js";

const SOURCE = fileURLToPath(new URL("link/source.js", import.meta.url));
const WAYS = ["frames", "plain socket"];

/**
 * Memory that does not compress, from one process to another over loopback TCP: as frames with digests that are
 * checked, beside a plain socket that copies the same buffers. In wall time; of each end the CPU time is told too.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchLink({ small, onProgress }) {
  const [bytes, rounds] = small ? [2 ** 23, 1] : [2 ** 32, 5];
  const runs = new Map(WAYS.map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    for (const way of shuffled(WAYS)) {
      onProgress(way);
      runs.get(way).push(await runChild(SOURCE, { way, bytes }, way));
    }
  }
  const samples = new Map(WAYS.map((way) => [way, runs.get(way).map(({ wallMs }) => wallMs)]));
  const pattern = "incompressible";
  const work = { count: bytes, unit: "B", bytes };
  const result = resultOf({ group: "link", name: "transfer", pattern, work }, samples);
  const cpu = Object.fromEntries(WAYS.map((way) => [way, cpuOf(runs.get(way))]));
  return { results: [{ ...result, cpu }], absent: {}, text: textOf(result, samples, cpu) };
}

function cpuOf(runs) {
  return {
    sourceMs: median(runs.map(({ sourceMs }) => sourceMs)),
    targetMs: median(runs.map(({ targetMs }) => targetMs)),
  };
}

function textOf({ ratioTo, unit, gbPerS, pattern }, samples, cpu) {
  const rows = WAYS.map((way) => [
    way,
    pattern,
    timeText(median(samples.get(way))),
    timeText(cpu[way].sourceMs),
    timeText(cpu[way].targetMs),
    way === "frames" ? ratioText(ratioTo["plain socket"]) : "",
  ]);
  const heads = [
    "",
    "memory",
    "median (wall)",
    "CPU of the source",
    "of the target",
    "to the plain socket",
  ];
  return `${textTable(heads, rows, [0, 1])}\nframes: ${gbPerS.toFixed(2)} G${unit}/s at best`;
}
