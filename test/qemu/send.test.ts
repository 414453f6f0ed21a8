import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { receive } from "../../src/live/receive.js";
import { send } from "../../src/live/send.js";
import { type Qemu, Rig, until } from "./rig.js";

const rig = new Rig();
/** The guest's memory as it was when it was stored. */
let memory: Buffer;
let round: number;

const uri = (name: string): string => `unix:${rig.path(`${name}.in`)}`;

beforeAll(async () => {
  const source = await rig.source();
  await source.prepare(["return-path"]);
  await new Promise<void>((resolve, reject) => {
    receive({
      listen: uri("store"),
      store: rig.path("vm"),
      onListening: () => void source.monitor.migrate(uri("store")),
    }).then(() => resolve(), reject);
  });
  await source.migrated();
  memory = await source.memory();
  round = await source.round();
});
afterAll(() => rig.close());

async function waitingTarget(
  name: string,
  paused: boolean,
  ...settings: Parameters<Qemu["prepare"]>
): Promise<Qemu> {
  const target = await rig.target(name, { paused });
  await target.prepare(...settings);
  await target.monitor.migrateIncoming(uri(name));
  return target;
}

describe("a stored guest goes on in a QEMU", () => {
  test("sent whole: its memory is what it was", async () => {
    const target = await waitingTarget("whole", true);
    const report = await send({ store: rig.path("vm"), to: uri("whole") });
    expect(report.sentPages).toBe(report.totalPages);
    expect(report.devicesLoadedMs).toBeGreaterThan(0);
    expect((await target.memory()).equals(memory)).toBe(true);
    await target.monitor.cont();
    await target.goesOn();
    expect(await target.round()).toBeGreaterThanOrEqual(round);
  });

  test("resumed at once, its pages following", async () => {
    const target = await waitingTarget("lazy", false, ["postcopy-ram", "events"]);
    const resumed = target.monitor.connection.nextEvent("RESUME");
    const report = await send({
      store: rig.path("vm"),
      to: uri("lazy"),
      postCopy: true,
      maxBandwidth: 4e6,
    });
    await resumed;
    expect(report.sentPages).toBe(report.totalPages);
    // It ran before it had its pages, and asked for those that it needed.
    expect(report.requestedPages).toBeGreaterThan(0);
    expect(report.devicesLoadedMs).toBeLessThan(report.elapsedMs);
    await until(async () => (await target.monitor.queryStatus()).running, "guest to run");
    await target.goesOn();
    expect(await target.round()).toBeGreaterThanOrEqual(round);
    await target.monitor.stop();
    expect(lcgPagesOf(await target.memory(2 * 2 ** 20, 300 * 4096))).toEqual(
      lcgPagesOf(memory.subarray(2 ** 20, 2 ** 20 + 300 * 4096)),
    );
  });

  test("that came by post-copy, without a description of its devices", async () => {
    const source = await rig.source("other");
    // It must not end by itself before it is told to switch.
    await source.prepare(["postcopy-ram"], { "max-bandwidth": 4e6, "downtime-limit": 1 });
    await new Promise<void>((resolve, reject) => {
      receive({
        listen: uri("postcopied"),
        store: rig.path("postcopied"),
        onListening: () => void source.monitor.migrate(uri("postcopied")),
      }).then(() => resolve(), reject);
      until(async () => (await source.monitor.queryMigrate()).status === "active", "start")
        .then(() => source.monitor.migrateStartPostcopy())
        .catch(reject);
    });
    expect((await source.migrated()).status).toBe("completed");
    const target = await waitingTarget("again", true);
    await send({ store: rig.path("postcopied"), to: uri("again") });
    expect((await target.memory()).equals(await source.memory())).toBe(true);
    await target.monitor.cont();
    await target.goesOn();
  });

  test("in two QEMUs at once, from the same folder", async () => {
    const [one, two] = [await waitingTarget("one", true), await waitingTarget("two", true)];
    await Promise.all(["one", "two"].map((name) => send({ store: rig.path("vm"), to: uri(name) })));
    expect((await one.memory()).equals(memory)).toBe(true);
    expect((await two.memory()).equals(memory)).toBe(true);
  });
});

describe("what cannot be sent", () => {
  test("a VM into another machine: the target refuses, and the user is told", async () => {
    const other = new Rig({ memoryMib: 32 });
    try {
      const target = await other.target("other");
      await target.monitor.migrateIncoming(`unix:${other.path("in")}`);
      await expect(send({ store: rig.path("vm"), to: `unix:${other.path("in")}` })).rejects.toThrow(
        /it must be a pc-\S+ with the memory and the devices of the stored one/,
      );
    } finally {
      await other.close();
    }
  });

  test("at once into a QEMU that is not prepared for it", async () => {
    await waitingTarget("unprepared", false);
    await expect(
      send({ store: rig.path("vm"), to: uri("unprepared"), postCopy: true }),
    ).rejects.toThrow("it must have its capability postcopy-ram on");
  });

  test("to nobody", async () => {
    await expect(send({ store: rig.path("vm"), to: uri("nobody") })).rejects.toThrow(
      "there is no such socket",
    );
  });
});

/** Of each page all but the two words that the guest writes. */
function lcgPagesOf(pages: Buffer): string[] {
  return Array.from({ length: pages.length / 4096 }, (_, index) => {
    const page = Buffer.from(pages.subarray(4096 * index, 4096 * (index + 1)));
    page.writeUInt32LE(0, 0);
    page.writeUInt32LE(0, 2048);
    return page.toString("latin1");
  });
}
