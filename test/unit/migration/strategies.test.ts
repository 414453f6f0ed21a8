import { describe, expect, test } from "vitest";
import { isGodwitError } from "../../../src/errors.js";
import { toQemuStats } from "../../../src/report/qemu-stats.js";
import { play, type Scene, STRATEGIES } from "../../scenes.js";

const BUSY: Scene = {
  pages: 2 ** 16,
  workload: [{ kind: "uniform", wssPages: 2 ** 14, rate: 100_000 }],
  link: { bandwidth: [{ atNs: 0, rate: 1.25e8 }] },
};

describe("stop conditions", () => {
  test("rounds done", async () => {
    const { report } = await play("pre-copy", { ...BUSY, options: { maxRounds: 5 } });
    expect(report.rounds.map(({ phase }) => phase)).toEqual([
      ...new Array(5).fill("push"),
      "stop-and-copy",
    ]);
    expect(report).toMatchObject({ outcome: "completed", converged: false });
  });
  test("bytes sent", async () => {
    const maxBytes = 4104 * 2 ** 17;
    const { report } = await play("pre-copy", { ...BUSY, options: { maxBytes } });
    const pushed = report.rounds
      .filter(({ phase }) => phase === "push")
      .map(({ bytesSent }) => bytesSent);
    const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
    expect(sum(pushed)).toBeGreaterThanOrEqual(maxBytes);
    expect(sum(pushed.slice(0, -1))).toBeLessThan(maxBytes);
  });
  test("dirty pages below a threshold", async () => {
    const workload = [{ kind: "uniform", wssPages: 2 ** 14, rate: 5000 }] as const;
    const { report } = await play("pre-copy", {
      ...BUSY,
      workload,
      options: { dirtyThreshold: 300 },
    });
    const push = report.rounds.filter(({ phase }) => phase === "push");
    expect(push.at(-1)?.dirtyPagesAtEnd).toBeLessThan(300);
    expect(push.at(-2)?.dirtyPagesAtEnd).toBeGreaterThanOrEqual(300);
    expect(report.converged).toBe(true);
  });
  test("expected downtime", async () => {
    const workload = [{ kind: "uniform", wssPages: 2 ** 14, rate: 5000 }] as const;
    const { report } = await play("pre-copy", {
      ...BUSY,
      workload,
      options: { downtimeLimitMs: 40 },
    });
    expect(report.converged).toBe(true);
    expect(report.downtimeParts.finalPages).toBeLessThan(41);
  });
});

describe("when nothing helps in time", () => {
  test("the guest runs on at the source by default", async () => {
    const { report } = await play("pre-copy", BUSY);
    expect(report).toMatchObject({
      outcome: "not-converged",
      runningOn: "source",
      downtimeMs: 0,
      verified: null,
      converged: false,
    });
    expect(report.rounds).toHaveLength(30);
  });
  test("or it is stopped anyway, or followed by its pages", async () => {
    const stop = await play("pre-copy", { ...BUSY, options: { onNotConverged: "stop" } });
    expect(stop.report).toMatchObject({ outcome: "completed", converged: false });
    expect(stop.report.downtimeMs).toBeGreaterThan(300);
    const pull = await play("pre-copy", { ...BUSY, options: { onNotConverged: "post-copy" } });
    expect(pull.report.rounds.at(-1)?.phase).toBe("pull");
    expect(pull.report.downtimeMs).toBeLessThan(20);
  });
  test("what the caller wants then also holds when the rounds are used up", async () => {
    const abort = { maxRounds: 3, onNotConverged: "abort" } as const;
    const stays = await play("pre-copy", { ...BUSY, options: abort });
    expect(stays.report).toMatchObject({ outcome: "not-converged", reason: "3 rounds are done" });
    const follow = { maxRounds: 3, onNotConverged: "post-copy" } as const;
    const follows = await play("pre-copy", { ...BUSY, options: follow });
    expect(follows.report.rounds.at(-1)?.phase).toBe("pull");
  });
  test("time counts too, also within a round", async () => {
    const { report } = await play("pre-copy", { ...BUSY, options: { giveUpAfterMs: 1000 } });
    expect(report.outcome).toBe("not-converged");
    expect(report.totalMigrationTimeMs).toBeLessThan(1200);
    expect(report.reason).toContain("1000 ms");
  });
});

test("hybrid pushes n rounds, or as long as it gets anywhere", async () => {
  const two = await play("hybrid", { ...BUSY, options: { maxRounds: 2 } });
  expect(two.report.rounds.map(({ phase }) => phase)).toEqual([
    "push",
    "push",
    "stop-and-copy",
    "pull",
  ]);
  const free = await play("hybrid", BUSY);
  expect(free.report.reason).toContain("no progress");
  expect(free.report.downtimeMs).toBeLessThan(20);
});

