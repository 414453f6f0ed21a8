import { expect, test, vi } from "vitest";
import type { PointTask } from "../../../src/sweep/point.js";
import { parseQueueAddress } from "../../../src/sweep/queue-address.js";
import { connectQueue } from "../../../src/sweep/queue-connection.js";
import { errorOf } from "../../../src/sweep/results.js";
import { runSweep } from "../../../src/sweep/run-sweep.js";
import { readSweep } from "../../../src/sweep/sweep.js";
import { queryTable } from "../../../src/sweep/table-query.js";

const SWEEP = readSweep({ run: "predict", vary: { seed: [0, 1, 2, 3, 4] } });
const PLACE = { folder: ".", isConfined: false, memoryBytes: 2 ** 30 };

const OPTIONAL = ["bullmq", "@duckdb/node-api"];

test("points that end in any order are told in theirs, and a bug in one is its own row", async () => {
  const ended: number[] = [];
  const pool = {
    run: () => Promise.reject(new Error("no simulation")),
    close: () => Promise.resolve(),
    async runPoint({ input }: PointTask) {
      const seed = Number(input["seed"]);
      // The first take longest.
      for (let turn = 0; turn < 10 - 2 * seed; turn++) {
        await new Promise((resume) => setImmediate(resume));
      }
      if (seed === 3) throw new Error("odd");
      return { error: `of ${seed}` };
    },
  };
  const results = await runSweep(SWEEP, pool, {
    place: PLACE,
    threads: 5,
    signal: new AbortController().signal,
    known: new Map([[1, { error: "known" }]]),
    onDone: (index) => ended.push(index),
  });
  expect(results.map(errorOf)).toEqual(["of 0", "known", "of 2", "a bug in godwit: odd", "of 4"]);
  expect(ended).toEqual([4, 3, 2, 0]);
});

test("a queue's server that is not there is told", async () => {
  const address = parseQueueAddress("--queue", "redis://127.0.0.1:1");
  await expect(connectQueue("--queue", address, false)).rejects.toMatchObject({
    tag: "PeerFailedError",
    message: "redis://127.0.0.1:1/godwit: nobody listens there",
  });
});

// The last one: a package that was missing once may stay so for the tests that follow.
test("packages that are not there are named", async () => {
  const missing = (): never => {
    throw new Error("Cannot find package");
  };
  for (const name of OPTIONAL) vi.doMock(name, missing);
  const address = parseQueueAddress("--queue", "redis://127.0.0.1:1");
  await expect(connectQueue("--queue", address, false)).rejects.toThrow(
    "expected the packages bullmq and ioredis beside godwit (npm install bullmq ioredis)",
  );
  const asked = queryTable("package.json", "package.json", "SELECT 1");
  await expect(asked).rejects.toThrow("npm install @duckdb/node-api");
});
