import { PAGE_SIZE } from "../dist/units.js";
import { effortOf } from "./effort.js";
import { interleave } from "./interleave.js";
import { batchCases } from "./kernel/batch-cases.js";
import { bitmapCases } from "./kernel/bitmap-cases.js";
import { deltaCases } from "./kernel/delta-cases.js";
import { createGrounds } from "./kernel/layout.js";
import { pageCases } from "./kernel/page-cases.js";
import { roundCases } from "./kernel/round-cases.js";
import { resultsOf } from "./result.js";
import { rateText, ratioText, textTable, timeText } from "./text-table.js";

/** Measured: with the builds created in the other order, the other one comes out ahead. */
const CAVEAT =
  "Each build has a memory of its own; where its pages happen to lie makes up to 15 % of difference between builds in the rows that do not fit the cache (in memory, 268435456 pages).";

/** The write generator's regions come from the kernel's allocator, beside what a case lays out. */
const GENERATOR_BYTES = 2 ** 20;

const FULL = {
  cachedPages: 128,
  memoryPages: 2 ** 16,
  slicePages: 1024,
  guestPages: 2 ** 24,
  largePages: 2 ** 28,
  marks: 2 ** 18,
  drawnPages: 2 ** 24,
  takenPages: 2 ** 22,
  writes: 2 ** 16,
};

const SMALL = {
  cachedPages: 16,
  memoryPages: 64,
  slicePages: 16,
  guestPages: 2 ** 14,
  largePages: 2 ** 15,
  marks: 2 ** 8,
  drawnPages: 2 ** 14,
  takenPages: 2 ** 12,
  writes: 2 ** 8,
};

/**
 * Every hot function of the kernel, in each build and in the TypeScript twin.
 *
 * @param {{ small: boolean, onProgress: (text: string) => void }} options
 */
export function benchKernel({ small, onProgress }) {
  const size = small ? SMALL : FULL;
  const grounds = createGrounds(size.memoryPages * PAGE_SIZE + 2 ** 20, GENERATOR_BYTES);
  const results = casesOf(size).flatMap(({ name, pattern, work, hasTwin = true, lay }) => {
    onProgress(`${name}, ${pattern}`);
    const taking = grounds.filter(({ kernel }) => hasTwin || kernel.backend !== "reference");
    const variants = taking.map((ground) => ({ name: ground.kernel.backend, ...lay(ground) }));
    const samples = interleave(variants, effortOf(small));
    return resultsOf({ group: "kernel", name, pattern, work }, samples);
  });
  return { results, text: `${textOf(results)}\n${CAVEAT}` };
}

function casesOf(size) {
  return [
    ...pageCases(size),
    ...deltaCases(size.cachedPages / 2),
    ...batchCases(size.cachedPages),
    ...bitmapCases(size),
    ...roundCases(size),
  ];
}

/** @param {readonly import("./result.js").Result[]} results */
function textOf(results) {
  const rows = results.map((result, index) => {
    const { name, pattern, variant, medianMs, p10Ms, gbPerS, perSecond, unit, ratioTo } = result;
    const before = results[index - 1];
    const isSame = before?.name === name && before.pattern === pattern;
    return [
      isSame ? "" : name,
      isSame ? "" : pattern,
      variant,
      timeText(medianMs),
      timeText(p10Ms),
      gbPerS === undefined ? rateText(perSecond, unit) : `${gbPerS.toPrecision(3)} GB/s`,
      ratioText(ratioTo.reference),
      variant === "simd" ? ratioText(ratioTo.scalar) : "",
    ];
  });
  const head = ["function", "pattern", "build", "median", "p10", "rate", "to twin", "to scalar"];
  return textTable(head, rows, 3);
}
