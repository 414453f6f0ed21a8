import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { buildNative } from "../../bench/native/build.js";
import { expectSoundFigures, type Run, runSmall, verdictsOf } from "./small-run.js";

const IS_CI = /^(1|true)$/i.test(process.env["CI"] ?? "");
/** Packages may have to be installed first. */
const BUILD_TIMEOUT_MS = 15 * 60_000;
const GOALS: readonly { group?: string }[] = JSON.parse(readFileSync("bench/goals.json", "utf8"));
/** The group that is run. */
const KERNEL_GOALS = GOALS.filter(({ group = "kernel" }) => group === "kernel");

describe("a small run beside native code", () => {
  let problem: string | null = null;
  let run: Run;

  beforeAll(() => {
    problem = buildNative();
    if (problem === null) run = runSmall("kernel", "--native");
    // Where everything must be tested, a machine that cannot build is a failure.
    else if (IS_CI) throw new Error(problem);
    else console.error(`SKIPPED: the native benchmarks: ${problem}`);
  }, BUILD_TIMEOUT_MS);

  const native = (name: string, check: () => void): void => {
    test(name, (context) => {
      context.skip(problem !== null, problem ?? "");
      check();
    });
  };

  native("has figures that are finite and positive", () => expectSoundFigures(run.report));

  native("compares with C, and with the machine's limits", () => {
    const { results } = run.report;
    const peers = new Set(results.flatMap(({ ratioTo }) => Object.keys(ratioTo)));
    for (const name of ["c", "memcmp"]) expect(peers).toContain(name);
    const limits = results.filter(({ group }) => group === "limit");
    expect(new Set(limits.map(({ pattern }) => pattern))).toEqual(new Set(["L2", "DRAM"]));
    const scan = results.find(
      ({ name, pattern }) => name === "zero-scan" && pattern === "all zero, L2",
    );
    expect(scan?.["shareOfLimit"]).toBeGreaterThan(0);
  });

  native("says of every goal whether it is met, and why where it cannot be said", () => {
    const verdicts = verdictsOf(run.printed);
    expect(verdicts.length).toBe(KERNEL_GOALS.length);
    expect(verdicts.filter((line) => line.includes("there is no result"))).toEqual([]);
    expect(verdicts.filter((line) => line.includes("no native code"))).toEqual([]);
  });

  native("draws what it compared, and writes it down", () => {
    expect(run.svg).toMatch(/^<svg .*zero scan, rejecting, DRAM.*<\/svg>\n$/s);
    expect(run.markdown).toContain("## zero-scan");
    expect(run.markdown).toMatch(/\| zero scan, DRAM \| c[-\w]* \|/);
  });
});
