import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const VMS = 1052;
const INTERVALS = 288;
const SEED = 20_110_303;

/** The trace of 2011-03-03 in a folder of reference data; null: nobody names one that is there. */
export function traceFile() {
  const folder = process.env.GODWIT_REFERENCE_DATA;
  if (!folder) return null;
  const file = join(folder, "traces", "planetlab", "20110303.csv");
  return existsSync(file) ? file : null;
}

/**
 * CPU percentages of a day, for each VM every 300 s: PlanetLab's where the reference data have it, else a
 * made-up day of the same size. A size of one's own is always made up.
 *
 * @param {{ vms?: number, intervals?: number }} size
 * @returns {{ percentages: number[][], names?: string[] }}
 */
export function dayOf({ vms, intervals }) {
  const file = vms === undefined ? traceFile() : null;
  return file === null ? madeUp(vms ?? VMS, intervals ?? INTERVALS) : read(file);
}

/** A head, then a line a VM: its name and its percentages. */
function read(file) {
  const [, ...lines] = readFileSync(file, "utf8").trim().split("\n");
  const rows = lines.map((line) => line.split(","));
  return {
    names: rows.map(([name]) => name),
    percentages: rows.map(([, ...values]) => values.map(Number)),
  };
}

/** Level with noise, and bursts. */
function madeUp(vms, intervals) {
  let state = SEED;
  const below = (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const percentages = Array.from({ length: vms }, (_, vm) => {
    const level = 1 + below(20);
    const noise = 1 + below(20);
    const burst = below(60);
    return Array.from({ length: intervals }, (_, interval) => {
      const isBurst = (interval + 7 * vm) % 60 < 9;
      return Math.min(100, level + below(noise) + (isBurst ? burst : 0));
    });
  });
  return { percentages };
}
