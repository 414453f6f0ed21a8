import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Simulate } from "../../../src/cli/world.js";
import { InvalidOptionError } from "../../../src/errors.js";
import { type Stage, setStage } from "./stage.js";

let stage: Stage;
beforeEach(() => {
  stage = setStage();
});
afterEach(() => stage.close());

describe("run", () => {
  test("prints a line a round and the report", async () => {
    const { code, out, err } = await stage.play(["run", "--memory", "2GiB"]);
    expect(code).toBe(0);
    expect(err).toBe("");
    expect(out).toMatch(/^2 GiB guest, idle, over 10 Gbit\/s; policy godwit, seed 1\n/);
    expect(out.match(/^ +\d {2}(push|stop-and-copy|pull)/gm)).toHaveLength(5);
    expect(out).toMatch(/^downtime {14}60 ms$/m);
    expect(out).not.toMatch(/[^\S\n]$/m);
  });

  test("--json prints one object and nothing else", async () => {
    const { out } = await stage.play(["run", "--json", "--seed", "9"]);
    expect(JSON.parse(out)).toMatchObject({ strategy: "pre-copy", outcome: "completed", seed: 9 });
  });

  test("writes the picture and the page, whole or not at all", async () => {
    const { out } = await stage.play(["run", "--svg", "a.svg", "--html", "a.html"]);
    expect(out).toContain("wrote a.svg and a.html");
    expect(readFileSync(join(stage.folder, "a.svg"), "utf8")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(readFileSync(join(stage.folder, "a.html"), "utf8")).toMatch(
      /^<!doctype html>[\s\S]*<\/html>\n$/,
    );
    expect(readdirSync(stage.folder).sort()).toEqual(["a.html", "a.svg"]);
  });

  test("replaces a file that is there", async () => {
    writeFileSync(join(stage.folder, "a.svg"), "old");
    await stage.play(["run", "--svg", "a.svg"]);
    expect(readFileSync(join(stage.folder, "a.svg"), "utf8")).toMatch(/^<svg/);
  });

  test("tells of a link that loses packets", async () => {
    const { out } = await stage.play(["run", "--link", "wan-100m"]);
    expect(out).toMatch(/over 100 Mbit\/s with 0.01 % loss; policy godwit/);
  });

  test("every flag reaches the scenario", async () => {
    const argv = [
      "run",
      "--strategy=hybrid",
      "--max-rounds",
      "3",
      "--xbzrle",
      "--outage",
      "3s,for=1s",
      "--outage",
      "9s",
      "--zero",
      "0.3",
    ];
    const { scenarios } = await stage.play(argv);
    expect(scenarios[0]).toMatchObject({
      strategy: "hybrid",
      migration: { maxRounds: 3, xbzrleCacheBytes: 2 ** 26 },
      link: { outages: [{ atNs: 3e9 }, { atNs: 9e9 }] },
      machine: { zeroShare: 0.3 },
    });
  });
});

describe("a scenario file", () => {
  const write = (name: string, content: unknown): void =>
    writeFileSync(
      join(stage.folder, name),
      typeof content === "string" ? content : JSON.stringify(content),
    );

  test("has the flags' names, and flags win", async () => {
    write("s.json", { memory: "2GiB", maxRounds: 3, xbzrle: true, outage: ["1s,for=1s"] });
    const argv = ["run", "s.json", "--max-rounds", "4", "--no-xbzrle", "--outage", "5s,for=1s"];
    const { scenarios } = await stage.play(argv);
    expect(scenarios[0]).toMatchObject({
      machine: { memoryPages: 524_288 },
      migration: { maxRounds: 4, xbzrleCacheBytes: 0 },
      link: { outages: [{ atNs: 5e9 }] },
    });
  });

  test("names files from its own folder", async () => {
    mkdirSync(join(stage.folder, "deep"));
    write("deep/s.json", { workload: "phases:p.json", image: "i.ram" });
    write("deep/p.json", [{ duration: "1s", workload: "idle" }]);
    write("deep/i.ram", "x".repeat(4096));
    const { scenarios, err } = await stage.play(["run", "deep/s.json"]);
    expect(err).toBe("");
    expect(scenarios[0]?.machine.contents).toEqual({
      kind: "image",
      path: join(stage.folder, "deep/i.ram"),
    });
  });

  test.each([
    ["{", /scenario: got "s.json", expected a file with valid JSON/],
    ["[]", /scenario: got "an array"/],
    [{ memry: "1GiB" }, /memry in s.json: got "1GiB", .*perhaps memory\?/],
    [{ memory: 5 }, /memory in s.json: got 5, .*unit is missing/],
    [
      { strategy: "cold", maxRounds: 3 },
      /maxRounds in s.json: got 3, expected no such option with cold/,
    ],
    [{ workload: "phases:none.json" }, /workload in s.json: got ".*none.json", .*does not exist/],
  ])("%j is refused", async (content, message) => {
    write("s.json", content);
    const { code, err, scenarios } = await stage.play(["run", "s.json"]);
    expect([code, scenarios.length]).toEqual([1, 0]);
    expect(err).toMatch(message);
  });
});

describe("usage errors: one line, exit code 1, nothing run and nothing written", () => {
  test.each([
    [["rnu"], /unknown command 'rnu' \(Did you mean run\?\)/],
    [["run", "--memroy", "1GiB"], /unknown option '--memroy' \(Did you mean --memory\?\)/],
    [["run", "--memory"], /'--memory <SIZE>' argument missing/],
    [["run", "--memory", "64"], /--memory: got "64", expected a size .*the unit is missing/],
    [["run", "a.json", "b.json"], /too many arguments/],
    [["run", "missing.json"], /scenario: got "missing.json", .*does not exist/],
    [["run", "--svg", "no/such/a.svg"], /--svg: got "no\/such\/a.svg", .*folder that exists/],
    [["run", "--html", "."], /--html: got ".", .*this is a folder/],
    [["run", "--image", "none.ram"], /--image: got .*does not exist/],
    [["run", "--image", "."], /--image: .*not a regular file/],
    [["run", "--workload", "trace:none"], /--workload: .*does not exist/],
    [["run", "--workload", "trace:."], /--workload: .*meta.json/],
    [
      ["run", "--strategy", "cold", "--xbzrle"],
      /--xbzrle: got true, expected no such option with cold/,
    ],
    [["run", "--throttle-max", "50%"], /--throttle-max: .*without --auto-converge/],
    [["compare", "--strategy", "cold"], /unknown option '--strategy'/],
    [["compare", "--pivots", "0"], /--pivots: got "0"/],
    [["demo", "--memory", "1GiB"], /unknown option/],
    [["run", "--downtime-limit", "0s"], /--downtime-limit: got "0s", expected more than 0/],
    [["help", "rnu"], /unknown command; godwit --help lists them all/],
    [["run", "--\u001b[2J"], /unknown option '--\\u\{1b\}\[2J'/],
    [["run", "--workload", "uniform"], /--workload: got "uniform", .*wss is missing/],
    [["run", "--workload", "idle+"], /--workload: got "idle\+"/],
    [["run", "--disk", "local:"], /--disk: got "local:"/],
    [
      ["run", "--svg", "a", "--html", "./a"],
      /--html: got ".\/a", .*another file than that of --svg/,
    ],
    [
      ["compare", "--svg", "a", "--html", "a"],
      /--html: got "a", .*another file than that of --svg/,
    ],
  ])("%j", async (argv, message) => {
    const { code, out, err, scenarios } = await stage.play(argv);
    expect(err).toMatch(message);
    expect(err).toMatch(/^godwit: [^\n]*\n$/);
    expect([code, out, scenarios.length]).toEqual([1, "", 0]);
    expect(readdirSync(stage.folder)).toEqual([]);
  });
});

describe("files that are read", () => {
  const trace = (name: string): string => {
    const path = join(stage.folder, name);
    cpSync("fixtures/kv-store", path, { recursive: true });
    return path;
  };

  test.each(["meta.json", "base.ram.gz", "deltas.bin.gz"])(
    "a trace whose %s is missing or no regular file is refused before anything runs",
    async (name) => {
      const path = join(trace("t"), name);
      const argv = ["run", "--workload", "trace:t"];
      rmSync(path);
      expect((await stage.play(argv)).err).toMatch(/--workload: .*it does not exist/);
      symlinkSync("/dev/zero", path);
      const { code, out, err } = await stage.play(argv);
      expect([code, out]).toEqual([1, ""]);
      expect(err).toMatch(/--workload: .*it is not a regular file/);
    },
  );

  test("are never overwritten", async () => {
    trace("t");
    writeFileSync(join(stage.folder, "s.json"), "{}");
    writeFileSync(join(stage.folder, "i.ram"), "x".repeat(4096));
    for (const argv of [
      ["run", "s.json", "--html", "s.json"],
      ["compare", "s.json", "--svg", "s.json"],
      ["run", "--image", "i.ram", "--svg", "i.ram"],
      ["run", "--workload", "trace:t", "--html", "t/meta.json"],
    ]) {
      const { code, err } = await stage.play(argv);
      expect([code, err]).toEqual([1, expect.stringMatching(/this one is read for the run/)]);
    }
    expect(readFileSync(join(stage.folder, "s.json"), "utf8")).toBe("{}");
  });

  test("cannot command the terminal", async () => {
    writeFileSync(join(stage.folder, "s.json"), '{"\\u001b[2J": 1}');
    expect((await stage.play(["run", "s.json"])).err).toMatch(/^godwit: \\u\{1b\}\[2J in s.json/);
    writeFileSync(join(stage.folder, "s.json"), '{"a": \u001b[31m');
    expect((await stage.play(["run", "s.json"])).err).not.toContain("\u001b");
    const { out } = await stage.play(["run", "--svg", "a\u001b[31m"]);
    expect(out).toContain("wrote a\\u{1b}[31m");
  });

  test("real contents that the computer could not hold are refused", async () => {
    const computer = { memoryBytes: 2 ** 30 };
    const argv = ["run", "--contents", "generated", "--memory"];
    const { code, err } = await stage.play([...argv, "1GiB"], undefined, computer);
    expect(code).toBe(1);
    expect(err).toMatch(/--memory: got "1 GiB", expected at most 512 MiB of real bytes/);
    expect((await stage.play([...argv, "512MiB"], undefined, computer)).code).toBe(0);
    expect((await stage.play(["run", "--memory", "1TiB"], undefined, computer)).code).toBe(0);
    trace("t");
    const small = { memoryBytes: 2 ** 24 };
    const traced = await stage.play(["compare", "--workload", "trace:t"], undefined, small);
    expect(traced.err).toMatch(/--workload: got "16 MiB", expected at most 8 MiB/);
  });
});

describe("what the engine says of an option names it as the caller wrote it", () => {
  const refusing = (option: string): Simulate => {
    const error = new InvalidOptionError(option, "that", "something else");
    return () => Promise.reject(error);
  };

  test.each([
    ["zero", /^godwit: --zero: got "that", expected something else/],
    ["trace", /^godwit: --workload: got "that"/],
    ["chunkBytes", /^godwit: chunkBytes: got "that"/],
  ])("%s", async (option, message) => {
    for (const command of ["run", "compare"]) {
      const { code, err } = await stage.play([command], refusing(option));
      expect([code, err]).toEqual([1, expect.stringMatching(message)]);
    }
  });

  test("in a file", async () => {
    writeFileSync(join(stage.folder, "s.json"), '{"zero": "90%"}');
    const { err } = await stage.play(["run", "s.json"], refusing("zero"));
    expect(err).toMatch(/^godwit: zero in s.json: got "that"/);
  });
});

describe("on a terminal of 80 columns", () => {
  test.each([[["run"]], [["compare"]]])("%j prints rows that fit", async (argv) => {
    const { out } = await stage.play(argv, undefined, { columns: 80 });
    const rows = out
      .split("\n")
      .filter((line) => /^ *(round|\d+|strategy|pre-copy) {2}/.test(line));
    expect(rows.length).toBeGreaterThan(1);
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(80);
  });
});
