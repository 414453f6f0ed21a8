import { nodeThreads } from "../dist/files/node-threads.js";
import { openCrew } from "../dist/kernel/crew.js";
import { PAGE_SIZE } from "../dist/units.js";
import { resultOf } from "./result.js";
import { resultTable } from "./result-table.js";
import { createGuard, sampleGuarded } from "./threads/guarded.js";
import { layJobs } from "./threads/jobs.js";

const FULL = {
  sizes: { pages: 2 ** 17, slicePages: 2 ** 15, batchPages: 4096, spinMs: 20, warmupRuns: 12 },
  effort: { attempts: 5000, enough: 20, least: 5, budgetMs: 40_000, pauseMs: 2 },
  leastSpeed: 0.97,
};

/** Figures of a small run mean nothing, so nothing guards them. */
const SMALL = {
  sizes: { pages: 2 ** 11, slicePages: 2 ** 10, batchPages: 128, spinMs: 0.1, warmupRuns: 1 },
  effort: { attempts: 4, enough: 2, least: 1, budgetMs: 1000, pauseMs: 0 },
  leastSpeed: 0,
};

/**
 * What two threads of a crew do in the time in which one does the same, over memory beyond any cache. Wall
 * time, since that is what threads are for, and only from moments in which the machine ran both of them at
 * full speed.
 *
 * @param {import("./main.js").Options} options
 * @returns {Promise<import("./main.js").Measured>}
 */
export async function benchThreads({ small, onProgress }) {
  const { sizes, effort, leastSpeed } = small ? SMALL : FULL;
  const crew = await openCrew(2, nodeThreads);
  try {
    if (crew.obstacle !== null) return nothing(crew.obstacle);
    const { jobs, wake, spin } = layJobs(crew, sizes);
    const guard = createGuard({ wake, spin }, leastSpeed);
    const work = {
      count: sizes.slicePages,
      unit: "pages",
      bytes: sizes.slicePages * PAGE_SIZE,
    };
    const results = [];
    for (const { name, lay, run } of jobs) {
      onProgress(name);
      lay();
      for (let count = 0; count < sizes.warmupRuns; count++) for (const two of [1, 2]) run(two);
      const turn = { guard, wake, one: () => run(1), two: () => run(2) };
      const samples = await sampleGuarded(turn, effort);
      if (samples === null) continue;
      const pattern = "DRAM, two workers";
      results.push(resultOf({ group: "threads", name, pattern, work }, samples));
    }
    return measured(results, jobs.length, small);
  } finally {
    crew.close();
  }
}

/** With the function that gains least, which stands for all of them. */
function measured(results, asked, small) {
  if (results.length < asked) return nothing("two threads do not run at full speed", results);
  const [least] = [...results].sort((a, b) => gainOf(a) - gainOf(b));
  const all = [...results, { ...least, name: "two workers", pattern: "DRAM" }];
  return {
    results: all,
    absent: small ? { threads: "a small run proves nothing about threads" } : {},
    text: resultTable(all),
  };
}

function gainOf({ ratioTo }) {
  return ratioTo["one worker"];
}

function nothing(why, results = []) {
  const text = [...(results.length > 0 ? [resultTable(results)] : []), `SKIPPED threads: ${why}`];
  return { results, absent: { threads: why }, text: text.join("\n\n") };
}
