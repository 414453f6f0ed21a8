import { afterEach, beforeEach, expect, test } from "vitest";
import type { Simulate } from "../../../src/cli/world.js";
import { pretending, type Stage, setStage } from "./stage.js";

let stage: Stage;
beforeEach(() => {
  stage = setStage();
});
afterEach(() => stage.close());

test.each([
  [["run"], undefined],
  [["run", "--threads", "1"], 1],
  [["run", "--threads", "32"], 32],
])("%j hands the engine %s threads", async (argv, expected) => {
  const seen: (number | undefined)[] = [];
  const engine: Simulate = (scenario, options) => {
    seen.push(options.threads);
    return pretending()(scenario, options);
  };
  expect(await stage.play(argv, engine)).toMatchObject({ code: 0 });
  expect(seen).toEqual([expected]);
});

test("says why one thread does what several were asked for", async () => {
  const engine: Simulate = async (scenario, options) => ({
    ...(await pretending()(scenario, options)),
    singleThreadReason: "there is only one",
  });
  const { code, err, out } = await stage.play(["run", "--threads", "4"], engine);
  expect([code, err]).toEqual([0, "godwit: one thread instead of 4: there is only one\n"]);
  expect(await stage.play(["run"], engine)).toMatchObject({ err: "", out });
  expect(await stage.play(["run", "--threads", "4", "--json"], engine)).toMatchObject({ err: "" });
});

test.each(["0", "33", "two", "1.5", "", "1e1"])("--threads %j is refused", async (threads) => {
  for (const command of ["run", "compare"]) {
    const { code, err, scenarios } = await stage.play([command, `--threads=${threads}`]);
    expect(code).toBe(1);
    expect(err).toContain("--threads: got");
    expect(scenarios).toEqual([]);
  }
});
