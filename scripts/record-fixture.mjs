// Records the fixture: the memory of a small key-value store while it serves requests.
//
//   npm run build && node scripts/record-fixture.mjs [folder]
//
// Every run gives the same memory, byte for byte: the guest has no clock and no randomness but its own.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import asc from "assemblyscript/asc";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const WORKLOAD = "kv-store";
const PAGE = 4096;
const MEMORY_MIB = 16;
const KEYS = 19_000;
const WARM_UP_REQUESTS = 12_000;
const SNAPSHOTS = 12;
/** A quarter of a second of guest time: requests come at 400/s. */
const REQUESTS_PER_SNAPSHOT = 100;
const SNAPSHOT_NS = 250_000_000;
/** The guest sorts its report of popular keys every so many snapshots. */
const SNAPSHOTS_PER_REPORT = 4;

/** Compiles the guest, with a memory of exactly {@link MEMORY_MIB} and a heap inside it. */
async function compileGuest() {
  const files = new Map();
  const wasmPages = String(MEMORY_MIB * 16);
  const flags = ["--outFile", "guest.wasm", "--runtime", "minimal", "--optimizeLevel", "2"];
  const memory = ["--initialMemory", wasmPages, "--maximumMemory", wasmPages];
  const { error, stderr } = await asc.main(["kv-store.ts", ...flags, ...memory], {
    readFile: (name, folder) =>
      readFile(join(ROOT, "scripts/fixture-guest", folder, name), "utf8").catch(() => null),
    writeFile: (name, contents) => files.set(name, contents),
    listFiles: () => [],
  });
  if (error) throw new Error(`asc: ${error.message}\n${stderr}`);
  return files.get("guest.wasm");
}

/** Numbers of the pages that differ. */
function changedPages(before, after) {
  const pages = [];
  for (let at = 0; at < after.length; at += PAGE) {
    const page = after.subarray(at, at + PAGE);
    if (Buffer.compare(before.subarray(at, at + PAGE), page) !== 0) pages.push(at / PAGE);
  }
  return pages;
}

/** Runs the guest and records its memory, as a trace that `encodeTrace` takes. */
export async function recordTrace() {
  const abort = () => {
    throw new Error("the guest aborted");
  };
  const { instance } = await WebAssembly.instantiate(await compileGuest(), { env: { abort } });
  const { start, run, summarize, memory } = instance.exports;
  start(KEYS);
  run(WARM_UP_REQUESTS, KEYS);
  summarize();
  const base = new Uint8Array(memory.buffer.slice(0));
  let before = base;
  const snapshots = [];
  for (let index = 1; index <= SNAPSHOTS; index++) {
    run(REQUESTS_PER_SNAPSHOT, KEYS);
    if (index % SNAPSHOTS_PER_REPORT === 0) summarize();
    const after = new Uint8Array(memory.buffer.slice(0));
    const pages = changedPages(before, after);
    const bytes = Buffer.concat(
      pages.map((page) => after.subarray(page * PAGE, (page + 1) * PAGE)),
    );
    snapshots.push({
      ranNs: SNAPSHOT_NS,
      pages: Uint32Array.from(pages),
      bytes: new Uint8Array(bytes),
    });
    before = after;
  }
  return { pageCount: base.length / PAGE, pageSize: PAGE, base, snapshots };
}

async function main(folder) {
  const { encodeTrace } = await import("../dist/memory/recorded-trace.js").catch((cause) => {
    throw new Error("dist/ is missing: run `npm run build` first", { cause });
  });
  const trace = await recordTrace();
  const { meta, base, deltas } = await encodeTrace(trace, WORKLOAD);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "meta.json"), meta);
  await writeFile(join(folder, "base.ram.gz"), base);
  await writeFile(join(folder, "deltas.bin.gz"), deltas);
  const changed = trace.snapshots.map(({ pages }) => pages.length).join(" ");
  console.log(`${relative(".", folder) || "."}: ${trace.pageCount} pages, changed ${changed}`);
  console.log(`${base.length} + ${deltas.length} bytes of gzip`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await main(process.argv[2] ?? join(ROOT, "fixtures", WORKLOAD));
}
