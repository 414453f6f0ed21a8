import { expect, test } from "vitest";
import type { Simulation } from "../../../src/node.js";

// The threads run the built package, so it is that which is tested.
const path = "../../../dist/node.js";
const { AbortedError, InvalidOptionError, isGodwitError, reportToJson, simulate, simulateMany } =
  (await import(/* @vite-ignore */ path)) as typeof import("../../../src/node.js");

const INPUTS = Array.from({ length: 7 }, (_, index) => ({
  memory: "1GiB",
  zero: "20%",
  workload: `uniform:wss=128MiB,rate=${10 + index}k/s`,
  bandwidth: "5Gbit/s",
  seed: index + 1,
}));

function text({ report, map }: Simulation): string {
  return reportToJson(report) + JSON.stringify(map);
}

test.each([1, 2, 3])("with %i at once, each is what it is alone", async (threads) => {
  const alone = [];
  for (const input of INPUTS) alone.push(text(await simulate(input, { map: true })));
  const done: string[] = [];
  const onDone = (simulation: Simulation, index: number): void => {
    done[index] = text(simulation);
  };
  const all = await simulateMany(INPUTS, { threads, map: true, onDone });
  expect(all.map(text)).toEqual(alone);
  expect(done).toEqual(alone);
});

test("nothing is what comes of nothing", async () => {
  expect(await simulateMany([])).toEqual([]);
});

test.each([1, 2])("an error keeps its class and its words (%i)", async (threads) => {
  const blocked = { ...INPUTS[0], passthrough: "gpu" };
  const many = simulateMany([...INPUTS, blocked as object], { threads });
  const error = await many.catch((thrown: unknown) => thrown);
  expect(isGodwitError(error, "MigrationBlockedError")).toBe(true);
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toContain("blocks live migration");
});

test("inputs are checked before the first one starts", async () => {
  const started: number[] = [];
  const onDone = (_: Simulation, index: number): void => void started.push(index);
  const many = simulateMany([...INPUTS, { memory: "nothing" }], { onDone });
  await expect(many).rejects.toBeInstanceOf(InvalidOptionError);
  await expect(simulateMany(INPUTS, { threads: 0 })).rejects.toThrow("threads: got 0");
  expect(started).toEqual([]);
});

test.each([1, 2])("a signal ends it (%i)", async (threads) => {
  const abort = new AbortController();
  const many = simulateMany(INPUTS, { threads, signal: abort.signal, onDone: () => abort.abort() });
  await expect(many).rejects.toBeInstanceOf(AbortedError);
});