test("auto-converge slows the guest down in QEMU's steps until it converges", async () => {
  const options = { autoConverge: {}, giveUpAfterMs: 600_000, policy: "qemu-7.2" } as const;
  const { report } = await play("pre-copy", { ...BUSY, options });
  expect(report.outcome).toBe("completed");
  const steps = report.throttleHistory.map(({ throttle }) => throttle);
  expect(steps.slice(0, 3)).toEqual([0.2, 0.3, 0.4]);
  expect(report.degradation.lostMs).toBeGreaterThan(0);
});

test("deltas shrink what is sent again; skipping leaves hot pages for later", async () => {
  const scene: Scene = { ...BUSY, contents: "bytes", options: { maxRounds: 4 } };
  const plain = await play("pre-copy", scene);
  const delta = await play("pre-copy", {
    ...scene,
    options: { maxRounds: 4, xbzrleCacheBytes: 2 ** 28 },
  });
  expect(delta.report.pagesSent.delta).toBeGreaterThan(1000);
  expect(delta.report.bytesSent).toBeLessThan(plain.report.bytesSent);
  expect(delta.report.verified).toBe(true);
  const skip = await play("pre-copy", { ...scene, options: { maxRounds: 4, skipDirty: true } });
  expect(skip.report.rounds.some(({ skippedPages }) => skippedPages > 1000)).toBe(true);
  expect(skip.report.bytesSent).toBeLessThan(plain.report.bytesSent);
  expect(skip.report.verified).toBe(true);
});

test("cold-first sends no more than by address where a pass may end early", async () => {
  const scene: Scene = {
    ...BUSY,
    workload: [{ kind: "hot-set", wssPages: 2 ** 14, rate: 9000, hot: 0.1, share: 0.9 }],
    options: { policy: "qemu-7.2", downtimeLimitMs: 60 },
  };
  const address = await play("pre-copy", scene);
  const cold = await play("pre-copy", {
    ...scene,
    options: { ...scene.options, order: "cold-first" },
  });
  expect(cold.report.outcome).toBe("completed");
  expect(cold.report.bytesSent).toBeLessThanOrEqual(address.report.bytesSent * 1.02);
});

describe("devices", () => {
  const passthrough = { name: "gpu0", stateBytes: 0, passthrough: true } as const;
  test.each(STRATEGIES)("a directly assigned one blocks %s", async (strategy) => {
    const parts = { devices: [{ ...passthrough, failover: null }] };
    const error = await play(strategy, { parts }).catch((e: unknown) => e);
    expect(isGodwitError(error, "MigrationBlockedError") && error.device).toBe("gpu0");
    expect(String(error)).toContain("gpu0");
  });
  test("unless the guest is off", async () => {
    const parts = { power: "off", devices: [{ ...passthrough, failover: null }] } as const;
    const { report } = await play("cold", { parts });
    expect(report).toMatchObject({ outcome: "completed", verified: null, bytesSent: 0 });
    expect(report.downtimeMs).toBeGreaterThan(25_000);
  });
  test("or works on a stand-in meanwhile, at a price", async () => {
    const failover = { unplugNs: 1e9, replugNs: 2e9, degradation: 0.5 };
    const parts = { devices: [{ ...passthrough, failover }] };
    const plain = await play("pre-copy", {});
    const { report } = await play("pre-copy", { parts });
    expect(report.totalMigrationTimeMs - plain.report.totalMigrationTimeMs).toBeGreaterThan(2999);
    expect(report.degradation.lostMs).toBeGreaterThan(1500);
  });
});

describe("storage", () => {
  const disk = { kind: "local", bytes: 2 ** 30, writeRate: 1e7 } as const;
  test("a local disk is mirrored before memory and takes its share of the link", async () => {
    const { report } = await play("pre-copy", { ...BUSY, workload: [], parts: { disk } });
    expect(report.storage?.bytesSent).toBeGreaterThan(2 ** 30);
    expect(report.storage?.mirroredBytes).toBeGreaterThan(0);
    expect(report.rounds[0]?.startMs).toBeGreaterThan(8500);
    const without = await play("pre-copy", { ...BUSY, workload: [] });
    const ratio = (report.rounds[0]?.durationMs ?? 0) / (without.report.rounds[0]?.durationMs ?? 1);
    expect(ratio).toBeCloseTo(1.25e8 / (1.25e8 - 1e7), 2);
  });
  test("one that is written faster than the link never gets in step", async () => {
    const parts = { disk: { ...disk, writeRate: 2e8 } };
    const { report } = await play("pre-copy", { ...BUSY, parts });
    expect(report).toMatchObject({ outcome: "not-converged", runningOn: "source" });
    expect(report.reason).toContain("disk");
  });
  test("a shared one is reconnected within the downtime", async () => {
    const near = await play("pre-copy", {});
    const shared = { disk: { kind: "shared", reconnectNs: 7e6 } } as const;
    const { report } = await play("pre-copy", { parts: shared });
    expect(report.downtimeParts.resume - near.report.downtimeParts.resume).toBeCloseTo(7, 6);
  });
});

