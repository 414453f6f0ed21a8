import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Played, type Stage, setStage } from "./stage.js";

let stage: Stage;
beforeEach(() => {
  stage = setStage();
});
afterEach(() => stage.close());

const SWEEP = `
run: simulate
base: { memory: 64MiB, workload: "uniform:wss=8MiB,rate=2000/s" } # small
vary:
  bandwidth: [1Gbit/s, 10Gbit/s]
  strategy: [pre-copy, post-copy]
repeat: 2
`;

function write(name: string, text: string): string {
  const path = join(stage.folder, name);
  writeFileSync(path, text);
  return path;
}

test("a sweep is a table with a row for each point, in their order", async () => {
  write("sweep.yaml", SWEEP);
  const printed = await stage.play(["sweep", "sweep.yaml", "--json"]);
  expect(printed.code).toBe(0);
  const rows = JSON.parse(printed.out) as Record<string, unknown>[];
  expect(rows.map(({ point }) => point)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(rows[2]).toMatchObject({
    bandwidth: "1Gbit/s",
    strategy: "post-copy",
    seed: 1,
    outcome: "completed",
    error: null,
  });
  const written = await stage.play(["sweep", "sweep.yaml", "-o", "out.parquet"]);
  expect(written.out).toBe("wrote out.parquet: 8 points\n");
  const file = readFileSync(join(stage.folder, "out.parquet"));
  const objects = await parquetReadObjects({ file: new Uint8Array(file).buffer });
  // A reader's whole numbers are BigInts.
  const plain = objects.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, cell]) => [
        name,
        typeof cell === "bigint" ? Number(cell) : cell,
      ]),
    ),
  );
  expect(plain).toEqual(rows);
});

test("however many points at once, the bytes are the same", async () => {
  write("sweep.yaml", SWEEP);
  for (const threads of ["1", "8"]) {
    const args = ["sweep", "sweep.yaml", "--threads", threads, "-o", `${threads}.parquet`];
    expect((await stage.play(args)).code).toBe(0);
  }
  const [one, eight] = ["1", "8"].map((name) =>
    readFileSync(join(stage.folder, `${name}.parquet`)),
  );
  expect(one).toEqual(eight);
});

test("a point that cannot be run is a row with its error", async () => {
  const sweep = "run: predict\nbase: {workload: idle}\nvary: {memory: [1GiB, lots, 2GiB]}\n";
  write("sweep.yaml", sweep);
  const { code, out, err } = await stage.play(["sweep", "sweep.yaml", "--json"]);
  expect(code).toBe(0);
  const rows = JSON.parse(out) as Record<string, unknown>[];
  expect(rows.map(({ verdict }) => verdict)).toEqual(["converges", null, "converges"]);
  expect(rows[1]?.["error"]).toContain('memory: got "lots"');
  expect(err).toContain("1 of 3 points have an error");
});

test.each([
  ["base: {memry: 1GiB}", "base.memry in sweep.yaml: got"],
  ["vary: {memory: [lots, more]}", 'vary.memory in sweep.yaml: got "lots"'],
  ["vary: {memory.x: [1]}\nbase: {memory: 1GiB}", "vary.memory.x in sweep.yaml"],
  ["repeat: 0", "repeat in sweep.yaml: got 0"],
  ["base: [", "sweep.yaml"],
])("what is wrong with all points is wrong with the sweep: %s", async (text, message) => {
  write("sweep.yaml", `run: simulate\n${text}\n`);
  const { code, err, pools } = await stage.play(["sweep", "sweep.yaml"]);
  expect(code).toBe(1);
  expect(err).toContain(message);
  expect(pools).toEqual([]);
});

const CLUSTER = `
until: 1h
hosts: [{ count: 2, type: two-socket }]
vms: [{ count: 9, flavour: m1.large, demand: 50% }]
controllers: [{ name: load-balancing, above: 10%, downTo: 5% }]
`;

