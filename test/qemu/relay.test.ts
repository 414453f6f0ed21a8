import { readdirSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RelayOptions, type RelayReport, relay } from "../../src/live/relay.js";
import { accelerator, type Qemu, Rig, until } from "./rig.js";

const rig = new Rig();
let source: Qemu;
beforeAll(async () => {
  source = await rig.source();
});
afterAll(() => rig.close());

/** Lets a target wait, a relay stand before it, and the source migrate there. */
async function start(from: Qemu, target: Qemu, options: Partial<RelayOptions> = {}) {
  const { name, folder } = target;
  const listen = `unix:${folder}/${name}.relay`;
  const to = `unix:${folder}/${name}.in`;
  let relayed: Promise<RelayReport> | undefined;
  await new Promise<void>((resolve, reject) => {
    const monitors = { sourceQmp: from.qmpPath, targetQmp: target.qmpPath };
    relayed = relay({ listen, to, ...monitors, onListening: () => resolve(), ...options });
    relayed.catch(reject);
  });
  await from.monitor.migrate(listen);
  return { relayed: relayed as Promise<RelayReport> };
}

async function waitingTarget(
  name: string,
  paused: boolean,
  ...settings: Parameters<Qemu["prepare"]>
): Promise<Qemu> {
  await source.prepare(...settings);
  const target = await rig.target(name, { paused });
  await target.prepare(...settings);
  await target.monitor.migrateIncoming(`unix:${rig.path(`${name}.in`)}`);
  return target;
}

/** What KVM never loses, QEMU 7.2's TCG may: pages that the guest dirties amid a pre-copy. */
const LOST = accelerator === "kvm" ? 0 : expect.any(Number);

describe("a guest goes through a relay", () => {
  test("in a pre-copy, recorded, paced and compared", async () => {
    const target = await waitingTarget("plain", true);
    const { relayed } = await start(source, target, {
      record: rig.path("record"),
      maxBandwidth: 8e6,
    });
    expect((await source.migrated()).status).toBe("completed");
    const report = await relayed;
    expect(report.channels).toHaveLength(1);
    expect(statSync(rig.path("record/migration.ch0.bin")).size).toBe(report.channels[0]?.bytes);
    expect(report.contents).toMatchObject({ isComplete: true, isPostcopy: false, problem: null });
    expect(report.contents.pages.raw).toBeGreaterThan(300);
    const pages = 15 * 256;
    expect(report.target).toEqual({ comparedPages: pages, differingPages: 0 });
    expect(report.source).toEqual({ comparedPages: pages, differingPages: LOST });
  });

  test("over multifd channels", async () => {
    const target = await waitingTarget("multifd", true, ["multifd"], { "multifd-channels": 3 });
    const { relayed } = await start(source, target, { record: rig.path("multifd") });
    expect((await source.migrated()).status).toBe("completed");
    const report = await relayed;
    expect(report.channels).toHaveLength(4);
    expect(readdirSync(rig.path("multifd"))).toHaveLength(4);
    expect(report.contents.pages.multifd).toBeGreaterThan(300);
    expect(report.target?.differingPages).toBe(0);
    expect(report.source?.differingPages).toEqual(LOST);
  });

  test("in a post-copy with a channel for what is urgent", async () => {
    const target = await waitingTarget("postcopy", false, ["postcopy-ram", "postcopy-preempt"], {
      "max-bandwidth": 4e6,
      // It must not end by itself before it is told to switch.
      "downtime-limit": 1,
    });
    const { relayed } = await start(source, target);
    await until(async () => (await source.monitor.queryMigrate()).status === "active", "start");
    await source.monitor.migrateStartPostcopy();
    expect((await source.migrated()).status).toBe("completed");
    const report = await relayed;
    expect(report.channels).toHaveLength(2);
    expect(report.channels[0]?.returnBytes).toBeGreaterThan(0);
    expect(report.contents).toMatchObject({ isComplete: true, isPostcopy: true, problem: null });
    // The source stopped before its last pages went; the target runs.
    expect(report.source?.differingPages).toBe(0);
    expect(report.target?.comparedPages).toBeNull();
    await target.goesOn();
  });
});

test("under TCG the relay shows which pages QEMU loses: the target has what went over the wire", async () => {
  const slow = new Rig({ accelerator: "tcg", set: 300, delay: 1_500_000 });
  try {
    const from = await slow.source();
    await from.prepare([], { "max-bandwidth": 4e6, "downtime-limit": 100 });
    const target = await slow.target("target", { paused: true });
    await target.monitor.migrateIncoming(`unix:${slow.path("target.in")}`);
    const { relayed } = await start(from, target);
    expect((await from.migrated()).status).toBe("completed");
    const report = await relayed;
    expect(report.target).toEqual({ comparedPages: 15 * 256, differingPages: 0 });
    expect(report.source?.comparedPages).toBe(15 * 256);
  } finally {
    await slow.close();
  }
});
