/**
 * How much time a run of the suite spends on each figure: `small` only shows that everything works.
 *
 * @param {boolean} small
 * @returns {import("./interleave.js").Effort}
 */
export function effortOf(small) {
  return small
    ? { rounds: 2, leastRounds: 1, budgetMs: 10, sampleMs: 0.05, warmupMs: 0, warmupRuns: 1 }
    : { rounds: 25, leastRounds: 5, budgetMs: 1500, sampleMs: 3, warmupMs: 60, warmupRuns: 12 };
}
