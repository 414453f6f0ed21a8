// The fuzz programs at a small size, and that their runner reports what fails.
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";

interface Failure extends Error {
  readonly inputs: Record<string, unknown>;
}

interface Runner {
  CaseFailure: new (message: string, inputs: Record<string, unknown>) => Failure;
  runCases(
    name: string,
    runCase: (random: { nextUint32(): number }) => void,
    options: { argv: string[]; print: (line: string) => void },
  ): boolean;
  runCasesInTurn(
    name: string,
    runCase: () => Promise<void>,
    options: { argv: string[]; print: (line: string) => void },
  ): Promise<boolean>;
}

/** Imported late: it needs the build. */
async function loadRunner(): Promise<Runner> {
  const path = "../../scripts/fuzz/run-cases.mjs";
  return (await import(/* @vite-ignore */ path)) as Runner;
}

test.each(["lz4", "xbzrle", "qemu-stream", "compact-stream"])(
  "a few thousand cases of scripts/fuzz/%s.mjs hold",
  (name) => {
    const args = [`scripts/fuzz/${name}.mjs`, "--cases", "4000", "--seed", "1"];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(stdout).toContain(`${name}: 4000 cases held`);
    expect(status).toBe(0);
  },
);

test("a fuzz program that is called wrongly fails", () => {
  const args = ["scripts/fuzz/lz4.mjs", "--cases", "many"];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stdout).toContain("--cases takes a whole number");
  expect(status).toBe(1);
});

test("cases that answer promises fail and are repeated like the others", async () => {
  const { CaseFailure, runCasesInTurn } = await loadRunner();
  const lines: string[] = [];
  const runCase = async () => {
    await Promise.resolve();
    throw new CaseFailure("late", {});
  };
  const options = {
    argv: ["--cases", "3", "--seed", "7"],
    print: (line: string) => lines.push(line),
  };
  expect(await runCasesInTurn("sample", runCase, options)).toBe(false);
  expect(lines.join("\n")).toContain("FAILED at case 0: late");
  expect(await runCasesInTurn("sample", async () => {}, options)).toBe(true);
});

describe("the runner", () => {
  test("shows the case that fails, and repeats it alone", async () => {
    const { CaseFailure, runCases } = await loadRunner();
    const lines: string[] = [];
    const drawn: number[] = [];
    const print = (line: string) => lines.push(line);
    const runCase = (random: { nextUint32(): number }) => {
      drawn.push(random.nextUint32());
      if (drawn.length === 6) throw new CaseFailure("too many", { bytes: Uint8Array.of(1, 255) });
    };
    const args = ["--cases", "10", "--seed", "7"];
    expect(runCases("sample", runCase, { argv: args, print })).toBe(false);
    const shown = lines.join("\n");
    expect(shown).toContain("FAILED at case 5: too many\n  bytes: 01ff\n");
    const [, again = ""] = /again: node scripts\/fuzz\/sample.mjs (.*)/.exec(shown) ?? [];
    expect(runCases("sample", runCase, { argv: again.split(" "), print })).toBe(true);
    expect(drawn).toHaveLength(7);
    expect(drawn[6]).toBe(drawn[5]);
  });

  test("answers true when all cases hold", async () => {
    const { runCases } = await loadRunner();
    let count = 0;
    const options = { argv: ["--cases", "10", "--seed", "7"], print: () => {} };
    expect(runCases("sample", () => void count++, options)).toBe(true);
    expect(count).toBe(10);
  });
});
