import { readdirSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RelayProgress, relay } from "../../src/live/relay.js";
import { type Qemu, Rig, until } from "./rig.js";

const rig = new Rig();
let source: Qemu;
beforeAll(async () => {
  source = await rig.source();
});
afterAll(() => rig.close());

/** Lets a target wait, a relay stand before it, and the source migrate there. */
async function start(name: string, options: Partial<Parameters<typeof relay>[0]> = {}) {
  const listen = `unix:${rig.path(`${name}.relay`)}`;
  const to = `unix:${rig.path(`${name}.in`)}`;
  let relayed: Promise<RelayProgress> | undefined;
  await new Promise<void>((resolve, reject) => {
    relayed = relay({
      listen,
      to,
      record: rig.path(name),
      onListening: () => resolve(),
      ...options,
    });
    relayed.catch(reject);
  });
  await source.monitor.migrate(listen);
  return { relayed: relayed as Promise<RelayProgress> };
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

describe("a guest goes through a relay", () => {
  test("in a pre-copy, recorded and paced", async () => {
    const target = await waitingTarget("plain", true);
    const { relayed } = await start("plain", { maxBandwidth: 8e6 });
    expect((await source.migrated()).status).toBe("completed");
    const { channels } = await relayed;
    expect(channels).toHaveLength(1);
    expect(statSync(rig.path("plain/migration.ch0.bin")).size).toBe(channels[0]?.bytes);
    expect((await target.memory()).equals(await source.memory())).toBe(true);
  });

  test("over multifd channels", async () => {
    const target = await waitingTarget("multifd", true, ["multifd"], { "multifd-channels": 3 });
    const { relayed } = await start("multifd");
    expect((await source.migrated()).status).toBe("completed");
    expect((await relayed).channels).toHaveLength(4);
    expect(readdirSync(rig.path("multifd"))).toHaveLength(4);
    expect((await target.memory()).equals(await source.memory())).toBe(true);
  });

  test("in a post-copy with a channel for what is urgent", async () => {
    const target = await waitingTarget("postcopy", false, ["postcopy-ram", "postcopy-preempt"], {
      "max-bandwidth": 4e6,
    });
    const { relayed } = await start("postcopy");
    await until(
      async () => (await source.monitor.queryMigrate()).status === "active",
      "migration to begin",
    );
    await source.monitor.migrateStartPostcopy();
    expect((await source.migrated()).status).toBe("completed");
    const { channels } = await relayed;
    expect(channels).toHaveLength(2);
    expect(channels[0]?.returnBytes).toBeGreaterThan(0);
    await target.goesOn();
  });
});
