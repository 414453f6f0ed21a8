import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Queue } from "bullmq";
import { parquetReadObjects } from "hyparquet";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packageVersion } from "../../src/files/package-version.js";
import type { PointTask } from "../../src/sweep/point.js";
import { parseQueueAddress } from "../../src/sweep/queue-address.js";
import { connectQueue } from "../../src/sweep/queue-connection.js";
import { sweepByQueue } from "../../src/sweep/queue-sweep.js";
import { workOnQueue } from "../../src/sweep/queue-worker.js";
import { readSweepDocument } from "../../src/sweep/sweep-document.js";
import { type RedisServer, startRedis } from "./server.js";

let redis: RedisServer;
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(() => redis.stop());

/** 200 points, of which some cannot be run. */
const SWEEP = `
run: predict
base: { workload: "hot-set:wss=256MiB,rate=9000/s", runs: 100 }
vary:
  memory: { from: 1GiB, to: 10GiB, steps: 10 }
  downtimeLimit: [50, 300, 1000, 3000000]
repeat: 5
`;

/** How many points have a result by now. */
async function countResults(): Promise<number> {
  const [key] = await redis.client.keys("godwit-rows:*");
  return key === undefined ? 0 : redis.client.hlen(key);
}

/** Points that somebody has taken and that have no result yet. */
async function countUnderWay(): Promise<number> {
  const jobs = await redis.client.lrange(`godwit:test@${packageVersion()}:active`, 0, -1);
  const [key = ""] = await redis.client.keys("godwit-rows:*");
  const known = await Promise.all(
    jobs.map((job) => redis.client.hexists(key, job.split("-")[1] as string)),
  );
  return known.filter((isKnown) => !isKnown).length;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await wait(20);
}

function read(name: string): Buffer {
  return readFileSync(join(redis.folder, name));
}

test("a worker that is killed loses nothing: a row for every point, and the bytes of one process", async () => {
  writeFileSync(join(redis.folder, "sweep.yaml"), SWEEP);
  const alone = redis.godwit("sweep", "sweep.yaml", "-o", "alone.parquet");
  expect((await alone.ended).code).toBe(0);

  const worker = ["worker", "--queue", redis.url, "--concurrency", "2"];
  const victim = redis.godwit(...worker);
  const survivor = redis.godwit(...worker);
  await Promise.all([victim, survivor].map((one) => one.says("working on")));
  const sweep = redis.godwit("sweep", "sweep.yaml", "-o", "queue.parquet", "--queue", redis.url);
  await until(async () => (await countResults()) >= 60);
  // With three points under way, one at least is the victim's, which holds still meanwhile.
  for (;;) {
    victim.process.kill("SIGSTOP");
    if ((await countUnderWay()) >= 3) break;
    victim.process.kill("SIGCONT");
    await wait(5);
  }
  victim.process.kill("SIGKILL");
  expect(await countResults()).toBeLessThan(200);

  const { code, err } = await sweep.ended;
  expect(err).toContain("50 of 200 points have an error");
  expect(code).toBe(0);
  expect(read("queue.parquet").equals(read("alone.parquet"))).toBe(true);
  const rows = await parquetReadObjects({ file: new Uint8Array(read("queue.parquet")).buffer });
  expect(rows.map(({ point }) => Number(point))).toEqual([...Array(200).keys()]);
  // Nothing of the sweep stays behind, once the survivor has found what the victim had not finished.
  await until(async () => {
    const keys = await redis.client.keys("*");
    return keys.every((key) => /:(meta|events|id|stalled-check)$/.test(key));
  });
});

test("a sweep that is started again goes on, and no point is run twice", async () => {
  writeFileSync(join(redis.folder, "sweep.yaml"), SWEEP);
  const args = ["sweep", "sweep.yaml", "-o", "out.csv", "--queue", redis.url];
  const first = redis.godwit(...args);
  await first.says("no worker listens yet; start some: godwit worker --queue");
  // A job that is none of ours must not stop anybody.
  const queue = new Queue(`test@${packageVersion()}`, {
    connection: redis.client,
    prefix: "godwit",
  });
  await queue.add("point", { sweep: "../../etc", index: -1 }, { lifo: true });
  await queue.close();
  const worker = redis.godwit("worker", "--queue", redis.url);
  await until(async () => (await countResults()) >= 20);
  first.process.kill("SIGINT");
  const ended = await first.ended;
  expect(ended.code).toBe(130);
  expect(ended.err).toMatch(/interrupted: \d+ of 200 points are done; workers go on/);
  const second = await redis.godwit(...args).ended;
  expect(second.code).toBe(0);
  expect(read("out.csv").toString().split("\r\n").length).toBe(202);
  worker.process.kill("SIGTERM");
  const { code, out, err } = await worker.ended;
  expect(code).toBe(0);
  expect(out).toBe("ran 200 points\n");
  expect(err).toContain("dropped a job");
});

