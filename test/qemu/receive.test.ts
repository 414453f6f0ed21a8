import { existsSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ReceiveOptions, type ReceiveReport, receive } from "../../src/live/receive.js";
import { relay } from "../../src/live/relay.js";
import { StoredVm } from "../../src/live/stored-vm.js";
import { PAGE_SIZE } from "../../src/units.js";
import { GUEST_MEMORY } from "./guest.js";
import { accelerator, type Qemu, Rig, until } from "./rig.js";

const SET = 300;
const GUEST_BYTES = SET * PAGE_SIZE;
const rig = new Rig({ set: SET });
let source: Qemu;
beforeAll(async () => {
  source = await rig.source();
});
afterAll(() => rig.close());

const uri = (name: string): string => `unix:${rig.path(`${name}.in`)}`;

/** Listens for a migration; answers when it does. */
async function start(name: string, options: Partial<ReceiveOptions> = {}) {
  let received: Promise<ReceiveReport> | undefined;
  await new Promise<void>((resolve, reject) => {
    const places = { listen: uri(name), store: rig.path(name) };
    received = receive({ ...places, onListening: () => resolve(), ...options });
    received.catch(reject);
  });
  return { received: received as Promise<ReceiveReport> };
}

/**
 * Pages from 1 MiB on in which a stored VM differs from the stopped source; devices look through below.
 * QEMU 7.2's TCG loses dirtied pages in pre-copy, so there those that the guest writes to are left out.
 */
async function differingPages(name: string): Promise<number[]> {
  const vm = await StoredVm.open("store", rig.path(name));
  const ram = vm.blocks.find(({ block }) => block.name === "pc.ram");
  if (ram === undefined) throw new Error("no RAM was stored");
  const stored = await ram.read(0, ram.pageCount);
  await vm.close();
  const from = 2 ** 20;
  const memory = await source.memory(from);
  const differing: number[] = [];
  for (let at = from; at < stored.length; at += PAGE_SIZE) {
    const page = memory.subarray(at - from, at - from + PAGE_SIZE);
    const isLost = accelerator === "tcg" && at >= GUEST_MEMORY && at < GUEST_MEMORY + GUEST_BYTES;
    if (!isLost && Buffer.compare(page, stored.subarray(at, at + PAGE_SIZE)) !== 0)
      differing.push(at / PAGE_SIZE);
  }
  return differing;
}

describe("a guest is stored as it was when it stopped", () => {
  test("from a pre-copy", async () => {
    await source.prepare(["return-path"]);
    const { received } = await start("plain");
    await source.monitor.migrate(uri("plain"));
    expect((await source.migrated()).status).toBe("completed");
    const report = await received;
    expect(report).toMatchObject({ recoveries: 0, isAcknowledged: true });
    expect(report.manifest.machineType).toMatch(/^pc-/);
    expect(report.pages.raw).toBeGreaterThan(300);
    expect(await differingPages("plain")).toEqual([]);
  });

  test("from a pre-copy that does not wait for an answer", async () => {
    await source.prepare();
    const { received } = await start("oneway");
    await source.monitor.migrate(uri("oneway"));
    expect((await source.migrated()).status).toBe("completed");
    expect((await received).isAcknowledged).toBe(false);
    expect(await differingPages("oneway")).toEqual([]);
  });

  // Under TCG the pages that would go again as deltas are those that are lost.
  test.skipIf(accelerator === "tcg")("from page deltas", async () => {
    await source.prepare(["xbzrle", "return-path"], { "max-bandwidth": 4e6, "downtime-limit": 20 });
    const { received } = await start("xbzrle");
    await source.monitor.migrate(uri("xbzrle"));
    expect((await source.migrated()).status).toBe("completed");
    expect((await received).pages.xbzrle).toBeGreaterThan(0);
    expect(await differingPages("xbzrle")).toEqual([]);
  });

  test("from compressed pages, where this QEMU still has them", async (context) => {
    if (!("compress" in (await source.monitor.queryCapabilities()))) return context.skip();
    await source.prepare(["compress", "return-path"]);
    const { received } = await start("compress");
    await source.monitor.migrate(uri("compress"));
    expect((await source.migrated()).status).toBe("completed");
    expect((await received).pages.compressed).toBeGreaterThan(0);
    expect(await differingPages("compress")).toEqual([]);
  });

  test.each(["none", "zlib", "zstd"])(
    "from three multifd channels, compression %s",
    async (kind) => {
      const name = `multifd-${kind}`;
      await source.prepare(["multifd", "return-path"], {
        "multifd-channels": 3,
        "multifd-compression": kind,
      });
      const { received } = await start(name);
      await source.monitor.migrate(uri(name));
      expect((await source.migrated()).status).toBe("completed");
      const report = await received;
      expect(report.channelBytes).toHaveLength(4);
      expect(report.pages.multifd).toBeGreaterThan(300);
      expect(await differingPages(name)).toEqual([]);
    },
  );
});

