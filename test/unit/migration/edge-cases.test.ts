import { describe, expect, test } from "vitest";
import { isGodwitError } from "../../../src/errors.js";
import { migrate } from "../../../src/migration/migrate.js";
import type { MigrateOptions } from "../../../src/migration/options.js";
import { strategies } from "../../../src/migration/strategies.js";
import { play, STRATEGIES, stage } from "../../scenes.js";

const GIGABIT = { bandwidth: [{ atNs: 0, rate: 1.25e8 }] };

test("patience counts from the start of pushing, not from the request", async () => {
  const disk = { kind: "local", bytes: 40 * 2 ** 30, writeRate: 0 } as const;
  const { report } = await play("pre-copy", { pages: 2 ** 14, link: GIGABIT, parts: { disk } });
  expect(report.outcome).toBe("completed");
  expect(report.storage?.bytesSent).toBe(40 * 2 ** 30);
});

describe("a pull whose link dies", () => {
  test("leaves the guest standing on the page it misses", async () => {
    const { report, machine, link } = await play("post-copy", {
      pages: 2 ** 14,
      link: { ...GIGABIT, outages: [{ atNs: 2e8, durationNs: Number.POSITIVE_INFINITY }] },
      workload: [{ kind: "uniform", wssPages: 2 ** 14, rate: 5000 }],
      parts: {
        devices: [
          {
            name: "nic",
            stateBytes: 0,
            passthrough: true,
            failover: { unplugNs: 0, replugNs: 60e9, degradation: 0 },
          },
        ],
      },
    });
    expect(report).toMatchObject({ outcome: "failed", runningOn: "target" });
    expect(report.faults.stallMs).toBeGreaterThan(9000);
    // The link's timeout ends it; nothing is plugged into a guest that stands.
    expect(report.totalMigrationTimeMs).toBeLessThan(15_000);
    const before = machine.guestTime;
    await link.clock.sleepUntil(link.clock.now() + 5e9);
    machine.settle();
    expect(machine.guestTime).toEqual(before);
  });
});

test("the last fault of a pull is waited for, also when the push brings its page first", async () => {
  const { report } = await play("post-copy", {
    pages: 1024,
    link: { roundTripNs: 2e9 },
    workload: [{ kind: "uniform", wssPages: 1024, rate: 1000 }],
  });
  expect(report.faults.faults).toBeGreaterThan(0);
  expect(report.faults.stallMs).toBeGreaterThan(900);
  expect(report.faults.maxStallMs).toBeLessThan(2010);
});

describe("a mirrored disk", () => {
  const run = (writeRate: number, bytes = 2 ** 30) => {
    return play("pre-copy", {
      link: GIGABIT,
      parts: { disk: { kind: "local", bytes, writeRate } },
    });
  };
  test("sends its last dirty blocks too", async () => {
    const { report } = await run(1e6);
    expect(report.storage?.passes).toBeGreaterThan(2);
  });
  test("never carries more than the line", async () => {
    const { report } = await run(1.5e8, 2 ** 20);
    expect(report).toMatchObject({ outcome: "not-converged", runningOn: "source" });
  });
  test("says what it has sent when the link dies", async () => {
    const { report } = await play("pre-copy", {
      link: { ...GIGABIT, outages: [{ atNs: 12e9, durationNs: Number.POSITIVE_INFINITY }] },
      parts: { disk: { kind: "local", bytes: 2 ** 30, writeRate: 5e7 } },
    });
    expect(report.outcome).toBe("failed");
    expect(report.storage?.bytesSent).toBeGreaterThan(2 ** 30);
  });
});

describe("what would take forever", () => {
  test("phases of a nanosecond are refused", async () => {
    const phases = [{ durationNs: 1, components: [] }];
    const error = await play("pre-copy", { workload: [{ kind: "phases", phases }] }).catch(
      (e: unknown) => e,
    );
    expect(isGodwitError(error, "InvalidOptionError")).toBe(true);
  });
  test("a trace of a few nanoseconds is replayed once a look", async () => {
    const contents = {
      pageCount: 64,
      pageSize: 4096,
      base: new Uint8Array(64 * 4096),
      snapshots: [{ ranNs: 2, pages: Uint32Array.of(3), bytes: new Uint8Array(4096).fill(7) }],
    } as const;
    const workload = [{ kind: "trace", folder: "tiny" }] as const;
    const { report } = await play("pre-copy", { contents, workload, options: { maxRounds: 3 } });
    expect(report).toMatchObject({ outcome: "completed", verified: true });
  });
  test("rounds without end are cut off", async () => {
    const options: MigrateOptions = { policy: "cloud-hypervisor", downtimeLimitMs: 1e-6 };
    const workload = [{ kind: "uniform", wssPages: 1, rate: 1e9 }] as const;
    const { report } = await play("pre-copy", { pages: 1, workload, options });
    expect(report.outcome).toBe("not-converged");
    expect(report.rounds).toHaveLength(10_000);
  });
  test("very fast single writes are refused", async () => {
    const workload = [{ kind: "uniform", wssPages: 64, rate: 1e12 }] as const;
    const error = await play("pre-copy", { workload, contents: "bytes" }).catch((e: unknown) => e);
    expect(isGodwitError(error, "InvalidOptionError")).toBe(true);
  });
});

describe("an abort", () => {
  test.each(STRATEGIES)(
    "after any round of %s is heard while the guest can stay",
    async (strategy) => {
      const controller = new AbortController();
      const options = { signal: controller.signal, onRound: () => controller.abort() };
      const { report } = await play(strategy, { options });
      expect(report).toMatchObject({ outcome: "aborted", runningOn: "source" });
    },
  );
});

