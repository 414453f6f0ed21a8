import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkObservation } from "../../src/observe/check-observation.js";
import type { Observation } from "../../src/observe/observation.js";
import { observeProcess } from "../../src/probe/observe-process.js";
import { observeQemu } from "../../src/probe/observe-qemu.js";
import { socketOwner } from "../../src/probe/socket-owner.js";
import { type Qemu, Rig } from "./rig.js";

const MEMORY_MIB = 64;
const FILLED = 8000;
/** Pages that the guest writes to in turn, over and over, several times a second. */
const SET = 4000;
const TIMEOUT_MS = 120_000;

let rig: Rig;
let source: Qemu;
beforeAll(async () => {
  // Where KVM is itself emulated, filling so many pages would take minutes.
  const guest = { pages: FILLED, set: SET, delay: 100_000 };
  rig = new Rig({ memoryMib: MEMORY_MIB, accelerator: "tcg", ...guest });
  source = await rig.source();
}, TIMEOUT_MS);
afterAll(() => rig.close());

function expectSound(observation: Observation): void {
  const text = JSON.stringify(observation);
  expect(checkObservation(JSON.parse(text), "file")).toEqual(observation);
}

describe("a guest that writes to a cyclic set is observed", { timeout: TIMEOUT_MS }, () => {
  test("through its process: D(t) saturates at the set", async () => {
    const pid = source.process.pid ?? 0;
    expect(socketOwner(source.qmpPath)).toBe(pid);
    const observation = await observeProcess(pid, { forMs: 3000 });
    expectSound(observation);
    const { contents, curve } = observation;
    // The kernel may have joined others of QEMU's mappings, of some MiB, to the guest's next to them.
    expect(contents.totalPages).toBeGreaterThanOrEqual(MEMORY_MIB * 256);
    expect(contents.totalPages).toBeLessThan(1.5 * MEMORY_MIB * 256);
    expect(contents.nonzeroPages).toBeGreaterThanOrEqual(FILLED);
    expect(contents.nonzeroPages).toBeLessThan(FILLED + 300);
    const short = curve[0]?.pages ?? 0;
    expect(short).toBeGreaterThan(0);
    expect(short).toBeLessThan(SET);
    for (const { horizonMs, pages, neighbourShare } of curve) {
      expect(pages).toBeLessThan(SET + 100);
      // A round takes a sixth of a second; on a host that has other things to do, longer.
      if (horizonMs > 1500) expect(pages).toBeGreaterThan(0.98 * SET);
      // The set is written in order, so neighbours go together.
      expect(neighbourShare).toBeGreaterThan(0.9);
    }
    // Two words change, which takes some 10 bytes.
    for (const { deltaBytes } of curve) expect(deltaBytes ?? 10).toBeLessThan(40);
  });

  test("through its monitor: page sampling, and the contents from its process", async () => {
    const observation = await observeQemu(source.monitor, { forMs: 4000 });
    expectSound(observation);
    expect(observation.source).toBe("qmp");
    expect(observation.contents.nonzeroPages).toBeGreaterThanOrEqual(FILLED);
    expect(observation.contents.nonzeroPagesError).toBe(0);
    for (const { pages, pagesError } of observation.curve) {
      expect(Math.abs(pages - SET)).toBeLessThan(4 * (pagesError ?? 0) + 100);
    }
    const told = await observeQemu(source.monitor, { forMs: 2000, nonzeroPages: 5000 });
    expect(told.contents).toMatchObject({ nonzeroPages: 5000, repeatedPages: null });
  });

  test("through the passes of its migration, of which it knows nothing", async () => {
    const { monitor } = source;
    const before = [await monitor.queryParameters(), await monitor.queryCapabilities()];
    await monitor.setCapabilities({ events: true });
    await monitor.setParameters({ "max-bandwidth": 2e7, "downtime-limit": 1 });
    await monitor.migrate("exec:cat > /dev/null");
    const parameters = await monitor.queryParameters();
    const observation = await observeQemu(source.monitor, { forMs: 5000 });
    expect(await monitor.queryParameters()).toEqual(parameters);
    await monitor.migrateCancel();
    await source.migrated();
    expectSound(observation);
    expect(observation.source).toBe("migration");
    for (const { horizonMs, pages, pagesError = 0 } of observation.curve) {
      expect(pages).toBeLessThan(SET + 3 * pagesError + 150);
      if (horizonMs > 1000) expect(pages).toBeGreaterThan(0.9 * SET - 3 * pagesError);
    }
    await monitor.setCapabilities({ events: false });
    await monitor.setParameters({ "max-bandwidth": 134_217_728, "downtime-limit": 300 });
    expect([await monitor.queryParameters(), await monitor.queryCapabilities()]).toEqual(before);
  });

  test("not while it is paused, and not once it is gone", async () => {
    const { monitor } = source;
    await monitor.stop();
    await expect(observeQemu(source.monitor)).rejects.toMatchObject({
      tag: "InvalidOptionError",
      expected: "a guest that runs; this one is paused",
    });
    await monitor.cont();
    const [byMonitor, byProcess] = [
      observeQemu(source.monitor, { nonzeroPages: 1 }),
      observeProcess(source.process.pid ?? 0),
    ];
    const [monitorEnd, processEnd] = [
      expect(byMonitor).rejects.toMatchObject({ tag: "PeerFailedError" }),
      expect(byProcess).rejects.toMatchObject({ tag: "PeerFailedError" }),
    ];
    await new Promise((resume) => setTimeout(resume, 1500));
    source.process.kill("SIGKILL");
    await Promise.all([monitorEnd, processEnd]);
  });
});
