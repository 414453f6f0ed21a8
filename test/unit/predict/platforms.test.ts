import { describe, expect, test } from "vitest";
import { guestOfWorkload, type PredictedGuest } from "../../../src/predict/guest.js";
import { kubevirtDowntimeLadder } from "../../../src/predict/platforms/kubevirt.js";
import type { Endings, Platform } from "../../../src/predict/platforms/platform.js";
import { PLATFORMS, type PlatformName } from "../../../src/predict/platforms/platforms.js";
import {
  DEFAULT_STALL_DETECTOR,
  detectStalls,
} from "../../../src/predict/platforms/stall-detector.js";
import { type Prediction, predict } from "../../../src/predict/prediction.js";
import type { PredictedSettings } from "../../../src/predict/settings.js";
import type { Moment } from "../../../src/predict/steering.js";

const GIB_PAGES = 2 ** 18;
const GIB = 2 ** 30;

const settings: PredictedSettings = {
  profile: "qemu-10",
  maxBandwidth: Number.POSITIVE_INFINITY,
  downtimeLimitMs: 1234,
  xbzrleCacheBytes: 2 ** 20,
  autoConverge: null,
  postCopyAfterMs: 5,
  stopFirst: true,
};

function guestThatWrites(rate: number): PredictedGuest {
  return guestOfWorkload([{ kind: "uniform", wssPages: GIB_PAGES, rate }], {
    totalPages: 8 * GIB_PAGES,
    nonzeroPages: [{ from: 4 * GIB_PAGES, to: 4 * GIB_PAGES }],
  });
}

const quiet = guestThatWrites(100);
/** Dirties three times what a link of 1 Gbit/s carries. */
const busy = guestThatWrites(90_000);
/** Comes to rest at a few hundred ms of the link. */
const near = guestThatWrites(31_000);

function under(name: PlatformName, guest = busy): Prediction {
  const hosts = { linkBandwidth: 1.25e8 };
  return predict(guest, settings, { platform: PLATFORMS[name], hosts, runs: 40 });
}

const NONE: Endings = { switchover: 0, paused: 0, postCopy: 0, aborted: 0, unfinished: 0 };

describe("platforms", () => {
  test.each(Object.entries(PLATFORMS))(
    "%s has its name, its source and its own settings",
    (name, platform) => {
      expect(platform.name).toBe(name);
      expect(platform.source).toMatch(/\/.* of 2026-/);
      const own = platform.settings(settings, GIB);
      expect(own).toMatchObject({ stopFirst: false, postCopyAfterMs: null, profile: "qemu-10" });
      expect(own.maxBandwidth).toBe(settings.maxBandwidth);
    },
  );

  test.each(Object.keys(PLATFORMS) as PlatformName[])("%s lets a quiet guest go", (name) => {
    expect(under(name, quiet).platform).toEqual({ name, endings: { ...NONE, switchover: 1 } });
  });

  test.each<[PlatformName, keyof Endings, number]>([
    ["kubevirt", "aborted", 0],
    // 8 GiB are 9 units of 10^9 bytes begun: 1350 s.
    ["kubevirt-post-copy", "postCopy", 1351],
    ["kubevirt-pause", "paused", 1351],
    ["kubevirt-stall-detector", "aborted", 0],
    ["kubevirt-downtime-ladder", "aborted", 0],
    // 800 s per GiB.
    ["nova", "aborted", 0],
    ["nova-force-complete", "paused", 6400],
    ["nova-post-copy", "postCopy", 6400],
    ["cloud-hypervisor", "aborted", 0],
  ])("under %s a guest that never converges is %s", (name, ending, afterS) => {
    const { platform, totalMs, verdict } = under(name);
    expect(platform?.endings).toEqual({ ...NONE, [ending]: 1 });
    expect(verdict).toBe(ending === "aborted" ? "does-not-converge" : "converges");
    if (totalMs === null) return expect(afterS).toBe(0);
    expect(totalMs.p5).toBeGreaterThanOrEqual(afterS * 1000);
    expect(totalMs.p95).toBeLessThan((afterS + 20) * 1000);
  });

  test("says who gave up and why", () => {
    expect(under("kubevirt").because).toMatch(
      /^KubeVirt's completion timeout of 1350 s is over, while /,
    );
    expect(under("kubevirt-stall-detector").because).toContain("stall detector expects");
    expect(under("nova").because).toContain("live_migration_completion_timeout");
    expect(under("cloud-hypervisor").because).toContain("timeout_s of 3600 s");
    expect(under("nova-force-complete").because).toMatch(/^the guest is paused 106\.7 m after/);
  });

  test("a paused guest is down from the pause on", () => {
    const { downtimeMs } = under("kubevirt-pause");
    // Its dirty set is 1 GiB at most, which the link carries in 8.6 s.
    expect(downtimeMs?.p5).toBeGreaterThan(1000);
    expect(downtimeMs?.p95).toBeLessThan(12_000);
  });

  test("Proxmox doubles its limit until it is enough", () => {
    const { platform, because, downtimeMs } = under("proxmox");
    expect(platform?.endings.switchover).toBe(1);
    const limitMs = Number(/downtime limit of ([\d.]+) ms/.exec(because)?.[1]);
    expect([200, 400, 800]).toContain(limitMs);
    expect(downtimeMs?.p50).toBeLessThan(limitMs);
  });

  test("Proxmox turns XBZRLE on with a tenth of the memory, rounded up to a power of two", () => {
    const { xbzrleCacheBytes, autoConverge, downtimeLimitMs } = PLATFORMS.proxmox.settings(
      settings,
      8 * GIB,
    );
    expect(xbzrleCacheBytes).toBe(GIB);
    expect(autoConverge).toMatchObject({ initial: 0.2, increment: 0.1 });
    expect(downtimeLimitMs).toBe(100);
  });

  test("Nova's limit climbs from 50 to 500 ms in 10 steps of 75 s per GiB, 2 GiB at least", () => {
    expect(PLATFORMS.nova.settings(settings, GIB).downtimeLimitMs).toBe(50);
    const steps = PLATFORMS.nova.steering(4 * GIB, 0).orders.slice(0, -1);
    expect(steps.map(({ atMs }) => atMs / 1000)).toEqual([
      300, 600, 900, 1200, 1500, 1800, 2100, 2400, 2700, 3000,
    ]);
    expect(steps.map(({ order }) => (order.kind === "downtime-limit" ? order.ms : null))).toEqual([
      95, 140, 185, 230, 275, 320, 365, 410, 455, 500,
    ]);
    expect(PLATFORMS.nova.steering(GIB, 0).orders[0]?.atMs).toBe(150_000);
  });

  test("KubeVirt's ladder lets a guest go that its fixed limit does not", () => {
    expect(under("kubevirt", near).platform?.endings.switchover).toBeLessThan(0.5);
    const { platform, downtimeMs } = under("kubevirt-downtime-ladder", near);
    expect(platform?.endings.switchover).toBe(1);
    expect(downtimeMs?.p95).toBeLessThan(950);
  });

  test("KubeVirt's ladder waits for the third pass and 10 s between its steps", () => {
    const limits = limitsOver(kubevirtDowntimeLadder, [
      [11_000, 2],
      [12_000, 3],
      [15_000, 4],
      [22_000, 5],
      [32_100, 6],
    ]);
    expect(limits).toEqual([null, 257, null, 364, 471]);
  });
});

