import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Stage, setStage } from "./stage.js";

let stage: Stage;
beforeEach(() => {
  stage = setStage();
});
afterEach(() => stage.close());

const BASE = ["predict", "--memory", "1GiB", "--bandwidth", "1Gbit/s", "--runs", "50"];

test("predict tells what will happen, and why", async () => {
  const { code, out } = await stage.play([...BASE, "--workload", "uniform:wss=64MiB,rate=900/s"]);
  expect(code).toBe(0);
  expect(out).toMatch(/^It converges: what the guest dirties/m);
  expect(out).toMatch(/^total time +\S+ s /m);
  expect(out).toMatch(/^downtime +\S+ ms /m);
});

test("predict --json prints the distribution and nothing else", async () => {
  const argv = [...BASE, "--workload", "sequential:wss=512MiB,rate=90k/s", "--json"];
  const { code, out } = await stage.play(argv);
  const prediction = JSON.parse(out);
  // It does not converge, and the exit code says so.
  expect(code).toBe(2);
  expect(prediction).toMatchObject({
    verdict: "does-not-converge",
    convergesBy: { deadlineMs: 3_600_000, probability: 0 },
    totalMs: null,
  });
});

test("predict reads an observation", async () => {
  const pages = { totalPages: 262_144, nonzeroPages: 100_000, nonzeroPagesError: 0 };
  const point = { horizonMs: 1000, pages: 500, deviation: 20, windows: 9 };
  const observation = {
    kind: "godwit-observation",
    version: 1,
    source: "trace",
    subject: "process 1",
    observedMs: 10_000,
    contents: { ...pages, repeatedPages: null, compressedShare: null },
    curve: [{ ...point, deltaBytes: null, overflowShare: null }],
    cost: null,
  };
  writeFileSync(join(stage.folder, "vm.json"), JSON.stringify(observation));
  const { code, out } = await stage.play(["predict", "--observation", "vm.json"]);
  expect(code).toBe(0);
  expect(out).toMatch(/^1 GiB of RAM, 390.6 MiB of it not zero/);
  // What a monitor alone does not tell must not look as if it were known.
  const unknown = { ...observation.contents, nonzeroPages: 131_072, nonzeroPagesError: 75_000 };
  const vague = { ...observation, contents: unknown };
  writeFileSync(join(stage.folder, "vague.json"), JSON.stringify(vague));
  const again = await stage.play(["predict", "--observation", "vague.json"]);
  expect(again.out).toMatch(/^1 GiB of RAM, \d+\S* \wiB to \d+\S* \wiB of it not zero/);
});

test("predict refuses what it cannot use, by the flag's name", async () => {
  const { code, err } = await stage.play([...BASE, "--workload", "idle", "--xbzrle-cache", "3MiB"]);
  expect(code).toBe(1);
  expect(err).toMatch(/^godwit: --xbzrle-cache: got "3MiB", expected a power of two/);
  expect((await stage.play(["predict"])).err).toMatch(/--workload and --memory/);
});
