import { afterAll, beforeAll, expect, test } from "vitest";
import { type PredictionInput, resolvePrediction } from "../../src/predict/input.js";
import { predict } from "../../src/predict/prediction.js";
import { observeProcess } from "../../src/probe/observe-process.js";
import type { MigrationParameters } from "../../src/qmp/qemu-monitor.js";
import { type Qemu, Rig, until } from "./rig.js";

const TIMEOUT_MS = 180_000;

/** Settings of a migration, for the prediction and for QEMU. */
interface Case {
  readonly input: PredictionInput;
  readonly capabilities?: readonly ("xbzrle" | "postcopy-ram")[];
  readonly parameters: MigrationParameters;
}

function migrationOf(megabytes: number, downtimeMs: number, more: Partial<Case> = {}): Case {
  return {
    ...more,
    input: { bandwidth: `${megabytes}MB/s`, downtimeLimit: downtimeMs, ...more.input },
    parameters: {
      "max-bandwidth": megabytes * 1e6,
      "downtime-limit": downtimeMs,
      ...more.parameters,
    },
  };
}

/** Hosts as tests run on: virtual machines with shared cores, where first touches of memory are dear. */
const SHARED_HOSTS = {
  copyBandwidth: 1e9,
  freshPageMs: 0.0095,
  stallsPerSecond: 0.03,
  stallMs: 350,
  windowLatenessMs: 0.35,
};

const XBZRLE = {
  capabilities: ["xbzrle"],
  parameters: { "xbzrle-cache-size": 2 ** 26 },
  input: { xbzrleCache: "64MiB" },
} as const;
const POST_COPY = { capabilities: ["postcopy-ram"], input: { postCopyAfter: "1s" } } as const;
const CASES: readonly Case[] = [
  migrationOf(20, 500),
  migrationOf(16, 800),
  migrationOf(12, 1500),
  migrationOf(8, 2500),
  migrationOf(6, 3000),
  migrationOf(10, 1000),
  migrationOf(12, 300, XBZRLE),
  migrationOf(8, 100, XBZRLE),
  migrationOf(8, 50, POST_COPY),
  migrationOf(16, 50, POST_COPY),
];

let rig: Rig;
let source: Qemu;
beforeAll(async () => {
  rig = new Rig({ memoryMib: 64, accelerator: "tcg", pages: 8000, set: 2000, delay: 1_000_000 });
  source = await rig.source();
}, TIMEOUT_MS);
afterAll(() => rig.close());

/** Migrates the guest to a QEMU that waits for it, and answers how long that took. */
async function migrate(one: Case, index: number): Promise<number> {
  const { capabilities = [], parameters } = one;
  const target = await rig.target(`target-${index}`, { paused: true });
  await source.prepare(capabilities, parameters);
  await target.prepare(capabilities);
  const uri = `unix:${rig.path(`in-${index}`)}`;
  await target.monitor.migrateIncoming(uri);
  await source.monitor.migrate(uri);
  if (one.input.postCopyAfter !== undefined) {
    await until(async () => {
      const { status, "total-time": total = 0 } = await source.monitor.queryMigrate();
      return status === "active" && total >= 1000;
    }, "moment for post-copy");
    await source.monitor.migrateStartPostcopy();
  }
  const info = await source.migrated();
  expect(info.status).toBe("completed");
  await target.monitor.quit().catch(() => undefined);
  return info["total-time"] ?? 0;
}

test("a guest is observed from outside, its migrations are predicted, and so they come", {
  timeout: TIMEOUT_MS,
}, async () => {
  const observation = await observeProcess(source.process.pid ?? 0, { forMs: 10_000 });
  const outcomes = [];
  for (const [index, one] of CASES.entries()) {
    const { guest, settings, options } = resolvePrediction({
      ...one.input,
      observation,
      accelerator: "tcg",
    });
    const hosts = { ...options.hosts, ...SHARED_HOSTS };
    const { totalMs, verdict } = predict(guest, settings, { ...options, hosts });
    const tookMs = await migrate(one, index);
    const holds = totalMs !== null && tookMs >= totalMs.p5 && tookMs <= totalMs.p95;
    outcomes.push({ ...one.input, p5: totalMs?.p5, p95: totalMs?.p95, verdict, tookMs, holds });
  }
  if (process.env["SHOW"]) console.table(outcomes);
  expect(
    outcomes.filter(({ holds }) => holds).length,
    JSON.stringify(outcomes, null, 1),
  ).toBeGreaterThanOrEqual(8);
});