function limitsOver(
  platform: Platform,
  passes: readonly (readonly [number, number])[],
): (number | null)[] {
  const { afterPass } = platform.steering(GIB, 0);
  return passes.map(([nowMs, pass]) => {
    const first = afterPass?.(moment(nowMs, 1e9, pass))?.[0]?.order;
    return first?.kind === "downtime-limit" ? first.ms : null;
  });
}

function moment(nowMs: number, remainingBytes: number, pass = 3): Moment {
  return { nowMs, pass, remainingBytes, sentBytes: 1e9, bandwidth: 1e8 };
}

describe("KubeVirt's stall detector", () => {
  const start = (): ReturnType<typeof detectStalls> =>
    detectStalls(DEFAULT_STALL_DETECTOR, 900, 1e9);

  test("sees no stall while passes keep shrinking by more than its margin", () => {
    const afterPass = start();
    let bytes = 4e9;
    for (let nowMs = 10_000; nowMs < 400_000; nowMs += 20_000) {
      expect(afterPass(moment(nowMs, bytes))).toBeNull();
      bytes *= 0.9;
    }
  });

  test("raises the limit once where the estimate is within reach, and gives that a minute", () => {
    const afterPass = start();
    for (const nowMs of [10_000, 20_000, 30_000, 40_000]) {
      expect(afterPass(moment(nowMs, 1.2e8))).toBeNull();
    }
    expect(afterPass(moment(50_000, 1.2e8))).toEqual([
      { atMs: 50_000, order: { kind: "downtime-limit", ms: 900 } },
      { atMs: 110_000, order: expect.objectContaining({ kind: "abort" }) },
    ]);
    expect(afterPass(moment(60_000, 1.2e8))).toBeNull();
  });

  test("gives up where the estimate is more than half as much again as the longest downtime", () => {
    const afterPass = start();
    for (const nowMs of [10_000, 30_000]) afterPass(moment(nowMs, 1.4e8));
    expect(afterPass(moment(50_000, 1.4e8))).toEqual([
      { atMs: 50_000, order: expect.objectContaining({ kind: "abort" }) },
    ]);
  });

  test("waits for a pass as good as the best, and settles for less when patience is over", () => {
    const afterPass = start();
    afterPass(moment(10_000, 1e8));
    expect(afterPass(moment(50_000, 1.3e8))).toBeNull();
    expect(afterPass(moment(60_000, 1.25e8))).toBeNull();
    expect(afterPass(moment(70_000, 1.2e8))).toBeNull();
    expect(afterPass(moment(90_000, 1.22e8))?.[0]?.order).toEqual({
      kind: "downtime-limit",
      ms: 900,
    });
  });
});
