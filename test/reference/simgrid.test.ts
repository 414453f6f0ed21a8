import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SimGridMigration, simGridPath } from "../../src/fleet/fluid/simgrid.js";
import { simGridOutlook } from "../../src/fleet/fluid/simgrid-outlook.js";
import { FluidCurves } from "../../src/kernel/fluid.js";
import { referenceData } from "../reference-data.js";
import { drive } from "../unit/fleet/fluid/constant-rate.js";
import { readCsv } from "./csv.js";

// SimGrid 3.32's live-migration plugin, run with one VM on a network of its own.
const folder = referenceData === null ? null : join(referenceData, "simulators");
const cases = folder ? readCsv(readFileSync(join(folder, "simgrid_cases.csv"), "utf8")) : [];
const transfers = folder ? readCsv(readFileSync(join(folder, "simgrid_rounds.csv"), "utf8")) : [];
const curves = new FluidCurves();

type Row = ReadonlyMap<string, string>;

function number(row: Row, column: string): number {
  return Number(row.get(column));
}

function setUp(row: Row) {
  const guest = {
    ramBytes: number(row, "ram_bytes"),
    workingSetBytes: number(row, "working_set_bytes"),
    dirtyIntensity: number(row, "dirty_intensity"),
    migrationSpeed: number(row, "migration_speed_cap_Bps"),
    cpuUtilisation: number(row, "cpu_utilisation"),
    hostSpeed: number(row, "host_flops_per_s"),
  };
  const path = simGridPath(
    row.get("network_model") === "LV08" ? "LV08" : "CM02",
    number(row, "link_bandwidth_Bps"),
    number(row, "link_latency_s") * 1e9,
    row.get("crosstraffic") === "1",
  );
  return { guest, path };
}

describe.skipIf(folder === null)("SimGrid's live migration", () => {
  const ended = cases.filter((row) => row.get("outcome") === "ok");
  test.each(ended.map((row) => [row.get("id"), row] as const))(
    "%s as SimGrid has it",
    (id, row) => {
      const { guest, path } = setUp(row);
      const outlook = simGridOutlook(guest, path, curves);
      const total = number(row, "total_time_s");
      expect(outlook.converges).toBe(true);
      expect(Math.abs(outlook.totalNs / 1e9 - total)).toBeLessThanOrEqual(1e-6 * total);
      const downtime = number(row, "downtime_s");
      expect(Math.abs(outlook.downtimeNs / 1e9 - downtime)).toBeLessThanOrEqual(
        1e-6 * downtime + 1e-9,
      );
      expect(outlook.rounds).toBe(number(row, "stage2_rounds"));
      const sent = number(row, "bytes_sent");
      expect(Math.abs(outlook.bytes - sent)).toBeLessThanOrEqual(outlook.rounds + 2);

      const rounds: number[] = [];
      const migration = new SimGridMigration(guest, path, ({ bytes }) => rounds.push(bytes));
      const driven = drive(migration, path.rate, 1e9);
      expect(driven.end).toMatchObject({ outcome: "completed", converged: true });
      expect(Math.abs(driven.totalNs / 1e9 - total)).toBeLessThanOrEqual(1e-6 * total);
      rounds.push(migration.progress.bytesSent - rounds.reduce((sum, bytes) => sum + bytes, 0));
      const listed = transfers.filter((one) => one.get("id") === id);
      expect(rounds.length).toBe(listed.length);
      for (const [index, one] of listed.entries()) {
        expect(Math.abs((rounds[index] ?? -9) - number(one, "bytes"))).toBeLessThanOrEqual(1);
      }
    },
  );

  const others = cases.filter((row) => row.get("outcome") !== "ok");
  test.each(others.map((row) => [row.get("id"), row] as const))(
    "%s, of which SimGrid has no result, does not converge",
    (_id, row) => {
      const { guest, path } = setUp(row);
      const outlook = simGridOutlook(guest, path, curves);
      expect(outlook.converges).toBe(false);
      expect(outlook.reason).toMatch(/every further round is the same/);
      expect(outlook.forcedDowntimeNs).toBeGreaterThan(30e6);
      expect(outlook.leastDowntimeLimitNs).toBeGreaterThan(30e6);
      const migration = new SimGridMigration(guest, path);
      expect(drive(migration, path.rate, 1e9).end).toMatchObject({ outcome: "not-converged" });
      const { leastBandwidth } = outlook;
      if (leastBandwidth === null) return;
      const alone = { ...path, windowRate: Number.POSITIVE_INFINITY };
      const at = (rate: number) => simGridOutlook(guest, { ...alone, rate }, curves).converges;
      // The bound is one of what the flow gets; where its own cap is below it, nothing can be shown by the link.
      if (leastBandwidth > guest.migrationSpeed) return;
      expect(at(leastBandwidth * 1.001)).toBe(true);
      expect(at(leastBandwidth * 0.999)).toBe(false);
    },
  );
});
