import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** The program as it is published: the build, started as a process of its own. */
const MAIN = resolve("dist/cli/main.js");

let folder = "";
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "godwit-program-"));
});
afterEach(() => {
  // A test that failed must not leave its process behind.
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

function start(argv: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...argv], { cwd: folder });
  children.push(child);
  return child;
}

interface Ended {
  /** Null: a signal ended the process. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Collects what a process says until it ends; `heard` is called with all of its output so far. */
function ended(child: ChildProcess, heard: (out: string) => void = () => {}): Promise<Ended> {
  let out = "";
  let err = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    heard(out);
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  return new Promise((finish, fail) => {
    child.once("error", fail);
    child.once("close", (code) => finish({ code, out, err }));
  });
}

function play(...argv: readonly string[]): Promise<Ended> {
  return ended(start(argv));
}

const SMALL = ["--memory", "64MiB", "--workload", "uniform:wss=8MiB,rate=2000/s"];

describe("--json", () => {
  test("is one object on stdout, and the same again for the same seed", async () => {
    const argv = ["run", ...SMALL, "--contents", "generated", "--seed", "7", "--json"];
    const { code, out, err } = await play(...argv);
    expect([code, err]).toEqual([0, ""]);
    expect(JSON.parse(out)).toMatchObject({
      strategy: "pre-copy",
      outcome: "completed",
      totalMigrationTimeMs: expect.any(Number),
      downtimeMs: expect.any(Number),
      downtimeParts: expect.any(Object),
      bytesSent: expect.any(Number),
      pagesSent: { zero: 0, raw: expect.any(Number), delta: 0 },
      networkFaults: 0,
      rounds: expect.arrayContaining([
        expect.objectContaining({
          round: 0,
          phase: "push",
          startMs: expect.any(Number),
          durationMs: expect.any(Number),
          pagesSent: 16_384,
          bytesSent: expect.any(Number),
          dirtyPagesAtEnd: expect.any(Number),
        }),
      ]),
      verified: true,
      seed: 7,
    });
    const withFiles = await play(...argv, "--svg", "a.svg", "--html", "a.html");
    expect(withFiles).toEqual({ code: 0, out, err: "" });
    expect(readdirSync(folder).sort()).toEqual(["a.html", "a.svg"]);
  });

  test("of a comparison is one array", async () => {
    const { code, out } = await play("compare", ...SMALL, "--json");
    expect(code).toBe(0);
    const strategies = JSON.parse(out).map(({ strategy }: { strategy: string }) => strategy);
    expect(strategies).toEqual(["cold", "stop-and-copy", "pre-copy", "post-copy", "hybrid"]);
  });
});

describe("the exit code says how it went", () => {
  test.each<[number, string | undefined, string[]]>([
    [0, "completed", []],
    [1, undefined, ["--memory", "64"]],
    [2, "not-converged", ["--workload", "uniform:wss=64MiB,rate=1G/s", "--downtime-limit", "1ms"]],
    [3, "failed", ["--outage", "10ms"]],
  ])("%i", async (expected, outcome, argv) => {
    const { code, out, err } = await play("run", ...SMALL, ...argv, "--json");
    expect(code).toBe(expected);
    expect(outcome === undefined ? out : JSON.parse(out).outcome).toBe(outcome ?? "");
    expect(err).toMatch(expected === 1 ? /^godwit: --memory: got "64", [^\n]*\n$/ : /^$/);
  });
});

test("--version", async () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(await play("--version")).toEqual({ code: 0, out: `${version}\n`, err: "" });
});

test("a reader that goes away is no fault: the run ends with its files and its exit code", async () => {
  const child = start(["run", ...SMALL, "--html", "a.html"]);
  child.stdout?.destroy();
  expect(await ended(child)).toMatchObject({ code: 0, err: "" });
  expect(readFileSync(join(folder, "a.html"), "utf8")).toMatch(/<\/html>\n$/);
});

describe.skipIf(process.platform === "win32")("Ctrl-C exits with 130 and leaves no file", () => {
  const endless = ["--policy", "cloud-hypervisor", "--give-up-after", "2000h"];
  test.each<[string, RegExp, string[]]>([
    ["while pushing", /^round {2}phase/m, ["--strategy", "pre-copy", ...endless]],
    // A pull whose guest faults millions of times.
    ["while pulling", /^ +\d+ {2}stop-and-copy/m, ["--strategy", "post-copy"]],
  ])("%s", async (_, sign, argv) => {
    const guest = ["--memory", "1TiB", "--workload", "uniform:wss=1TiB,rate=5M/s"];
    const child = start(["run", ...guest, ...argv, "--html", "a.html", "--svg", "a.svg"]);
    let isPressed = false;
    const { code, err } = await ended(child, (out) => {
      if (isPressed || !sign.test(out)) return;
      isPressed = true;
      child.kill("SIGINT");
    });
    expect(code).toBe(130);
    expect(err).toMatch(/^godwit: interrupted: [^\n]*; nothing was written\n$/);
    expect(readdirSync(folder)).toEqual([]);
  });
});
