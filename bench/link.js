import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { qemuMigration } from "./link/qemu-migration.js";
import { transfer } from "./link/transfer.js";
import { resultOf } from "./result.js";
import { runChild } from "./run-child.js";
import { median, shuffled } from "./statistics.js";
import { ratioText, textTable, timeText } from "./text-table.js";

const SOURCE = fileURLToPath(new URL("link/source.js", import.meta.url));

/** A machine that moves, beside what moves nothing but bytes, and beside QEMU. */
const MOVES = {
  move: (bytes) => transfer("move", bytes),
  "move, no digests of pages": (bytes) => transfer("move", bytes, { verify: "none" }),
  "plain socket": (bytes) => transfer("plain", bytes),
};
const QEMU = "QEMU's own migration";
const CONTENTS = 2 ** 23;

/**
 * Memory that does not compress, from one process to another over loopback TCP: as frames with digests that are
 * checked, and as a machine that moves, beside a plain socket that copies the same buffers and beside two QEMUs.
 * In wall time; of each end the CPU time is told too.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchLink({ small, onProgress }) {
  const [bytes, rounds] = small ? [2 ** 23, 1] : [2 ** 32, 5];
  const frames = await compare("transfer", bytes, rounds, onProgress, {
    frames: (length) => runChild(SOURCE, { way: "frames", bytes: length }, "frames"),
    "plain socket": (length) =>
      runChild(SOURCE, { way: "plain socket", bytes: length }, "plain socket"),
  });
  const contents = randomBytes(CONTENTS);
  // QEMU needs more memory than a small run moves to start at all.
  const qemu =
    small || (await qemuMigration(contents, CONTENTS * 8)) === null
      ? {}
      : { [QEMU]: byQemu(contents) };
  const moves = await compare("move", bytes, rounds, onProgress, { ...MOVES, ...qemu });
  return {
    results: [frames.result, moves.result],
    absent: {},
    text: `${frames.text}\n\n${moves.text}`,
  };
}

function byQemu(contents) {
  return async (bytes) => ({ wallMs: await qemuMigration(contents, bytes) });
}

/** Ways to do the same, the first of them godwit's, round by round in another order. */
async function compare(name, bytes, rounds, onProgress, ways) {
  const names = Object.keys(ways);
  const runs = new Map(names.map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    for (const way of shuffled(names)) {
      onProgress(way);
      runs.get(way).push(await ways[way](bytes));
    }
  }
  const samples = new Map(names.map((way) => [way, runs.get(way).map(({ wallMs }) => wallMs)]));
  const work = { count: bytes, unit: "B", bytes };
  const comparison = { group: "link", name, pattern: "incompressible", work, isWall: true };
  const result = resultOf(comparison, samples);
  const cpu = Object.fromEntries(names.map((way) => [way, cpuOf(runs.get(way))]));
  return { result: { ...result, cpu }, text: textOf(names, result, samples, cpu) };
}

function cpuOf(runs) {
  return {
    sourceMs: median(runs.map(({ sourceMs }) => sourceMs)),
    targetMs: median(runs.map(({ targetMs }) => targetMs)),
  };
}

function textOf([own, ...others], { ratioTo, unit, gbPerS, pattern }, samples, cpu) {
  const rows = [own, ...others].map((way) => [
    way,
    pattern,
    timeText(median(samples.get(way))),
    way === QEMU ? "" : timeText(cpu[way].sourceMs),
    way === QEMU ? "" : timeText(cpu[way].targetMs),
    way === own ? "" : ratioText(ratioTo[way]),
  ]);
  const heads = [
    "",
    "memory",
    "median (wall)",
    "CPU of the source",
    "of the target",
    `${own} to it`,
  ];
  return `${textTable(heads, rows, [0, 1])}\n${own}: ${gbPerS.toFixed(2)} G${unit}/s at best`;
}
