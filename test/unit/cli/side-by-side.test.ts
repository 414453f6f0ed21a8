import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Simulate } from "../../../src/cli/world.js";
import { AbortedError, LinkFailedError, MigrationBlockedError } from "../../../src/errors.js";
import { pretending, type Stage, setStage } from "./stage.js";

let stage: Stage;
beforeEach(() => {
  stage = setStage();
});
afterEach(() => stage.close());

/** Engines that answer in the opposite order of their beginning. */
function backwards(engine: Simulate = pretending()): Simulate {
  let begun = 0;
  return async (scenario, options) => {
    for (let turns = 10 * (5 - begun++); turns > 0; turns--) await Promise.resolve();
    return engine(scenario, options);
  };
}

describe("what is printed is the same however many threads there are", () => {
  const blocking: Simulate = (scenario, options) =>
    scenario.strategy === "pre-copy"
      ? Promise.reject(new MigrationBlockedError("gpu0", "no failover"))
      : pretending()(scenario, options);
  const failing: Simulate = (scenario, options) =>
    scenario.strategy === "cold" || scenario.strategy === "hybrid"
      ? pretending()(scenario, options)
      : Promise.reject(new LinkFailedError(`${scenario.strategy} failed`, 5));

  test.each<[string, Simulate, number]>([
    ["results", pretending(), 0],
    ["a strategy that is blocked", blocking, 0],
    ["strategies that fail, of which the first is told", failing, 3],
  ])("%s", async (_, engine, code) => {
    for (const argv of [["compare"], ["compare", "--json"], ["compare", "--html", "c.html"]]) {
      const one = await stage.play([...argv, "--threads", "1"], engine);
      const four = await stage.play([...argv, "--threads", "4"], backwards(engine));
      expect([one.code, one.pools]).toEqual([code, []]);
      expect(four).toMatchObject({ code, out: one.out, err: one.err });
      expect(four.pools).toEqual([{ threads: 4, isClosed: true }]);
      expect(one.scenarios).toEqual(four.scenarios.slice(0, one.scenarios.length));
    }
  });
});

test.each<[string[], object, number[]]>([
  [[], {}, []],
  [[], { parallelism: 3 }, [3]],
  [[], { parallelism: 64 }, [5]],
  [["--threads", "32"], {}, [5]],
  [["--threads", "1"], { parallelism: 8 }, []],
])("compare %j on %j", async (argv, computer, expected) => {
  const { code, err, pools } = await stage.play(["compare", ...argv], undefined, computer);
  expect([code, err]).toEqual([0, ""]);
  expect(pools.map(({ threads }) => threads)).toEqual(expected);
});

describe("strategies at once are as many as memory allows", () => {
  const guest = ["compare", "--threads", "4", "--memory", "1GiB", "--contents", "generated"];
  const play = (gibibytes: number, ...more: string[]): ReturnType<Stage["play"]> =>
    stage.play([...guest, ...more], undefined, { freeBytes: gibibytes * 2 ** 30 });

  test("and the user is told", async () => {
    expect(await play(8)).toMatchObject({ code: 0, err: "", pools: [{ threads: 4 }] });
    const fewer = await play(7);
    expect(fewer).toMatchObject({ code: 0, pools: [{ threads: 3 }] });
    expect(fewer.err).toBe(
      "godwit: 3 at a time instead of 4: each strategy holds the guest's bytes twice, and 7 GiB of memory are free\n",
    );
    const one = await play(3);
    expect(one).toMatchObject({ code: 0, pools: [] });
    expect(one.err).toContain("1 at a time instead of 4");
    expect(one.out).toBe((await play(8)).out);
  });

  test("but not among results for programs", async () => {
    expect(await play(7, "--json")).toMatchObject({ code: 0, err: "", pools: [{ threads: 3 }] });
  });

  test("with delta caches they are fewer", async () => {
    const withCache = await play(8, "--xbzrle", "--xbzrle-cache", "512MiB");
    expect(withCache.pools).toMatchObject([{ threads: 3 }]);
  });

  test("a guest without bytes takes none", async () => {
    const argv = ["compare", "--threads", "4", "--memory", "1TiB"];
    const { err, pools } = await stage.play(argv, undefined, { freeBytes: 2 ** 20 });
    expect([err, pools.length]).toEqual(["", 1]);
  });
});

test("Ctrl-C ends all of them, and says where they were", async () => {
  let begun = 0;
  const engine: Simulate = async (_, { signal, onProgress }) => {
    const order = begun++;
    if (order === 1) onProgress({ elapsedMs: 1500, remainingPages: 5, phase: "push", round: 2 });
    if (order === 2) onProgress({ elapsedMs: 900, remainingPages: 7, phase: "pull", round: 1 });
    if (order === 2) setImmediate(stage.interrupt);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    throw new AbortedError("the simulations were aborted");
  };
  const argv = ["compare", "--threads", "3", "--html", "a.html"];
  const { code, err, pools } = await stage.play(argv, engine);
  expect(code).toBe(130);
  expect(err).toBe(
    "godwit: interrupted: stop-and-copy in round 2 (push), 1.5 s simulated, and pre-copy in round 1 (pull), 900 ms simulated; nothing was written\n",
  );
  expect(pools).toEqual([{ threads: 3, isClosed: true }]);
});

test("a terminal shows how far each is, and nothing of that remains", async () => {
  let shown = "";
  const stream = new Writable({
    write(text, _, done) {
      shown += text;
      done();
    },
  });
  const terminal = Object.assign(stream, { isTTY: true, columns: 100 });
  const engine: Simulate = async (scenario, options) => {
    const progress = { elapsedMs: 1500, remainingPages: 2 ** 16, phase: "push", round: 2 } as const;
    const end = scenario.strategy === "cold" ? 400 : 1500;
    for (const began = Date.now(); Date.now() - began < end; ) {
      await options.onProgress(progress);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return pretending()(scenario, options);
  };
  const argv = ["compare", "--threads", "5", "--memory", "1GiB"];
  const { code } = await stage.play(argv, engine, { terminal });
  expect(code).toBe(0);
  expect(shown).toMatch(/hybrid .* 75 % {2}push, round 2, 1.5 s simulated/);
  const clearBelow = "\u001b[0J";
  expect(shown.lastIndexOf(clearBelow)).toBeGreaterThan(shown.lastIndexOf("simulated"));
});
