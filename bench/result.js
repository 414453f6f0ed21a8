import { median, p10, quantile } from "./statistics.js";

/**
 * What godwit does at which speed, and how that compares. There is one for each group, name and pattern.
 *
 * @typedef {object} Result
 * @property {string} group
 * @property {string} name - What was done.
 * @property {string} pattern - On what.
 * @property {number} p10Ms - CPU time of one run by godwit.
 * @property {number} medianMs
 * @property {number} samples
 * @property {number} perSecond - Things done a second of CPU time, from p10.
 * @property {string} unit - Which things.
 * @property {number} [gbPerS] - 10^9 bytes of pages a second of CPU time, where the work is done on bytes.
 * @property {Readonly<Record<string, number>>} ratioTo - How many times faster godwit is than each other way
 *   of the same interleaved run: quotient of the p10, or of the medians where they are of the wall.
 * @property {Readonly<Record<string, number>>} medianRatioTo - The median of the ratios of single rounds.
 * @property {Readonly<Record<string, number>>} noise - How far the middle half of those ratios spreads, as a
 *   share of their median.
 * @property {Readonly<Record<string, { p10Ms: number, medianMs: number }>>} variants - The other ways.
 * @property {number} [shareOfLimit] - Bytes read a second, of what the machine can read at most.
 * @property {number} [addedBytes] - Memory that the work added to the process.
 * @property {number} [kernelShare] - Of the time: in the compiled kernel or in copying bytes.
 */

/**
 * What one run does.
 *
 * @typedef {object} Work
 * @property {number} count
 * @property {string} unit
 * @property {number} [bytes] - Of pages.
 * @property {{ where: "L2" | "DRAM", bytes: number }} [reads] - What it must read at least, and from where.
 */

/**
 * The result of a comparison, whose first variant is godwit.
 *
 * @param {{ group: string, name: string, pattern: string, work: Work, isWall?: boolean }} comparison - In wall
 *   time the least is luck, which others on the machine decide on.
 * @param {ReadonlyMap<string, readonly number[]>} samples - Milliseconds a run, by variant.
 * @returns {Result}
 */
export function resultOf({ group, name, pattern, work, isWall = false }, samples) {
  const [own, ...others] = [...samples.values()];
  const names = [...samples.keys()].slice(1);
  const best = p10(own);
  const typical = isWall ? median : p10;
  const byOther = (figure) =>
    Object.fromEntries(names.map((other, index) => [other, figure(others[index])]));
  return {
    group,
    name,
    pattern,
    p10Ms: best,
    medianMs: median(own),
    samples: own.length,
    perSecond: (work.count / best) * 1000,
    unit: work.unit,
    ...(work.bytes === undefined ? {} : { gbPerS: work.bytes / best / 1e6 }),
    ratioTo: byOther((times) => typical(times) / typical(own)),
    medianRatioTo: byOther((times) => median(ratios(times, own))),
    noise: byOther((times) => spread(ratios(times, own))),
    variants: byOther((times) => ({ p10Ms: p10(times), medianMs: median(times) })),
    ...(work.reads === undefined ? {} : { reads: work.reads }),
  };
}

/** Round by round: both samples of a round were taken close to one another. */
function ratios(theirs, own) {
  return theirs.map((time, round) => time / own[round]);
}

function spread(values) {
  return (quantile(values, 0.75) - quantile(values, 0.25)) / median(values);
}
