import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StreamDecoder } from "../dist/qemu/stream-decoder.js";
import { VmImage } from "../dist/qemu/vm-image.js";
import * as written from "../scripts/fuzz/written-stream.mjs";
import { cpuMilliseconds } from "./cpu-clock.js";
import { resultOf } from "./result.js";
import { shuffled } from "./statistics.js";
import { ratioText, textTable, timeText } from "./text-table.js";

/** What Node's files and sockets hand on at a time. */
const CHUNK = 65536;
const MIB_PAGES = 256;

/** What is compared with what. An image takes memory that was not there before, as its counterpart does. */
const PAIRS = [
  ["decode", "copy through Node's streams"],
  ["decode into an image", "copy into new memory"],
];

/** Streams by what their pages are; each from its number. */
const PATTERNS = {
  "raw pages": (i) => written.record.raw(i * written.PAGE, written.page(i, true), nameOf(i)),
  "half of the pages zero": (i) =>
    i % 2 === 0
      ? written.record.raw(i * written.PAGE, written.page(i, true), nameOf(i))
      : written.record.zero(i * written.PAGE),
};

function nameOf(i) {
  return i === 0 ? "pc.ram" : null;
}

/**
 * Decoding a migration stream, beside what it costs to copy its bytes through Node's streams.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchStream({ small, onProgress }) {
  const [pages, rounds] = small ? [16, 2] : [64 * MIB_PAGES, 15];
  const results = [];
  for (const [pattern, record] of Object.entries(PATTERNS)) {
    onProgress(pattern);
    const bytes = streamOf(pages, record);
    const work = { count: bytes.length, unit: "B", bytes: bytes.length };
    const samples = await timesOf(bytes, rounds);
    for (const [name, other] of PAIRS) {
      const compared = new Map([name, other].map((way) => [way, samples.get(way)]));
      results.push(resultOf({ group: "stream", name, pattern, work }, compared));
    }
  }
  return { results, absent: {}, text: textOf(results) };
}

function streamOf(pages, record) {
  const { EOS, END, head, join, ramStart, ramEnd, table, device, PAGE } = written;
  const records = Array.from({ length: pages }, (_, i) => record(i));
  return join(
    head(),
    ramStart(2, table([["pc.ram", pages * PAGE]]), EOS),
    ramEnd(2, ...records, EOS),
    device(9, "timer", new Uint8Array(24)),
    END,
  );
}

/** Each way in turn, round by round in another order; the first two rounds only warm up. */
async function timesOf(bytes, rounds) {
  const copy = Buffer.alloc(bytes.length);
  const ways = [
    ["decode", () => new StreamDecoder({ page: () => undefined }).read(chunksOf(bytes))],
    ["decode into an image", () => new StreamDecoder(new VmImage()).read(chunksOf(bytes))],
    ["copy through Node's streams", () => pipeline(chunksOf(bytes), copyInto(copy))],
    ["copy into new memory", () => pipeline(chunksOf(bytes), copyInto(Buffer.alloc(bytes.length)))],
  ];
  const samples = new Map(ways.map(([name]) => [name, []]));
  for (let round = -2; round < rounds; round++) {
    for (const [name, run] of shuffled(ways)) {
      const start = cpuMilliseconds();
      await run();
      if (round >= 0) samples.get(name).push(Math.max(cpuMilliseconds() - start, 0.001));
    }
  }
  return samples;
}

function chunksOf(bytes) {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return Readable.from(
    (function* () {
      for (let at = 0; at < buffer.length; at += CHUNK) yield buffer.subarray(at, at + CHUNK);
    })(),
  );
}

/** What a receiver does at least: puts the bytes where they belong. */
function copyInto(target) {
  let at = 0;
  return new Writable({
    write(chunk, _, done) {
      at += chunk.copy(target, at);
      done();
    },
  });
}

/** @param {readonly import("./result.js").Result[]} results */
function textOf(results) {
  const rows = results.map(({ name, pattern, medianMs, gbPerS, ratioTo }) => [
    name,
    pattern,
    timeText(medianMs),
    `${gbPerS.toFixed(2)} GB/s`,
    ratioText(Object.values(ratioTo)[0]),
  ]);
  return textTable(["", "stream", "median", "rate", "to copying"], rows, [0, 1]);
}
