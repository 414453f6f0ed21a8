import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { FleetResult } from "../../src/fleet/run/result.js";
import { contextWithoutFleetFiles, resolveFleet, simulateFleet } from "../../src/fleet.js";
import { digestOf } from "../fleet-digest.js";
import { RICH_FLEET } from "../rich-fleet.js";

/** What a thread does: the built entry, whose result comes back as it is. */
const SCRIPT = `
const { parentPort, workerData } = require("node:worker_threads");
import(workerData.entry).then(async ({ contextWithoutFleetFiles, resolveFleet, simulateFleet }) => {
  const { fleet, run } = resolveFleet(workerData.input, contextWithoutFleetFiles());
  parentPort.postMessage(await simulateFleet(fleet, run));
});
`;

/** Long enough for both moves to the page, a host's failure and the drift of load. */
const INPUT = { ...RICH_FLEET, until: "4h" };

function inThread(): Promise<FleetResult> {
  const entry = new URL("../../dist/fleet.js", import.meta.url).href;
  const worker = new Worker(SCRIPT, {
    ...{ eval: true, workerData: { entry, input: INPUT } },
    // Flags of the test runner's loaders are not for the thread.
    execArgv: [],
  });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the thread ended without a result")));
  });
}

test("a fleet comes out the same to the last bit here, in a thread, and in two at once", async () => {
  const { fleet, run } = resolveFleet(INPUT, contextWithoutFleetFiles());
  const { profile: _, ...settings } = run;
  const here = await digestOf(await simulateFleet(fleet, settings));
  const there = await Promise.all([inThread(), inThread()]);
  expect(await Promise.all(there.map(digestOf))).toEqual([here, here]);
  // Another seed is another course of things, so the digest can tell.
  const other = await simulateFleet(fleet, { ...settings, seed: 8 });
  expect(await digestOf(other)).not.toBe(here);
});
