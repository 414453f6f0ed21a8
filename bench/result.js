import { median, p10 } from "./statistics.js";

/**
 * One figure: one variant of one comparison.
 *
 * @typedef {object} Result
 * @property {string} group
 * @property {string} name - What was done.
 * @property {string} pattern - On what.
 * @property {string} variant - By which of the ways compared.
 * @property {number} medianMs - CPU time of one run.
 * @property {number} p10Ms
 * @property {number} samples
 * @property {number} perSecond - Things done a second of CPU time, from p10.
 * @property {string} unit - Which things.
 * @property {number} [gbPerS] - 10^9 bytes of pages a second of CPU time, where the work is done on bytes.
 * @property {Readonly<Record<string, number>>} ratioTo - How many times faster than another variant of the
 *   same interleaved run; quotient of the p10.
 * @property {number} [peakBytes] - Most memory the process held.
 * @property {number} [addedBytes] - Of that, what the work added.
 */

/**
 * What one run does.
 *
 * @typedef {object} Work
 * @property {number} count
 * @property {string} unit
 * @property {number} [bytes]
 */

/**
 * The results of a comparison, in the order of its variants.
 *
 * @param {{ group: string, name: string, pattern: string, work: Work }} comparison
 * @param {ReadonlyMap<string, readonly number[]>} samples - Milliseconds a run, by variant.
 * @returns {Result[]}
 */
export function resultsOf({ group, name, pattern, work }, samples) {
  return [...samples].map(([variant, times]) => {
    const best = p10(times);
    const others = [...samples].filter(([other]) => other !== variant);
    return {
      group,
      name,
      pattern,
      variant,
      medianMs: median(times),
      p10Ms: best,
      samples: times.length,
      perSecond: (work.count / best) * 1000,
      unit: work.unit,
      ...(work.bytes === undefined ? {} : { gbPerS: work.bytes / best / 1e6 }),
      ratioTo: Object.fromEntries(others.map(([other, theirs]) => [other, p10(theirs) / best])),
    };
  });
}
