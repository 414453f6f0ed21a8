import { describe, expect, test } from "vitest";
import type { MigrationReport } from "../../../src/migration/report.js";
import { toQemuStats } from "../../../src/report/qemu-stats.js";
import { sampleReport, sampleRound } from "./sample-report.js";

/** A pre-copy as QEMU does most: one pass, one final burst. */
const preCopy: MigrationReport = {
  ...sampleReport,
  strategy: "pre-copy",
  totalMigrationTimeMs: 2557.4,
  downtimeMs: 186,
  downtimeParts: { pause: 1, finalPages: 120, state: 8, resume: 5, network: 52 },
  stateBytes: 180_224,
  pagesSent: { zero: 69_951, raw: 62_431, delta: 0 },
  rounds: [
    sampleRound({ round: 0, raw: 58_400, zero: 69_900, durationMs: 2400, dirty: 4031 }),
    sampleRound({
      round: 1,
      phase: "stop-and-copy",
      raw: 4031,
      zero: 51,
      durationMs: 120,
      dirty: 0,
      bytes: 4031 * 4104 + 51 * 9 + 180_224,
    }),
  ],
  throttleHistory: [],
  networkFaults: 0,
};

describe("query-migrate", () => {
  test("of a pre-copy", () => {
    const stats = toQemuStats(preCopy);
    expect(stats).toMatchObject({
      status: "completed",
      "total-time": 2557,
      downtime: 134,
      "setup-time": 0,
    });
    expect(stats.ram).toMatchObject({
      duplicate: 69_951,
      normal: 62_431,
      "normal-bytes": 62_431 * 4096,
      "dirty-sync-count": 3,
      "dirty-pages-rate": 0,
      remaining: 0,
      "page-size": 4096,
      transferred: 62_431 * 4104 + 69_951 * 9,
      "postcopy-bytes": 0,
    });
    expect(stats.ram["precopy-bytes"] + stats.ram["downtime-bytes"]).toBe(stats.ram.transferred);
    expect(stats).not.toHaveProperty("xbzrle-cache");
    expect(stats).not.toHaveProperty("cpu-throttle-percentage");
  });

  test("of one with deltas, throttling and faults", () => {
    const stats = toQemuStats(sampleReport);
    expect(stats["xbzrle-cache"]).toEqual({ bytes: 3000 * 300, pages: 3000 });
    expect(stats["cpu-throttle-percentage"]).toBe(20);
    expect(stats.ram["postcopy-requests"]).toBe(41);
    expect(stats.ram["postcopy-bytes"]).toBe(5464 * 4104);
  });

  test("of one that was given up, and of one that failed", () => {
    const rounds = preCopy.rounds.slice(0, 1);
    const cancelled = toQemuStats({ ...preCopy, outcome: "not-converged", rounds });
    expect(cancelled).toMatchObject({
      status: "cancelled",
      ram: { remaining: 4031 * 4096, "dirty-sync-count": 1, "dirty-pages-rate": 1680 },
    });
    expect(cancelled).not.toHaveProperty("downtime");
    const failed = toQemuStats({ ...preCopy, outcome: "failed", reason: "the link was gone" });
    expect(failed).toMatchObject({ status: "failed", "error-desc": "the link was gone" });
    expect(toQemuStats({ ...preCopy, outcome: "aborted" }).status).toBe("cancelled");
  });

  test("of one that took no time", () => {
    const stats = toQemuStats({ ...preCopy, totalMigrationTimeMs: 0, rounds: [] });
    expect(stats.ram).toMatchObject({ mbps: 0, "pages-per-second": 0 });
  });
});