test.each([
  ["hosts: []", "", 'hosts of base.scenario in sweep.yaml: got "a list of 0", expected at least 1'],
  ["", ", vms.9.count: 1", 'base.vms.9.count in sweep.yaml: got "9", expected a place in a list'],
  ["", ", limits: most", 'base.limits in sweep.yaml: got "most"'],
  [
    "",
    "}\nvary: {controllers.0.above: [500%]",
    'vary.controllers.0.above in sweep.yaml: got "500%"',
  ],
  ["", "}\nvary: {network: [{kind: ring}]", 'vary.network in sweep.yaml: got "ring"'],
  ["", "}\nvary: {profile: [cloudsim]", "controllers of base.scenario in sweep.yaml: got"],
])("what is wrong with a fleet is told by where it is: %s%s", async (file, over, message) => {
  write("cluster.yaml", `${file}${file === "" ? CLUSTER : CLUSTER.replace(/hosts.*/, "")}`);
  write("sweep.yaml", `run: fleet\nbase: {scenario: cluster.yaml${over}}\n`);
  const { code, err, pools } = await stage.play(["sweep", "sweep.yaml"]);
  expect(err).toContain(message);
  expect(code).toBe(1);
  expect(pools).toEqual([]);
});

test("a fleet's scenario is read from beside the sweep, and is no output", async () => {
  write("sweep.yaml", "run: fleet\nbase: {scenario: cluster.json}\n");
  const play = (): Promise<Played> => stage.play(["sweep", "sweep.yaml", "-o", "cluster.json"]);
  expect((await play()).err).toContain('base.scenario in sweep.yaml: got "cluster.json"');
  write("cluster.json", "[]");
  expect((await play()).code).toBe(1);
  const whole = await stage.play(["sweep", "sweep.yaml"]);
  expect(whole.err).toContain(
    'base.scenario in sweep.yaml: got "cluster.json", expected a file with',
  );
});

test("an observation is read from beside the sweep", async () => {
  write("sweep.yaml", "run: predict\nvary: {observation: [seen.json]}\n");
  const missing = await stage.play(["sweep", "sweep.yaml"]);
  expect(missing.err).toContain('vary.observation in sweep.yaml: got "seen.json"');
  write("seen.json", "{}");
  const wrong = await stage.play(["sweep", "sweep.yaml"]);
  expect(wrong.code).toBe(1);
  expect(wrong.err).toContain("observation");
});

test("files that cannot be written are refused before anything runs", async () => {
  write("sweep.yaml", SWEEP);
  for (const [args, message] of [
    [["-o", "out.txt"], "a file whose name ends with .parquet, .csv, .json"],
    [["-o", "none/out.csv"], "a file in a folder that exists"],
    [["--resume"], "--output, beside which it keeps what is done"],
    [["--threads", "0"], "--threads"],
  ] as const) {
    const { code, err, pools } = await stage.play(["sweep", "sweep.yaml", ...args]);
    expect(code).toBe(1);
    expect(err).toContain(message);
    expect(pools).toEqual([]);
  }
});

test("Ctrl-C leaves nothing, or with --resume what is done", async () => {
  write("sweep.yaml", SWEEP);
  const whole = await stage.play(["sweep", "sweep.yaml", "-o", "whole.csv"]);
  expect(whole.code).toBe(0);
  const before = readdirSync(stage.folder);

  const playing = stage.play(["sweep", "sweep.yaml", "-o", "out.csv"]);
  await untilListening();
  stage.interrupt();
  const ended = await playing;
  expect(ended.code).toBe(130);
  expect(ended.err).toMatch(/interrupted: \d of 8 points are done; nothing was written/);
  expect(readdirSync(stage.folder)).toEqual(before);

  const resumable = stage.play(["sweep", "sweep.yaml", "-o", "out.csv", "--resume"]);
  const journal = join(stage.folder, "out.csv.resume");
  await untilLines(journal, 3);
  stage.interrupt();
  expect((await resumable).code).toBe(130);
  const kept = readFileSync(journal, "utf8");
  // As if the power had failed amid a line.
  writeFileSync(journal, `${kept}[7,{"cel`);
  const resumed = await stage.play(["sweep", "sweep.yaml", "-o", "out.csv", "--resume"]);
  expect(resumed.code).toBe(0);
  const [one, other] = ["whole", "out"].map((name) =>
    readFileSync(join(stage.folder, `${name}.csv`)),
  );
  expect(other).toEqual(one);
  expect(existsSync(journal)).toBe(false);
});

async function turns(isThere: () => boolean): Promise<void> {
  while (!isThere()) await new Promise((resume) => setImmediate(resume));
}

function untilListening(): Promise<void> {
  return turns(() => stage.isListening());
}

function untilLines(path: string, count: number): Promise<void> {
  return turns(() => existsSync(path) && readFileSync(path, "utf8").split("\n").length > count);
}
