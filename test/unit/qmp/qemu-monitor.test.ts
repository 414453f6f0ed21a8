import { afterEach, expect, test } from "vitest";
import { QemuMonitor } from "../../../src/qmp/qemu-monitor.js";
import { type Answer, PretendMonitor } from "./pretend-monitor.js";

let pretended: PretendMonitor;
afterEach(() => pretended.close());

async function monitorOf(answer: Answer): Promise<QemuMonitor> {
  pretended = await PretendMonitor.answering(answer);
  return QemuMonitor.open(pretended.path);
}

const commands = (): unknown[] =>
  pretended.requests.slice(1).map((request) => request["execute"] ?? request["exec-oob"]);

test("a migration that says completed before it knows its times is asked again", async () => {
  let asked = 0;
  const monitor = await monitorOf(() => {
    asked += 1;
    const times =
      asked < 3 ? { "total-time": 0, downtime: 0 } : { "total-time": 2557, downtime: 9 };
    return { return: { status: "completed", ...times } };
  });
  expect(await monitor.queryMigrate()).toMatchObject({ "total-time": 2557, downtime: 9 });
  expect(asked).toBe(3);
  monitor.close();
});

test("a QEMU that never migrated, and one that answers nonsense", async () => {
  let answer: unknown = {};
  const monitor = await monitorOf(() => ({ return: answer }));
  expect(await monitor.queryMigrate()).toEqual({ status: "none" });
  answer = [];
  await expect(monitor.queryMigrate()).rejects.toThrow("makes no sense");
  await expect(monitor.queryStatus()).rejects.toThrow("makes no sense");
  monitor.close();
});

test("modes that would end a QEMU without KVM are refused before it is asked", async () => {
  const monitor = await monitorOf(() => ({ return: { enabled: false, present: true } }));
  await expect(monitor.calcDirtyRate(1, { mode: "dirty-bitmap" })).rejects.toThrow("without KVM");
  await expect(monitor.calcDirtyRate(1, { mode: "dirty-ring" })).rejects.toThrow("without KVM");
  expect(commands()).toEqual(["query-kvm"]);
  await monitor.calcDirtyRate(2, { samplePages: 1024 });
  expect(pretended.requests.at(-1)).toMatchObject({
    execute: "calc-dirty-rate",
    arguments: { "calc-time": 2, mode: "page-sampling", "sample-pages": 1024 },
  });
  monitor.close();
});

test("recovery goes out of band", async () => {
  const monitor = await monitorOf(() => ({ return: {} }));
  await monitor.migratePause();
  await monitor.migrateRecover("unix:x");
  expect(pretended.requests.slice(1).map((request) => request["exec-oob"])).toEqual([
    "migrate-pause",
    "migrate-recover",
  ]);
  monitor.close();
});

test("capabilities and parameters are QEMU's", async () => {
  const monitor = await monitorOf((command) => ({
    return: command.startsWith("query") ? [{ capability: "xbzrle", state: true }] : {},
  }));
  await monitor.setCapabilities({ xbzrle: true, events: false });
  expect(pretended.requests.at(-1)).toMatchObject({
    arguments: {
      capabilities: [
        { capability: "xbzrle", state: true },
        { capability: "events", state: false },
      ],
    },
  });
  expect(await monitor.queryCapabilities()).toEqual({ xbzrle: true });
  monitor.close();
});
