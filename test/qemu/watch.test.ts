import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { observeProcess } from "../../src/probe/observe-process.js";
import { type Outlook, watchMigration } from "../../src/probe/watch-migration.js";
import { QemuMonitor } from "../../src/qmp/qemu-monitor.js";
import { type Qemu, Rig, until } from "./rig.js";

/** Pages that the guest writes to in turn, several times a second: 12 MiB. */
const SET = 3000;
const TIMEOUT_MS = 120_000;

let rig: Rig;
let source: Qemu;
beforeAll(async () => {
  rig = new Rig({ memoryMib: 64, pages: 6000, set: SET, delay: 200_000 });
  source = await rig.source();
}, TIMEOUT_MS);
afterAll(() => rig.close());
beforeEach(() => source.prepare(["events"]));

/** Migrates into nothing while somebody watches through the other monitor, and answers what was said. */
async function watched(
  parameters: Record<string, number>,
  options: Parameters<typeof watchMigration>[1] & { readonly cancelAfter?: number } = {},
) {
  const { cancelAfter, ...watching } = options;
  await source.monitor.setParameters(parameters);
  const monitor = await QemuMonitor.open(source.qmpPath);
  const outlooks: Outlook[] = [];
  try {
    await source.monitor.migrate("exec:cat > /dev/null");
    const end = await watchMigration(monitor, {
      ...watching,
      onOutlook: (outlook) => {
        outlooks.push(outlook);
        if (outlooks.length === cancelAfter) void source.monitor.migrateCancel();
      },
    });
    return { end, outlooks, after: await source.monitor.queryParameters() };
  } finally {
    monitor.close();
  }
}

describe("a migration is watched", { timeout: TIMEOUT_MS }, () => {
  test("one that ends by itself: it is left alone, and the end was foreseen", async () => {
    const observation = await observeProcess(source.process.pid ?? 0, { forMs: 2000 });
    const settings = { "max-bandwidth": 20e6, "downtime-limit": 2000 };
    const { end, outlooks, after } = await watched(settings, { observation, act: true });
    expect(end).toMatchObject({ status: "completed", steps: [] });
    expect(after).toMatchObject(settings);
    expect(outlooks.length).toBeGreaterThan(1);
    for (const { prediction, step } of outlooks) {
      expect(prediction?.verdict).toBe("converges");
      expect(step).toBeNull();
    }
    // Nobody knows of a busy host beforehand, so the end is held to a wide margin.
    const first = outlooks[0]?.prediction?.totalMs;
    expect(end.totalMs).toBeGreaterThan(0.7 * (first?.p5 ?? 0));
    expect(end.totalMs).toBeLessThan(2 * (first?.p95 ?? 0));
  });

  test("one that does not: it is said what helps, nothing is done, and nothing is left changed", async () => {
    const settings = { "max-bandwidth": 20e6, "downtime-limit": 50 };
    const { end, outlooks, after } = await watched(settings, {
      cancelAfter: 10,
      maxDowntimeMs: 1000,
    });
    expect(end).toMatchObject({ status: "cancelled", steps: [] });
    expect(after).toMatchObject(settings);
    expect(outlooks.every(({ isTaken }) => !isTaken)).toBe(true);
    const stalled = outlooks.filter(({ prediction }) => prediction?.verdict !== "converges");
    expect(stalled.map(({ step }) => step?.kind)).toContain("downtime-limit");
  });

  test("with leave to act it raises the downtime limit as far as it takes", async () => {
    const settings = { "max-bandwidth": 20e6, "downtime-limit": 50 };
    const { end } = await watched(settings, { act: true, maxDowntimeMs: 1000 });
    expect(end.status).toBe("completed");
    expect(end.steps.join()).toMatch(/raise the downtime limit to/);
    // The final burst is not capped, so the downtime is far below what the limit allows.
    expect(end.downtimeMs).toBeLessThan(1000);
  });

  test("what was changed is set back when the guest stays", async () => {
    const settings = { "max-bandwidth": 20e6, "downtime-limit": 50 };
    // So it waits at the switchover, where it can still be cancelled.
    await source.monitor.setCapabilities({ "pause-before-switchover": true });
    const waiting = until(
      async () => (await source.monitor.queryMigrate()).status === "pre-switchover",
      "switchover",
    ).then(async () => {
      const during = await source.monitor.queryParameters();
      await source.monitor.migrateCancel();
      return during;
    });
    const { end, after } = await watched(settings, { act: true, maxDowntimeMs: 1000 });
    await source.monitor.setCapabilities({ "pause-before-switchover": false });
    expect(end.status).toBe("cancelled");
    expect(end.steps.length).toBeGreaterThan(0);
    expect((await waiting)["downtime-limit"]).toBeGreaterThan(50);
    expect(after).toMatchObject(settings);
  });

  test("a VM that disappears is an error that says so", async () => {
    const other = await rig.source("other");
    const monitor = await QemuMonitor.open(other.qmpPath);
    const watching = watchMigration(monitor);
    await other.monitor.quit().catch(() => undefined);
    await expect(watching).rejects.toMatchObject({ tag: "PeerFailedError" });
    monitor.close();
  });
});
