import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { expectSoundFigures, MAIN, type Report, runSmall, verdictsOf } from "./small-run.js";

/** Some seconds, where nothing else runs. */
const RUN_TIMEOUT_MS = 5 * 60_000;
const GOALS: readonly unknown[] = JSON.parse(readFileSync("bench/goals.json", "utf8"));

describe("a small run of every benchmark", () => {
  let printed: string;
  let report: Report;
  let markdown: string;

  beforeAll(() => {
    ({ printed, report, markdown } = runSmall());
  }, RUN_TIMEOUT_MS);

  test("says what it ran on, and when", () => {
    expect(report.machine.cpu).toMatch(/\w/);
    expect(report.machine.cores).toBeGreaterThan(0);
    expect(report.machine.memoryBytes).toBeGreaterThan(0);
    expect(report.node).toBe(process.version);
    expect(Number.isNaN(Date.parse(report.date))).toBe(false);
    for (const text of [printed, markdown]) expect(text).toContain(report.machine.cpu);
  });

  test("has every group", () => {
    const groups = new Set(report.results.map(({ group }) => group));
    expect([...groups]).toEqual([
      "kernel",
      "round",
      "threads",
      "migration",
      "link",
      "stream",
      "predict",
      "fleet",
      "wasm",
      "v86",
      "pc",
      "bundle",
    ]);
  });

  test("has figures that are finite and positive", () => {
    expectSoundFigures(report);
    for (const result of report.results.filter(({ group }) => group !== "bundle")) {
      for (const figure of ["medianMs", "p10Ms", "perSecond", "samples"]) {
        expect(result, `${result.name}, ${result.pattern}`).toHaveProperty(figure);
      }
    }
  });

  test("compares the kernel with its scalar build, and every function with the twin", () => {
    const kernel = report.results.filter(({ group }) => group === "kernel");
    for (const { ratioTo, name, pattern } of kernel) {
      expect(ratioTo, `${name}, ${pattern}`).toHaveProperty("scalar");
    }
    const withTwin = kernel.filter(({ ratioTo }) => "typescript" in ratioTo);
    const names = new Set(
      kernel.map(({ name }) => name).filter((name) => !/-(and-list|summary)$/.test(name)),
    );
    expect(new Set(withTwin.map(({ name }) => name))).toEqual(names);
  });

  test("compares with packages", () => {
    const peers = new Set(report.results.flatMap(({ ratioTo }) => Object.keys(ratioTo)));
    for (const name of ["fastbitset", "xxhash-wasm", "hash-wasm"]) expect(peers).toContain(name);
  });

  test("has two threads do what one does", () => {
    const threads = report.results.filter(({ group }) => group === "threads");
    const all = ["zero-scan", "compare", "digest", "delta-encode", "two workers"];
    expect(threads.map(({ name }) => name)).toEqual(all);
    const gains = threads.map(({ ratioTo }) => ratioTo["one worker"] ?? 0);
    expect(gains.pop()).toBe(Math.min(...gains));
    expect(markdown).toMatch(/^\| two workers \| DRAM \|/m);
    // How much they gain, a small run cannot say.
    expect(verdictsOf(printed)).toContainEqual(expect.stringMatching(/^not measurable .*two work/));
  });

  test("migrates under every strategy, and compares real bytes", () => {
    const migrations = report.results.filter(({ group }) => group === "migration");
    const recorded = migrations.filter(({ name }) => name.startsWith("recorded guest"));
    expect(recorded.map(({ pattern }) => pattern).sort()).toEqual(
      ["cold", "hybrid", "post-copy", "pre-copy", "stop-and-copy"].sort(),
    );
    const withBytes = [...recorded, ...migrations.filter(({ name }) => name === "real bytes")];
    expect(withBytes.length).toBe(6);
    for (const { verified, pattern } of withBytes) expect(verified, pattern).toBe(true);
  });

  test("migrates in data centres, beside what others were measured at", () => {
    const fleets = report.results.filter(({ group }) => group === "fleet");
    const counted = fleets.filter(({ name }) => name === "migrations");
    expect(counted.length).toBe(8);
    // Everything that was asked for is done: one a host of the hundredth part.
    for (const { pattern, migrations } of counted) {
      const hosts = /^(?:fleet-)?([\d,]+)/.exec(pattern)?.[1]?.replaceAll(",", "");
      expect(migrations, pattern).toBe(Number(hosts) / 100);
    }
    expect(fleets.filter(({ name }) => name === "policy").length).toBe(6);
    expect(fleets.filter(({ name }) => name === "day").length).toBe(2);
    expect(printed).toMatch(/^fleet-10,000 star, profile simgrid .*SimGrid 3.32: 62 s \(x\d/m);
    expect(printed).toContain("measured elsewhere");
  });

  test("weighs what a page loads first, and apart from it what only HTML reports need", () => {
    const [library] = report.results.filter(({ group }) => group === "bundle");
    for (const figure of ["bytes", "lazyBytes"]) {
      expect(library?.[figure as "bytes"]).toBeGreaterThan(10_000);
      expect(printed).toContain(`${library?.[figure as "bytes"]} bytes`);
    }
  });

  test("says of every goal whether it is met, and why where it cannot be said", () => {
    const verdicts = verdictsOf(printed);
    expect(verdicts.length).toBe(GOALS.length);
    expect(verdicts.filter((line) => line.includes("there is no result"))).toEqual([]);
    expect(verdicts).toContainEqual(expect.stringMatching(/zero scan, DRAM.*no native code/));
  });
});

describe("a command line that cannot be followed", () => {
  test.each([
    [["kernels"], "no group 'kernels'"],
    [["--smal"], "--smal"],
    [["--json"], "--json"],
    [["--svg="], "--svg needs the name of a file"],
    [["--small", "--json", join("no", "such", "folder", "x.json")], "cannot write"],
    [["--small", "--markdown", "test"], "cannot write test: it is not a file"],
  ])("%j", (args, message) => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [MAIN, ...args], {
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
    expect(stdout).toBe("");
  });

  test("a function that is not there, of those to measure", () => {
    const args = [MAIN, "--small", "--only", "compare,scan"];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^bench: --only: there is no function 'scan'; there are zero-scan, /);
    expect(stderr).not.toContain("    at ");
  });

  test("--help has examples", () => {
    const { status, stdout } = spawnSync(process.execPath, [MAIN, "--help"], { encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout).toContain("npm run bench:native -- --check");
  });
});
