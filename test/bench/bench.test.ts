import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const MAIN = "bench/main.js";

interface Result {
  readonly group: string;
  readonly name: string;
  readonly pattern: string;
  readonly variant: string;
  readonly ratioTo: Readonly<Record<string, number>>;
  readonly goal?: Readonly<Record<string, number>>;
  readonly [figure: string]: unknown;
}

interface Report {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryBytes: number };
  readonly date: string;
  readonly node: string;
  readonly results: readonly Result[];
}

function isTwin({ variant }: Result): boolean {
  return variant === "reference";
}

describe("a small run of every benchmark", () => {
  let folder: string;
  let printed: string;
  let report: Report;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "godwit-bench-"));
    const json = join(folder, "bench.json");
    printed = execFileSync(process.execPath, [MAIN, "--small", "--json", json], {
      encoding: "utf8",
    });
    report = JSON.parse(readFileSync(json, "utf8"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("says what it ran on, and when", () => {
    expect(report.machine.cpu).toMatch(/\w/);
    expect(report.machine.cores).toBeGreaterThan(0);
    expect(report.machine.memoryBytes).toBeGreaterThan(0);
    expect(report.node).toBe(process.version);
    expect(Number.isNaN(Date.parse(report.date))).toBe(false);
    expect(printed).toContain(report.machine.cpu);
  });

  test("has every group", () => {
    const groups = new Set(report.results.map(({ group }) => group));
    expect([...groups]).toEqual(["kernel", "round", "migration"]);
  });

  test("has figures that are finite and positive", () => {
    // The system may have had nothing to do, and not every strategy has faults.
    const mayBeZero = ["addedBytes", "systemMs", "faults"];
    for (const { ratioTo, goal, ...rest } of report.results) {
      const numbers = Object.entries(rest).filter(([, value]) => typeof value === "number");
      expect(numbers.map(([name]) => name)).toEqual(
        expect.arrayContaining(["medianMs", "p10Ms", "perSecond", "samples"]),
      );
      const where = `${rest.name}, ${rest.pattern}, ${rest.variant}`;
      for (const [name, value] of [...numbers, ...Object.entries(ratioTo)]) {
        expect(value, `${where}: ${name}`).toSatisfy(Number.isFinite);
        if (!mayBeZero.includes(name)) expect(value, `${where}: ${name}`).toBeGreaterThan(0);
      }
    }
  });

  test("compares both builds of every kernel function with the twin", () => {
    const kernel = report.results.filter(({ group }) => group === "kernel");
    const withTwin = new Set(kernel.filter(isTwin).map(({ name }) => name));
    expect(withTwin).toEqual(new Set(kernel.map(({ name }) => name)));
    for (const twin of kernel.filter(isTwin)) {
      const isSame = (one: Result) => one.name === twin.name && one.pattern === twin.pattern;
      const compared = kernel.filter(isSame);
      const where = `${twin.name}, ${twin.pattern}`;
      expect(compared.map(({ variant }) => variant)).toEqual(["simd", "scalar", "reference"]);
      expect(compared[0]?.ratioTo, where).toHaveProperty("reference");
      expect(compared[1]?.ratioTo, where).toHaveProperty("reference");
    }
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

  test("says of every goal whether it is met", () => {
    const goals = report.results.filter(({ goal }) => goal !== undefined);
    expect(goals.length).toBeGreaterThan(0);
    expect(printed.match(/^(met|MISSED) .* at most .* of CPU$/gm)?.length).toBe(goals.length);
  });
});

describe("a command line that cannot be followed", () => {
  test.each([
    [["kernels"], "no group 'kernels'"],
    [["--smal"], "--smal"],
    [["--json"], "--json"],
    [["--small", "--json", join("no", "such", "folder", "x.json")], "cannot write"],
  ])("%j", (args, message) => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [MAIN, ...args], {
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
    expect(stdout).toBe("");
  });
});
