import { afterEach, beforeEach, expect, test } from "vitest";
import { PAGE_SIZE } from "../../src/units.js";
import { accelerator, Rig, until } from "./rig.js";

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.close());

test("a guest runs, stops and goes on", async () => {
  const source = await rig.source();
  const { monitor } = source;
  expect(monitor.connection.greeting.version[0]).toBeGreaterThanOrEqual(7);
  expect(await monitor.queryStatus()).toMatchObject({ running: true, status: "running" });
  expect(await monitor.isKvm()).toBe(accelerator === "kvm");
  await source.goesOn();
  const stopped = monitor.connection.nextEvent("STOP");
  await monitor.stop();
  expect((await stopped).event).toBe("STOP");
  expect(await source.round()).toBe(await source.round());
  await monitor.cont();
  await source.goesOn();
});

test("its dirty rate is sampled", async () => {
  const { monitor } = await rig.source();
  await monitor.calcDirtyRate(1);
  await until(async () => (await monitor.queryDirtyRate()).status === "measured", "dirty rate");
  expect(await monitor.queryDirtyRate()).toMatchObject({ "calc-time": 1, mode: "page-sampling" });
});

test("a guest moves from one QEMU to another and goes on", async () => {
  const source = await rig.source();
  const target = await rig.target();
  await target.monitor.migrateIncoming(`unix:${rig.path("in")}`);
  await source.monitor.setParameters({ "downtime-limit": 100 });
  await source.monitor.migrate(`unix:${rig.path("in")}`);
  const info = await source.migrated();
  expect(info.status).toBe("completed");
  expect(info["total-time"]).toBeGreaterThan(0);
  expect(info.ram?.["page-size"]).toBe(PAGE_SIZE);
  await until(async () => (await target.monitor.queryStatus()).running, "guest to arrive");
  await target.goesOn();
});

test("a QEMU that is killed fails what was asked of it", async () => {
  const source = await rig.source();
  const awaited = source.monitor.connection.nextEvent("STOP");
  source.process.kill("SIGKILL");
  await expect(awaited).rejects.toThrow("the VM may be gone");
  await expect(source.monitor.queryMigrate()).rejects.toThrow("the VM may be gone");
});