test("CPU is stolen only while pages are sent, and at the host where the guest runs", async () => {
  const host = {
    sourceCpuSecondsPerGiB: 0.5,
    targetCpuSecondsPerGiB: 0.25,
    contention: 1,
    guestCores: 1,
  };
  const network = {
    kind: "announce",
    initialNs: 5e7,
    stepNs: 1e8,
    maxNs: 55e7,
    rounds: 5,
    learningNs: 1e10,
    packetRate: 0,
  } as const;
  const scene = { pages: 2 ** 16, link: GIGABIT, options: { host }, parts: { network } };
  const pushed = await play("pre-copy", scene);
  const pushMs = pushed.report.rounds[0]?.durationMs ?? 0;
  expect(pushed.report.degradation.lostMs).toBeCloseTo(pushMs * 0.5 * (1.25e8 / 2 ** 30), 0);
  const pulled = await play("post-copy", scene);
  const pullMs = pulled.report.rounds[1]?.durationMs ?? 0;
  expect(pulled.report.degradation.lostMs).toBeCloseTo(pullMs * 0.25 * (1.25e8 / 2 ** 30), 0);
});

test("devices that were not unplugged are not waited for", async () => {
  const failover = { unplugNs: 1e9, replugNs: 30e9, degradation: 0 };
  const parts = { devices: [{ name: "nic", stateBytes: 0, passthrough: true, failover }] };
  const outages = [{ atNs: 0, durationNs: Number.POSITIVE_INFINITY }];
  const { report } = await play("pre-copy", { parts, link: { outages, timeoutNs: 1e9 } });
  expect(report.outcome).toBe("failed");
  expect(report.totalMigrationTimeMs).toBe(1000);
});

test("a failed switchover books its time where it was spent", async () => {
  const outages = [{ atNs: 1e9, durationNs: Number.POSITIVE_INFINITY }];
  const network = { kind: "tunnel", setupNs: 0, extraLatencyNs: 0, packetRate: 1000 } as const;
  const { report } = await play("stop-and-copy", {
    pages: 2 ** 17,
    link: { ...GIGABIT, outages, timeoutNs: 1e9 },
    parts: { network },
  });
  expect(report).toMatchObject({ outcome: "failed", runningOn: "source" });
  expect(report.downtimeParts.finalPages).toBeGreaterThan(1900);
  expect(report.downtimeParts.resume).toBe(5);
  expect(report.network.packetsLost).toBe(Math.round(report.downtimeMs));
});

test("a message that two outages catch is sent three times", () => {
  const { link } = stage({
    link: {
      roundTripNs: 2e9,
      outages: [
        { atNs: 5e8, durationNs: 1e8 },
        { atNs: 9e8, durationNs: 1e8 },
      ],
    },
  });
  expect(link.arrivalAt(0)).toBe(2e9);
});

test("a machine can be tried again and again", async () => {
  const { machine, link } = stage({
    pages: 2 ** 20,
    workload: [{ kind: "uniform", wssPages: 2 ** 19, rate: 1e6 }],
  });
  for (let attempt = 0; attempt < 8; attempt++) {
    const options: MigrateOptions = { order: "cold-first", giveUpAfterMs: 4000 };
    const report = await migrate(strategies["pre-copy"], machine, link, options, null);
    expect(report.outcome).toBe("not-converged");
  }
  const report = await migrate(strategies["post-copy"], machine, link, {}, null);
  expect(report.outcome).toBe("completed");
});

test("a second attempt may compress what the first did not", async () => {
  const { machine, link } = stage({
    pages: 2 ** 16,
    workload: [{ kind: "uniform", wssPages: 2 ** 15, rate: 1e6 }],
    link: GIGABIT,
  });
  const first = await migrate(strategies["pre-copy"], machine, link, { giveUpAfterMs: 4000 }, null);
  expect(first).toMatchObject({ outcome: "not-converged", pagesSent: { delta: 0 } });
  const options: MigrateOptions = { maxRounds: 4, xbzrleCacheBytes: 2 ** 28 };
  const second = await migrate(strategies["pre-copy"], machine, link, options, null);
  expect(second.outcome).toBe("completed");
  expect(second.pagesSent.delta).toBeGreaterThan(0);
});

test("a guest with bytes may span shards", async () => {
  const scene = { pages: 2 ** 19 + 1, contents: "bytes", options: { verify: true } } as const;
  const { report } = await play("pre-copy", {
    ...scene,
    workload: [{ kind: "uniform", wssPages: 1024, rate: 20_000, at: 2 ** 19 - 1023 }],
    options: { maxRounds: 4, xbzrleCacheBytes: 2 ** 22 },
  });
  expect(report).toMatchObject({ outcome: "completed", verified: true });
  expect(report.pagesSent.delta).toBeGreaterThan(0);
});

test.each([
  { policy: "nope" },
  { prepaging: "zz" },
  { order: "zzz" },
  { onNotConverged: "zz" },
  { packetLoss: 7 },
  { maxRounds: 2.5 },
  { dirtyThreshold: Number.NaN },
  { autoConverge: { initial: 5 } },
  { pivots: 0 },
])("%j is refused by name", async (options) => {
  const error = await play("pre-copy", { options: options as MigrateOptions }).catch(
    (e: unknown) => e,
  );
  const [name = ""] = Object.keys(options);
  expect(isGodwitError(error, "InvalidOptionError") && error.option).toMatch(
    new RegExp(`^${name}`),
  );
});
