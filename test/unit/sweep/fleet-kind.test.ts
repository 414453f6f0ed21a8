import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readYamlFile } from "../../../src/files/scenario-files.js";
import { resolveExperiment, runExperiment } from "../../../src/fleet/experiment.js";
import { contextWithoutFleetFiles } from "../../../src/fleet/scenario/context.js";
import { isOfType } from "../../../src/report/column.js";
import { KINDS } from "../../../src/sweep/kinds.js";
import {
  type PointResult,
  type PointTask,
  runPoint,
  runPointOf,
} from "../../../src/sweep/point.js";
import { parseSweepDocument, readSweepDocument } from "../../../src/sweep/sweep-document.js";

const dist = "../../../dist/sweep";
// The threads run the built package.
const { openPool } = (await import(
  /* @vite-ignore */ `${dist}/pool.js`
)) as typeof import("../../../src/sweep/pool.js");
const { runSweep } = (await import(
  /* @vite-ignore */ `${dist}/run-sweep.js`
)) as typeof import("../../../src/sweep/run-sweep.js");

const CLUSTER = {
  until: "2h",
  hosts: [{ count: 3, type: "two-socket" }],
  vms: [{ name: "vm", count: 60, flavour: "m1.large", demand: "50%", placement: { on: "h0" } }],
  controllers: [{ name: "load-balancing", above: "10%", downTo: "5%" }],
};
const SWEEP = {
  run: "fleet",
  base: { scenario: "cluster.yaml", "vms.0.count": 40 },
  vary: { "controllers.0.above": ["5%", "40%"], limits: ["kubevirt", "none"] },
  repeat: 2,
};

const THOUSAND = [{ count: 1000, type: "two-socket" }];

interface Failed {
  readonly error: string;
}

let folder = "";
let place: PointTask["place"];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "godwit-fleet-sweep-"));
  place = { folder, isConfined: true, memoryBytes: 2 ** 32 };
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A sweep whose files are these. */
async function documentOf(sweep: object, files: Record<string, unknown> = {}) {
  const all: Record<string, unknown> = { "cluster.yaml": CLUSTER, ...files };
  return readSweepDocument(sweep, "1.0.0", async (_, path) => all[path]);
}

/** What came of a point, by column. */
function rowOf(result: PointResult): Record<string, unknown> {
  if (!("cells" in result)) throw new Error(JSON.stringify(result));
  return Object.fromEntries(KINDS.fleet.columns.map(({ name }, at) => [name, result.cells[at]]));
}

function run(input: object, where: Partial<PointTask["place"]> = {}): Promise<PointResult> {
  return runPoint({ kind: "fleet", input: { ...input }, place: { ...place, ...where } });
}

describe("points", () => {
  test("start from the scenario, with base's fields and then the varied ones set in it", async () => {
    const { sweep, text, id } = await documentOf(SWEEP);
    expect(sweep.count).toBe(8);
    expect(sweep.inputAt(6)).toEqual({
      ...CLUSTER,
      scenario: "cluster.yaml",
      vms: [{ ...CLUSTER.vms[0], count: 40 }],
      controllers: [{ ...CLUSTER.controllers[0], above: "40%" }],
      limits: "none",
      seed: 1,
    });
    // One point's changes are no other's, and another computer has the same points.
    expect(sweep.inputAt(0)).toMatchObject({ controllers: [{ above: "5%" }], limits: "kubevirt" });
    const theirs = parseSweepDocument(text);
    expect(theirs.id).toBe(id);
    for (let index = 0; index < 8; index++) {
      expect(theirs.sweep.inputAt(index)).toEqual(sweep.inputAt(index));
    }
  });

  test("may start from different scenarios; where a path leads nowhere, that is the row's error", async () => {
    const vary = { scenario: ["cluster.yaml", "other.yaml"], "vms.1.count": [3] };
    const vms = [...CLUSTER.vms, { ...CLUSTER.vms[0], name: "more" }];
    const files = { "other.yaml": { ...CLUSTER, vms } };
    const { sweep } = await documentOf({ run: "fleet", vary }, files);
    const results = [0, 1].map((index) => runPointOf(sweep, index, place, runPoint));
    expect(await results[0]).toEqual({
      error: 'vms.1.count: got "1", expected a place in a list of 1, from 0 on',
    });
    expect(rowOf((await results[1]) as PointResult)).toMatchObject({ failed: 0 });
  });

  test("without a scenario's file are their own fields", async () => {
    expect(rowOf(await run(CLUSTER))).toMatchObject({ failed: 0, income: 0 });
  });
});

test("a row says what the simulation says, in finite numbers", async () => {
  const row = rowOf(await run(CLUSTER));
  const result = await runExperiment(resolveExperiment(CLUSTER, contextWithoutFleetFiles()));
  const downtimes = result.migrations.map(({ downtimeNs }) => downtimeNs / 1e6);
  expect(row["migrations"]).toBeGreaterThan(5);
  expect(row).toMatchObject({
    migrations: result.migrations.length,
    completed: result.migrations.filter(({ outcome }) => outcome === "completed").length,
    downtimeMsMax: Math.max(...downtimes),
    bytes: result.migrations.reduce((sum, { bytes }) => sum + bytes, 0),
    energyKwh: result.energyJoules / 3.6e6,
    activeHosts: 3,
    slatah: result.quality.overloadedTimeShare,
    slav: result.quality.violation,
    missingShare: result.quality.missingShare,
    costPenalties: 0,
  });
  for (const { name, type } of KINDS.fleet.columns) {
    expect(isOfType(row[name], type), name).toBe(true);
    expect(row[name], name).not.toBeNull();
  }
});

