// Holds page-runs.ts.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BASE, Backends } from "./backends.js";
import { PAGE, pagePair } from "./page-pairs.js";

const OLD = BASE;
const NEW = OLD + PAGE;
const OUT = NEW + PAGE;
const MOST_RUNS = PAGE / 2;
const backends = new Backends(3 * PAGE + 4 * MOST_RUNS);

/** The runs, looked for byte by byte. */
function runsPlainly(old: Uint8Array, page: Uint8Array): [number, number][] {
  const runs: [number, number][] = [];
  for (let at = 0; at < PAGE; at++) {
    const last = runs.at(-1);
    if (old[at] === page[at]) continue;
    if (last?.[1] === at) last[1]++;
    else runs.push([at, at + 1]);
  }
  return runs;
}

function runsOf(old: Uint8Array, page: Uint8Array): [number, number][] {
  backends.prepare((memory) => {
    memory.set(old, OLD);
    memory.set(page, NEW);
  });
  const count = backends.call((kernel) => kernel.changedRuns(OLD, NEW, OUT));
  const bounds = new Uint16Array(backends.read(OUT, 4 * count).buffer);
  return Array.from({ length: count }, (_, run) => {
    return [bounds[2 * run] as number, bounds[2 * run + 1] as number];
  });
}

describe("changedRuns", () => {
  test("finds the maximal runs", () => {
    fc.assert(
      fc.property(pagePair, ([old, page]) => {
        expect(runsOf(old, page)).toEqual(runsPlainly(old, page));
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["every other byte, from the first", 0],
    ["every other byte, from the second", 1],
  ])("%s", (_name, first) => {
    const page = Uint8Array.from({ length: PAGE }, (_, at) => (at % 2 === first ? 1 : 0));
    const runs = runsOf(new Uint8Array(PAGE), page);
    expect(runs).toHaveLength(MOST_RUNS);
    expect(runs).toEqual(runsPlainly(new Uint8Array(PAGE), page));
  });

  test("scribbles no further than it says", () => {
    for (const ending of [0, 1, 2, 3, 5, 7, 11, 12, 13, 31, 32]) {
      const page = new Uint8Array(PAGE);
      for (let run = 0; run < ending; run++) page[2 * run] = 1;
      backends.prepare((memory) => memory.fill(0xc5, OUT, OUT + 4 * MOST_RUNS));
      const count = runsOf(new Uint8Array(PAGE), page).length;
      expect(count).toBe(ending);
      for (const kernel of backends.kernels) {
        const behind = kernel.u8(OUT + 4 * count + 24, 64);
        expect(behind.every((byte) => byte === 0xc5)).toBe(true);
      }
    }
  });
});