describe("network identity", () => {
  const announce = {
    kind: "announce",
    initialNs: 50e6,
    stepNs: 100e6,
    maxNs: 550e6,
    rounds: 5,
    learningNs: 1e6,
    packetRate: 10_000,
  } as const;
  test("one announcement is enough where none is lost", async () => {
    const { report } = await play("pre-copy", { parts: { network: announce } });
    expect(report.network).toMatchObject({ mode: "announce", announcements: 1 });
    expect(report.downtimeParts.network).toBe(1);
    expect(report.network.packetsLost).toBe(Math.round(report.downtimeMs * 10));
  });
  test("lost announcements are repeated on QEMU's schedule", async () => {
    const delays = new Set<number>();
    for (let seed = 1; seed <= 60; seed++) {
      const { report } = await play("pre-copy", {
        seed,
        parts: { network: announce },
        options: { packetLoss: 0.6 },
      });
      delays.add(report.downtimeParts.network);
    }
    // 0, 50, +150, +250, +350, +450 ms, and 1 ms for the switch to learn.
    for (const delay of delays) expect([1, 51, 201, 451, 801, 1251]).toContain(delay);
    expect(delays.size).toBeGreaterThan(3);
  });
  test("a tunnel costs its set-up and then latency on every packet", async () => {
    const network = { kind: "tunnel", setupNs: 1e7, extraLatencyNs: 2e7, packetRate: 100 } as const;
    const { report } = await play("pre-copy", { parts: { network } });
    expect(report.downtimeParts.network).toBe(10);
    expect(report.network).toMatchObject({ mode: "tunnel", extraLatencyMs: 20 });
  });
});

test("migration's CPU slows a guest that has no core to spare", async () => {
  const host = {
    sourceCpuSecondsPerGiB: 0.5,
    targetCpuSecondsPerGiB: 0.25,
    contention: 1,
    guestCores: 1,
  };
  const { report } = await play("pre-copy", { ...BUSY, options: { host, maxRounds: 3 } });
  // 125 MB/s are 0.116 GiB/s: 5.8 % of a core.
  expect(report.degradation.share).toBeCloseTo(0.058, 2);
  expect(report.degradation.sourceCpuSeconds).toBeCloseTo((report.bytesSent / 2 ** 30) * 0.5, 6);
});

test("an agreement puts a price on downtime and slowness", async () => {
  const serviceLevel = {
    freeDowntimeNs: 1e6,
    pricePerDowntimeSecond: 2,
    pricePerDegradedSecond: 3,
  };
  const { report } = await play("stop-and-copy", { ...BUSY, options: { serviceLevel } });
  expect(report.penalty).toBeCloseTo(((report.downtimeMs - 1) / 1000) * 2, 9);
});

test("the report reads as QEMU's query-migrate", async () => {
  const { report } = await play("pre-copy", {
    ...BUSY,
    options: { policy: "qemu-7.2", maxRounds: 6 },
  });
  const stats = toQemuStats(report);
  expect(stats).toMatchObject({
    status: "completed",
    ram: { "page-size": 4096, total: 2 ** 28, remaining: 0 },
  });
  expect(stats["total-time"]).toBe(Math.round(report.totalMigrationTimeMs));
});

test("options that cannot be are refused by name", async () => {
  for (const options of [
    { maxRounds: 0 },
    { maxBandwidth: -1 },
    { xbzrleCacheBytes: 5000 },
    { downtimeLimitMs: 0 },
  ]) {
    const error = await play("pre-copy", { options }).catch((e: unknown) => e);
    const [name] = Object.keys(options);
    expect(isGodwitError(error, "InvalidOptionError") && error.option).toBe(name);
  }
});

test("a guest that did not converge gets its speed and its devices back", async () => {
  const failover = { unplugNs: 1e9, replugNs: 2e9, degradation: 0.5 };
  const parts = { devices: [{ name: "nic0", stateBytes: 0, passthrough: true, failover }] };
  const options = { autoConverge: {}, giveUpAfterMs: 8000 };
  const workload = [{ kind: "uniform", wssPages: 2 ** 15, rate: 1e6 }] as const;
  const { report, machine, link } = await play("pre-copy", { ...BUSY, workload, parts, options });
  expect(report.throttleHistory.length).toBeGreaterThan(0);
  expect(report).toMatchObject({ outcome: "not-converged", runningOn: "source" });
  const before = machine.guestTime;
  await link.clock.sleepUntil(link.clock.now() + 1e9);
  machine.settle();
  expect(machine.guestTime.ranNs - before.ranNs).toBe(1e9);
  expect(machine.guestTime.lostNs).toBe(before.lostNs);
});

test("a pull that the link cuts short says what it saw", async () => {
  const scene: Scene = {
    ...BUSY,
    link: { ...BUSY.link, outages: [{ atNs: 1e9, durationNs: Number.POSITIVE_INFINITY }] },
  };
  const { report } = await play("post-copy", scene);
  expect(report).toMatchObject({ outcome: "failed", runningOn: "target" });
  expect(report.faults.networkFaults).toBeGreaterThan(100);
});