test("a point at which godwit fails is tried again, and in the end a row", async () => {
  const input = { run: "predict", vary: { seed: [0, 1, 2, 3] } };
  const unused = (): never => {
    throw new Error("no file is named");
  };
  const document = await readSweepDocument(input, packageVersion(), unused);
  const address = parseQueueAddress("queue", redis.url);
  const connections = [await connectQueue("queue", address, false)];
  connections.push(await connectQueue("queue", address, true));
  const [ours, theirs] = connections as [(typeof connections)[0], (typeof connections)[0]];
  const tries = new Map<unknown, number>();
  // Seed 2 fails once, seed 3 always; the others cannot be run.
  const runPoint = async ({ input: { seed } }: PointTask) => {
    const count = (tries.get(seed) ?? 0) + 1;
    tries.set(seed, count);
    if (seed === 3 || (seed === 2 && count === 1)) throw new Error(`no luck with ${seed}`);
    return { error: `refused ${seed}` };
  };
  const enough = new AbortController();
  const pool = { run: unused, runPoint, close: async () => undefined };
  const working = workOnQueue(theirs, pool, {
    concurrency: 2,
    place: { folder: ".", isConfined: true, memoryBytes: 2 ** 30 },
    signal: enough.signal,
    onDone: () => undefined,
    onTrouble: () => undefined,
  });
  const never = new AbortController().signal;
  const { results, forget } = await sweepByQueue(document, ours, never, () => undefined);
  expect(results).toEqual([
    { error: "refused 0" },
    { error: "refused 1" },
    { error: "refused 2" },
    { bug: "no luck with 3" },
  ]);
  expect([...tries].sort()).toEqual([
    [0, 1],
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  await forget();
  enough.abort();
  await working;
  for (const connection of connections) connection.close();
});

/** Its trace lies with the workers, who read it themselves; the scenario comes with the sweep. */
const FLEET = `
until: 4h
hosts: [{ count: 4, type: two-socket }]
vms:
  - { name: web, count: 60, flavour: m1.large, demand: { trace: day.load, format: planetlab, interval: 5m }, placement: { on: h0..h1 } }
controllers: [{ name: load-balancing, above: 10%, downTo: 5% }]
`;

test("points that are fleets have the bytes of one process, and nothing outside a worker's folder", async () => {
  mkdirSync(join(redis.folder, "cluster"));
  const load = Array.from({ length: 48 }, (_, at) => `${20 + ((at * 37) % 70)}\n`);
  writeFileSync(join(redis.folder, "cluster/day.load"), load.join(""));
  writeFileSync(join(redis.folder, "cluster/two.yaml"), FLEET);
  writeFileSync(
    join(redis.folder, "cluster/out.yaml"),
    FLEET.replace("day.load", "../../day.load"),
  );
  const sweep = `
run: fleet
base: { vms.0.count: 80 }
vary:
  scenario: [cluster/two.yaml, cluster/out.yaml]
  controllers.0.above: [5%, 20%]
repeat: 2
`;
  writeFileSync(join(redis.folder, "sweep.yaml"), sweep);
  const alone = redis.godwit("sweep", "sweep.yaml", "-o", "alone.json");
  expect((await alone.ended).code).toBe(0);
  const worker = redis.godwit("worker", "--queue", redis.url, "--concurrency", "2");
  await worker.says("working on");
  const { code, err } = await redis.godwit(
    "sweep",
    "sweep.yaml",
    "-o",
    "queue.json",
    "--queue",
    redis.url,
  ).ended;
  expect([code, err]).toEqual([0, expect.stringContaining("4 of 8 points have an error")]);
  const rows = ["alone", "queue"].map((name) => JSON.parse(read(`${name}.json`).toString()));
  expect(rows[1].slice(0, 4)).toEqual(rows[0].slice(0, 4));
  expect(rows[1][0]).toMatchObject({ seed: 1, failed: 0, error: null });
  expect(rows[1][0].migrations).toBeGreaterThan(0);
  expect(rows[0][4].error).toContain("it does not exist");
  expect(rows[1][4].error).toContain("a path below the worker's own folder");
  worker.process.kill("SIGTERM");
  expect((await worker.ended).out).toBe("ran 8 points\n");
});

test("who cannot get in is told so, without the password", async () => {
  await redis.client.config("SET", "requirepass", "sesame");
  const wrong = redis.url.replace("127", ":open@127");
  const { code, err } = await redis.godwit("worker", "--queue", wrong).ended;
  expect(code).toBe(3);
  expect(err).toMatch(/^godwit: redis:\/\/127\.0\.0\.1:\d+\/test: WRONGPASS/);
  expect(err).not.toContain("open");
  const right = redis.godwit("worker", "--queue", redis.url.replace("127", ":sesame@127"));
  await right.says("working on");
  right.process.kill("SIGTERM");
  expect((await right.ended).code).toBe(0);
});
