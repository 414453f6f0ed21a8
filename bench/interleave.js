import { setImmediate } from "node:timers/promises";
import { Bench } from "tinybench";
import { CLOCK_STEP_MS, cpuMilliseconds } from "./cpu-clock.js";
import { shuffled } from "./statistics.js";

/**
 * One of several ways to do the same.
 *
 * @typedef {object} Work
 * @property {() => void} run - What is timed.
 * @property {() => void} [before] - Brings back what a run needs to find; not timed.
 *
 * @typedef {Work & { name: string }} Variant
 */

/**
 * How long to look.
 *
 * @typedef {object} Effort
 * @property {number} rounds - Most rounds; each takes one sample of every variant.
 * @property {number} leastRounds - Rounds that are done even when the work is slow.
 * @property {number} budgetMs - CPU time after which no further round begins.
 * @property {number} sampleMs - Least length of a sample; short work is repeated within it.
 * @property {number} warmupMs - CPU time of each variant before the first sample.
 * @property {number} warmupRuns - Runs of each before the first sample, unless they are very slow.
 */

/** Slow work warms up for so many times the time of quick work. */
const LONGEST_WARMUP = 5;

/**
 * Times variants round by round, each round in another order, so that whatever drifts on the machine hits
 * all of them alike.
 *
 * @param {readonly Variant[]} variants
 * @param {Effort} effort
 * @returns {Promise<Map<string, number[]>>} Milliseconds of CPU a run, by the variant's name.
 */
export async function interleave(variants, effort) {
  const bench = new Bench({
    iterations: 1,
    time: 0,
    warmup: false,
    retainSamples: true,
    throws: true,
  });
  for (const variant of variants) {
    const runs = warmUp(variant, effort);
    bench.add(variant.name, () => timed(variant, runs), { async: false });
  }
  const samples = new Map(variants.map(({ name }) => [name, []]));
  const start = cpuMilliseconds();
  for (let round = 0; round < effort.rounds; round++) {
    if (round >= effort.leastRounds && cpuMilliseconds() - start > effort.budgetMs) break;
    for (const task of shuffled(bench.tasks)) {
      // A task that was run keeps its result until it is reset.
      task.reset();
      task.runSync();
      samples.get(task.name).push(...task.result.latency.samples);
    }
    // Signals are heard here.
    await setImmediate();
  }
  return samples;
}

/**
 * Runs a variant until the engine has compiled it for speed, and finds how many runs make a sample. The
 * loops of WebAssembly are not replaced while they run, so that it takes several runs even of long work;
 * those of JavaScript are.
 *
 * @param {Variant} variant
 * @param {Effort} effort
 */
function warmUp(variant, { sampleMs, warmupMs, warmupRuns }) {
  const start = cpuMilliseconds();
  const most = LONGEST_WARMUP * warmupMs;
  for (let runs = 0, spent = 0; runs < warmupRuns || spent < warmupMs; runs++) {
    variant.before?.();
    variant.run();
    spent = cpuMilliseconds() - start;
    if (spent > most) break;
  }
  let runs = 1;
  while (timed(variant, runs).overriddenIterationCost < sampleMs) runs *= 2;
  return runs;
}

/**
 * @param {Variant} variant
 * @param {number} runs
 */
function timed({ before, run }, runs) {
  let spent = 0;
  if (before) {
    for (let count = 0; count < runs; count++) {
      before();
      const start = cpuMilliseconds();
      run();
      spent += cpuMilliseconds() - start;
    }
  } else {
    const start = cpuMilliseconds();
    for (let count = 0; count < runs; count++) run();
    spent = cpuMilliseconds() - start;
  }
  const cost = Math.max(spent, CLOCK_STEP_MS);
  return { overriddenDuration: cost / runs, overriddenIterationCost: cost };
}
