import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";

export const MAIN = "bench/main.js";

export interface Result {
  readonly group: string;
  readonly name: string;
  readonly pattern: string;
  readonly ratioTo: Readonly<Record<string, number>>;
  readonly [figure: string]: unknown;
}

export interface Report {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryBytes: number };
  readonly date: string;
  readonly node: string;
  readonly results: readonly Result[];
}

/** What a run of the benchmarks printed and wrote. */
export interface Run {
  readonly printed: string;
  readonly report: Report;
  readonly svg: string;
  readonly markdown: string;
}

/** Runs the benchmarks with everything tiny. */
export function runSmall(...args: string[]): Run {
  const folder = mkdtempSync(join(tmpdir(), "godwit-bench-"));
  try {
    const file = (name: string): string => join(folder, name);
    const outputs = ["--json", file("json"), "--svg", file("svg"), "--markdown", file("md")];
    const printed = execFileSync(process.execPath, [MAIN, "--small", ...outputs, ...args], {
      encoding: "utf8",
    });
    const read = (name: string): string => readFileSync(file(name), "utf8");
    return { printed, report: JSON.parse(read("json")), svg: read("svg"), markdown: read("md") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every result is one row of its own, and every figure of it is one. */
export function expectSoundFigures({ results }: Report): void {
  const keys = results.map(({ group, name, pattern }) => `${group}: ${name}, ${pattern}`);
  expect(new Set(keys).size).toBe(keys.length);
  // The system may have had nothing to do, not every strategy has faults, not every policy migrates, and
  // equal samples spread nowhere.
  const mayBeZero = ["addedBytes", "systemMs", "faults", "migrations"];
  for (const [index, result] of results.entries()) {
    const { ratioTo, ...rest } = result;
    const numbers = Object.entries(rest).filter(([, value]) => typeof value === "number");
    expect(numbers.length, keys[index]).toBeGreaterThan(0);
    for (const [name, value] of [...numbers, ...Object.entries(ratioTo)]) {
      expect(value, `${keys[index]}: ${name}`).toSatisfy(Number.isFinite);
      if (!mayBeZero.includes(name)) {
        expect(value, `${keys[index]}: ${name}`).toBeGreaterThan(0);
      }
    }
  }
}

/** The verdicts a run printed, a line for each goal. */
export function verdictsOf(printed: string): string[] {
  return printed.match(/^(met|MISSED|not measurable here) .*, asked at (least|most) .*$/gm) ?? [];
}