describe("a post-copy", () => {
  test.each([false, true])(
    "brings its last pages behind the devices; urgent channel: %s",
    async (preempt) => {
      const name = `postcopy-${preempt}`;
      const capabilities = preempt ? (["postcopy-preempt"] as const) : [];
      // It must not end by itself before it is told to switch.
      await source.prepare(["postcopy-ram", ...capabilities], {
        "max-bandwidth": 4e6,
        "downtime-limit": 1,
      });
      const { received } = await start(name, { requestPages: 20 });
      await source.monitor.migrate(uri(name));
      await until(async () => (await source.monitor.queryMigrate()).status === "active", "start");
      await source.monitor.migrateStartPostcopy();
      const info = await source.migrated();
      expect(info.status).toBe("completed");
      expect(info.ram?.["postcopy-requests"]).toBe(20);
      const report = await received;
      expect(report).toMatchObject({ missing: 0, requestedPages: 20, recoveries: 0 });
      expect(report.manifest.arrivedBy).toBe("post-copy");
      expect(await differingPages(name)).toEqual([]);
    },
  );

  /** Starts a post-copy to `to`, and answers when its pages follow the guest. */
  async function follow(name: string, to: string) {
    const missing = new Set<number>();
    let isBroken = false;
    const { received } = await start(name, {
      requestPages: 5,
      onProgress: (progress) => {
        if (progress.phase === "post-copy") missing.add(progress.missing);
        isBroken ||= progress.phase === "broken";
      },
    });
    await source.monitor.migrate(to);
    await until(async () => (await source.monitor.queryMigrate()).status === "active", "start");
    await source.monitor.migrateStartPostcopy();
    // Only when pages follow the guest is the source past the point where it would give up.
    await until(async () => missing.size > 1, "pages to follow");
    return { received, isBroken: () => isBroken };
  }

  /** Waits until both sides have noticed that the link is gone, and takes the migration up again. */
  async function resume(name: string, isBroken: () => boolean): Promise<void> {
    const { monitor } = source;
    const status = async () => (await monitor.queryMigrate()).status;
    await until(async () => (await status()) === "postcopy-paused", "source to notice");
    await until(async () => isBroken(), "target to notice");
    await monitor.setParameters({ "max-postcopy-bandwidth": 0 });
    await monitor.migrate(uri(name), { resume: true });
  }

  // Nor may it end by itself before it is told to switch.
  const SLOW = { "max-bandwidth": 4e6, "max-postcopy-bandwidth": 1e6, "downtime-limit": 1 };

  test("that the source cuts goes on over a new link", async () => {
    await source.prepare(["postcopy-ram"], SLOW);
    const { received, isBroken } = await follow("paused", uri("paused"));
    await source.monitor.migratePause();
    await resume("paused", isBroken);
    expect((await source.migrated()).status).toBe("completed");
    expect(await received).toMatchObject({ missing: 0, recoveries: 1 });
    expect(await differingPages("paused")).toEqual([]);
  });

  test("whose link dies on the way goes on over a new one", async () => {
    await source.prepare(["postcopy-ram"], SLOW);
    const abort = new AbortController();
    const way = `unix:${rig.path("way")}`;
    const relayed = relay({ listen: way, to: uri("cut"), signal: abort.signal });
    const died = expect(relayed).rejects.toMatchObject({ tag: "AbortedError" });
    const { received, isBroken } = await follow("cut", way);
    abort.abort();
    await died;
    await resume("cut", isBroken);
    expect((await source.migrated()).status).toBe("completed");
    expect(await received).toMatchObject({ missing: 0, recoveries: 1 });
    expect(await differingPages("cut")).toEqual([]);
  });
});

describe("what does not come to its end", () => {
  test("leaves nothing behind, and the guest at the source", async () => {
    await source.prepare(["return-path"], { "max-bandwidth": 1e6 });
    const { received } = await start("cancelled");
    const failed = expect(received).rejects.toThrow("nothing was stored");
    await source.monitor.migrate(uri("cancelled"));
    await until(async () => (await source.monitor.queryMigrate()).status === "active", "start");
    await source.monitor.migrateCancel();
    await failed;
    expect(existsSync(rig.path("cancelled"))).toBe(false);
    expect(readdirSync(rig.folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
    await source.migrated();
    await source.goesOn();
  });
});
