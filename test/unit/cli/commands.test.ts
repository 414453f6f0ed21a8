import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Simulate } from "../../../src/cli/world.js";
import { MigrationBlockedError } from "../../../src/errors.js";
import { pretending, type Stage, setStage } from "./stage.js";

let stage: Stage;
beforeEach(() => {
  stage = setStage();
});
afterEach(() => stage.close());

describe("compare", () => {
  test("runs every strategy and shows them side by side", async () => {
    const argv = [
      "compare",
      "--max-rounds",
      "3",
      "--power",
      "off",
      "--html",
      "c.html",
      "--svg",
      "c.svg",
    ];
    const { code, out, scenarios } = await stage.play(argv);
    expect(code).toBe(0);
    expect(scenarios.map(({ strategy }) => strategy)).toEqual([
      "cold",
      "stop-and-copy",
      "pre-copy",
      "post-copy",
      "hybrid",
    ]);
    expect(out).toMatch(/^strategy +outcome +total +downtime/m);
    expect(out).toMatch(/^post-copy +completed +3.26 s/m);
    expect(readdirSync(stage.folder).sort()).toEqual(["c.html", "c.svg"]);
  });

  test("--json prints one array", async () => {
    const { out } = await stage.play(["compare", "--json"]);
    expect(JSON.parse(out).map(({ strategy }: { strategy: string }) => strategy)).toHaveLength(5);
  });

  test("a device may block some strategies", async () => {
    const engine: Simulate = (scenario, options) =>
      scenario.strategy === "cold"
        ? pretending()(scenario, options)
        : Promise.reject(new MigrationBlockedError("gpu0", "no failover"));
    const { code, out } = await stage.play(["compare", "--passthrough", "gpu0"], engine);
    expect(code).toBe(0);
    expect(out).toMatch(/^pre-copy +blocked/m);
    const all = await stage.play(["compare"], () =>
      Promise.reject(new MigrationBlockedError("gpu0", "no failover")),
    );
    expect(all.code).toBe(1);
  });
});

describe("help", () => {
  test.each([
    [[]],
    [["--help"]],
    [["run", "--help"]],
    [["help", "run"]],
    [["compare", "-h"]],
    [["demo", "--help"]],
    [["observe", "--help"]],
  ])("%j", async (argv) => {
    const { code, out, err } = await stage.play(argv);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^Usage: godwit/);
  });

  test("is grouped, and has examples that are accepted", async () => {
    const { out } = await stage.play(["run", "--help"]);
    for (const heading of [
      "What moves:",
      "Guest:",
      "Link:",
      "Convergence:",
      "Post-copy:",
      "Costs:",
      "Results:",
      "Examples:",
    ]) {
      expect(out).toContain(heading);
    }
    const examples = [...out.matchAll(/^ {2}\$ godwit (.*)$/gm)].map(([, words = ""]) =>
      words.split(" "),
    );
    writeFileSync(join(stage.folder, "scenario.json"), "{}");
    for (const argv of examples) expect(await stage.play(argv)).toMatchObject({ code: 0, err: "" });
    expect(examples.length).toBeGreaterThan(2);
  });

  test("the version", async () => {
    const { code, out } = await stage.play(["--version"]);
    expect([code, out]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });
});

test("the demo compares over the packaged recording", async () => {
  const { code, out, scenarios } = await stage.play(["demo"]);
  expect(code).toBe(0);
  expect(scenarios).toHaveLength(5);
  expect(scenarios[0]?.machine).toMatchObject({ memoryPages: 4096, contents: { kind: "trace" } });
  expect(out).toContain("wrote godwit-demo.html");
  expect(readdirSync(stage.folder)).toEqual(["godwit-demo.html"]);
  const without = await stage.play(["demo", "--no-html", "--json"]);
  expect(JSON.parse(without.out)).toHaveLength(5);
});
