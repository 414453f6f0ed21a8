import { PAGE_SIZE } from "../dist/units.js";
import { UsageError } from "./arguments.js";
import { effortOf } from "./effort.js";
import { interleave } from "./interleave.js";
import { batchCases } from "./kernel/batch-cases.js";
import { bitmapCases } from "./kernel/bitmap-cases.js";
import { deltaCases } from "./kernel/delta-cases.js";
import { digestCases } from "./kernel/digest-cases.js";
import { createGround } from "./kernel/ground.js";
import { limitCases } from "./kernel/limit-cases.js";
import { lz4Cases } from "./kernel/lz4-cases.js";
import { pageCases } from "./kernel/page-cases.js";
import { roundCases } from "./kernel/round-cases.js";
import { summaryCases } from "./kernel/summary-cases.js";
import { loadPeers } from "./peers.js";
import { resultOf } from "./result.js";
import { resultTable } from "./result-table.js";

/** Beside what a case lays out. */
const ALLOCATABLE = 2 ** 20;

const FULL = {
  cachedPages: 64,
  memoryPages: 2 ** 18,
  slicePages: 2 ** 13,
  compressedPages: 128,
  guestPages: 2 ** 24,
  largePages: 2 ** 28,
  marks: 2 ** 20,
  drawnPages: 2 ** 22,
  takenPages: 2 ** 22,
  writes: 2 ** 16,
};

const SMALL = {
  cachedPages: 16,
  memoryPages: 256,
  slicePages: 64,
  compressedPages: 16,
  guestPages: 2 ** 14,
  largePages: 2 ** 16,
  marks: 2 ** 8,
  drawnPages: 2 ** 14,
  takenPages: 2 ** 12,
  writes: 2 ** 8,
};

/**
 * Every hot function of the kernel beside the twin in TypeScript, packages and native code, and what the
 * machine can do at all.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchKernel({ small, only, native, onProgress }) {
  const sizes = small ? SMALL : FULL;
  const limits = native ? limitCases(sizes) : [];
  const cases = casesOf(sizes);
  checkNames(only, [...limits, ...cases]);
  const isAsked = ({ name }) => only === null || only.includes(name);
  const peers = await loadPeers();
  // Old and new pages, deltas of the cached ones, and some room at the end.
  const bytes = sizes.memoryPages * PAGE_SIZE + 2 ** 22;
  const ground = createGround(bytes, ALLOCATABLE, { native, peers });
  const absent = absences(ground);
  const results = [];
  for (const one of limits.filter(isAsked)) {
    onProgress(`${one.name}, ${one.pattern}`);
    results.push(...(await measureLimits(one, ground, small)));
  }
  for (const one of cases) {
    if (!isAsked(one)) {
      absent[one.name] = "not asked for";
      continue;
    }
    onProgress(`${one.name}, ${one.pattern}`);
    results.push(await measure(one, ground, small));
  }
  const shared = results.map((result) => withShare(result, results));
  return { results: shared, absent, text: resultTable(shared) };
}

/** A name that is misspelt would measure nothing. */
function checkNames(only, cases) {
  const names = [...new Set(cases.map(({ name }) => name))];
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(`--only: there is no function '${unknown}'; there are ${names.join(", ")}`);
}

function casesOf(sizes) {
  return [
    ...pageCases(sizes),
    ...digestCases(sizes),
    ...deltaCases(sizes),
    ...lz4Cases(sizes.compressedPages),
    ...batchCases(sizes.cachedPages),
    ...bitmapCases(sizes),
    ...summaryCases(sizes),
    ...roundCases(sizes),
  ];
}

async function measure({ name, pattern, work, lay }, ground, small) {
  const laid = lay(ground);
  const sizes = checkAnswers(`${name}, ${pattern}`, laid);
  const result = resultOf({ group: "kernel", name, pattern, work }, await timesOf(laid, small));
  return sizes === null ? result : { ...result, ...sizes };
}

/** Each native way is a figure by itself. */
async function measureLimits({ pattern, work, lay }, ground, small) {
  const samples = await timesOf(lay(ground), small);
  return [...samples].map(([name, times]) =>
    resultOf({ group: "limit", name, pattern, work }, new Map([[name, times]])),
  );
}

function timesOf({ variants, reset }, small) {
  reset?.();
  const named = Object.entries(variants).map(([name, work]) => ({ name, ...work }));
  return interleave(named, effortOf(small));
}

/**
 * Runs each variant once and compares what it leaves with what the kernel does: who does less is no match.
 * Answers how the sizes of what they made compare, where that matters.
 */
function checkAnswers(what, { variants, reset, answer, size, unlike = [] }) {
  let expected;
  const sizes = {};
  for (const [name, { before, run }] of Object.entries(variants)) {
    reset?.();
    before?.();
    run();
    if (size) sizes[name] = size();
    if (answer === undefined || unlike.includes(name)) continue;
    const found = Buffer.from(answer());
    expected ??= found;
    if (!found.equals(expected)) throw new Error(`${what}: ${name} does not do what simd does`);
  }
  if (!size) return null;
  const { simd, ...others } = sizes;
  const sizeTo = Object.entries(others).map(([name, bytes]) => [name, simd / bytes]);
  return { bytes: simd, sizeTo: Object.fromEntries(sizeTo) };
}

/** Why a way of comparison has no figure here. */
function absences({ native, peers }) {
  const absent = {};
  if (peers.RoaringBitmap === null) {
    absent.roaring = "the package roaring is not built: npm run bench:native tries to";
  }
  for (const name of native ? [] : ["c", "memcmp", "liblz4", "c-avx2", "c-sse2", "c-counting"]) {
    absent[name] = "no native code: see npm run bench:native";
  }
  if (!native?.references.readAvx2) {
    for (const name of ["c-avx2", "c-avx2-masks"]) absent[name] ??= "no AVX2";
  }
  if (!native?.references.readAvx512) {
    for (const name of ["c-avx512", "c-avx512-masks"]) absent[name] = "no AVX-512";
  }
  return absent;
}

/** With what the work reads at least, as a share of what the machine reads at most. */
function withShare({ reads, ...result }, results) {
  if (reads === undefined || result.group === "limit") return result;
  const limits = results.filter(
    ({ group, name, pattern }) =>
      group === "limit" && name.startsWith("read") && pattern === reads.where,
  );
  if (limits.length === 0) return result;
  const most = Math.max(...limits.map(({ gbPerS }) => gbPerS));
  return { ...result, shareOfLimit: reads.bytes / result.p10Ms / 1e6 / most };
}
