import { readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Simulate } from "../../../src/cli/world.js";
import {
  AbortedError,
  LinkFailedError,
  MigrationBlockedError,
  WireFormatError,
} from "../../../src/errors.js";
import { pretending, type Stage, setStage } from "./stage.js";

let stage: Stage;
beforeEach(() => {
  stage = setStage();
});
afterEach(() => stage.close());

describe("exit codes", () => {
  const throwing =
    (error: unknown): Simulate =>
    () =>
      Promise.reject(error);

  test.each<[string, Simulate, number]>([
    ["completed", pretending(), 0],
    ["not converged", pretending({ outcome: "not-converged", runningOn: "source" }), 2],
    ["failed", pretending({ outcome: "failed" }), 3],
    ["a damaged file", throwing(new WireFormatError("deltas.bin.gz: truncated", 7)), 1],
    ["a device that blocks", throwing(new MigrationBlockedError("gpu0", "no failover")), 1],
    ["the link is gone", throwing(new LinkFailedError("gone", 5)), 3],
    ["aborted", throwing(new AbortedError("aborted")), 130],
    ["our bug", throwing(new TypeError("x is not a function")), 70],
  ])("%s", async (_, engine, expected) => {
    const { code, err } = await stage.play(["run", "--svg", "a.svg"], engine);
    expect(code).toBe(expected);
    expect(err).not.toMatch(/\n {4}at /);
    expect(readdirSync(stage.folder).filter((name) => name !== "a.svg")).toEqual([]);
  });

  test("a bug is apologised for, and the message told", async () => {
    const { err } = await stage.play(["run"], throwing(new TypeError("x is not\na function")));
    expect(err).toMatch(
      /^godwit: sorry, this is a bug in godwit \d+\.\d+\.\d+: x is not a function\. Please report/,
    );
  });
});

test("Ctrl-C ends the run, says what is the case, and writes nothing", async () => {
  const engine: Simulate = async (_, { signal, onProgress }) => {
    onProgress({ elapsedMs: 1500, remainingPages: 5, phase: "push", round: 2 });
    stage.interrupt();
    expect(signal.aborted).toBe(true);
    throw new AbortedError("aborted");
  };
  const { code, err } = await stage.play(["run", "--html", "a.html"], engine);
  expect(code).toBe(130);
  expect(err).toBe(
    "godwit: interrupted: pre-copy in round 2 (push), 1.5 s simulated; nothing was written\n",
  );
  expect(readdirSync(stage.folder)).toEqual([]);
});

test("Ctrl-C ends a pull too, which the engine would see through", async () => {
  const engine: Simulate = async (scenario, { onProgress, map }) => {
    const progress = { elapsedMs: 1500, remainingPages: 5, phase: "pull", round: 1 } as const;
    await onProgress(progress);
    stage.interrupt();
    const end = await Promise.resolve()
      .then(() => onProgress(progress))
      .catch((error: unknown) => error);
    expect(end).toBeInstanceOf(AbortedError);
    return pretending({ outcome: "aborted", runningOn: "target" })(scenario, {
      onRound: () => undefined,
      onProgress: () => undefined,
      signal: new AbortController().signal,
      map,
    });
  };
  const argv = ["run", "--json", "--strategy", "post-copy", "--html", "a.html"];
  const { code, out, err } = await stage.play(argv, engine);
  expect([code, JSON.parse(out).outcome]).toEqual([130, "aborted"]);
  expect(err).toMatch(
    /interrupted: post-copy in round 1 \(pull\).*runs at the target; nothing was/,
  );
  expect(readdirSync(stage.folder)).toEqual([]);
});