test("what there is none of is nothing: no migration has no time, CloudSim has no downtime", async () => {
  const still = rowOf(await run({ ...CLUSTER, controllers: [] }));
  expect(still).toMatchObject({ migrations: 0, totalMsP50: null, downtimeMsMax: null, bytes: 0 });
  const hosts = [{ count: 3, type: "hp-ml110-g4" }];
  const vms = [{ name: "vm", count: 4, flavour: "m1.tiny", demand: { low: "5%", high: "95%" } }];
  const input = { ...CLUSTER, hosts, vms, until: "24h", profile: "cloudsim" };
  const row = rowOf(await run({ ...input, controllers: ["thr-mmt-0.8"] }));
  expect(row["energyKwh"]).toBeGreaterThan(0);
  expect(row).toMatchObject({ refused: 0, downtimeMsMax: null, costHosts: null, income: null });
  expect(await run({ ...input, controllers: ["thr-mmm"] })).toEqual({
    error: 'controllers.0: got "thr-mmm", expected npa, dvfs, or a name such as lr-mmt-1.2',
  });
  expect(await run(input)).toMatchObject({
    error: expect.stringMatching(/^controllers: got .* expected one policy with the profile/),
  });
});

test("paths start from the scenario's folder, and lead out of the worker's neither straight nor by links", async () => {
  mkdirSync(join(folder, "day"));
  writeFileSync(join(folder, "day/load"), "10\n20\n30\n");
  const outside = mkdtempSync(join(tmpdir(), "godwit-outside-"));
  writeFileSync(join(outside, "load"), "10\n20\n30\n");
  symlinkSync(outside, join(folder, "link"));
  const traced = (trace: string): object => ({
    ...CLUSTER,
    scenario: "day/cluster.yaml",
    vms: [{ name: "vm", count: 1, flavour: "m1.large", demand: { trace, format: "planetlab" } }],
  });
  try {
    expect(rowOf(await run(traced("load")))).toMatchObject({ failed: 0 });
    for (const trace of ["../../x", "../link/load", join(outside, "load"), "../link"]) {
      const { error } = (await run(traced(trace))) as Failed;
      expect(error).toMatch(/^vms\.0\.demand\.trace: .* a path below the worker's own folder$/);
    }
    // Whoever starts a sweep may read what is theirs.
    const own = await run(traced(join(outside, "load")), { isConfined: false });
    expect(rowOf(own)).toMatchObject({ failed: 0 });
    const observed = { ...CLUSTER, flavours: { seen: { observation: "../../secret.json" } } };
    expect(await run(observed)).toMatchObject({
      error: expect.stringContaining("a path below the worker's own folder"),
    });
  } finally {
    rmSync(outside, { recursive: true });
  }
});

test.each([
  [
    {
      history: 10_000,
      hosts: THOUSAND,
      vms: [{ ...CLUSTER.vms[0], count: 2000, placement: "emptiest" }],
    },
    "history: ",
  ],
  [{ interval: "1ms" }, 'interval: got "7200000 intervals"'],
  [{ vms: [{ count: 70_000, flavour: "m1.tiny", demand: 0 }], hosts: THOUSAND }, "vms: got"],
])("what takes more memory than a point may is refused: %#", async (fields, message) => {
  const { error } = (await run({ ...CLUSTER, ...fields }, { memoryBytes: 64e6 })) as Failed;
  expect(error).toContain(message);
  expect(error).toContain("memory that a point may take");
});

test("however many threads, the same rows; they are those of this thread", async () => {
  const { sweep } = await documentOf(SWEEP);
  const here: PointResult[] = [];
  for (let index = 0; index < sweep.count; index++) {
    here.push(await runPointOf(sweep, index, place, runPoint));
  }
  for (const threads of [1, 4]) {
    const pool = openPool(threads);
    try {
      const { signal } = new AbortController();
      const options = { place, threads, signal, onDone: () => undefined };
      expect(JSON.stringify(await runSweep(sweep, pool, options))).toBe(JSON.stringify(here));
    } finally {
      await pool.close();
    }
  }
});

test("Ctrl-C ends the thread of a point that would take hours", async () => {
  const input = {
    ...CLUSTER,
    until: "2400h",
    interval: "10s",
    hosts: [{ count: 100, type: "two-socket" }],
    vms: [
      { name: "vm", count: 1500, flavour: "m1.large", demand: { low: 0.1, high: "60%..100%" } },
    ],
  };
  const pool = openPool(1);
  const abort = new AbortController();
  try {
    // Once this point is over, the thread is there to take the next at once.
    await pool.runPoint({ kind: "fleet", input: CLUSTER, place }, abort.signal);
    const long = pool.runPoint({ kind: "fleet", input, place }, abort.signal);
    await new Promise((resume) => setTimeout(resume, 300));
    abort.abort();
    await expect(long).rejects.toMatchObject({ tag: "AbortedError" });
  } finally {
    await pool.close();
  }
});

test("the example is a sweep whose points can be run", async () => {
  const examples = "fixtures/fleet";
  const read = (path: string): Promise<unknown> => readYamlFile("sweep", join(examples, path));
  const value = await read("threshold-sweep.yaml");
  const { sweep } = await readSweepDocument(value, "1.0.0", (_, path) => read(path));
  expect(sweep.count).toBe(8);
  for (let index = 0; index < sweep.count; index++) {
    KINDS.fleet.check(sweep.inputAt(index), { ...place, folder: examples });
  }
});
