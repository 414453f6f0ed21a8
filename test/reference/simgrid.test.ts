import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { simGridCases, simGridQuestion } from "../../scripts/simgrid-runs.mjs";
import { SimGridMigration } from "../../src/fleet/fluid/simgrid.js";
import { simGridOutlook } from "../../src/fleet/fluid/simgrid-outlook.js";
import { FluidCurves } from "../../src/kernel/fluid.js";
import { referenceData } from "../reference-data.js";
import { drive } from "../unit/fleet/fluid/constant-rate.js";

// SimGrid 3.32's live-migration plugin, run with one VM on a network of its own.
const cases = referenceData === null ? [] : simGridCases(join(referenceData, "simulators"));
const curves = new FluidCurves();

describe.skipIf(referenceData === null)("SimGrid's live migration", () => {
  const ended = cases.filter(({ row }) => row.outcome === "ok");
  test.each(ended.map((one) => [one.row.id, one] as const))(
    "%s as SimGrid has it",
    (_id, { row, transfers }) => {
      const { guest, path } = simGridQuestion(row);
      const outlook = simGridOutlook(guest, path, curves);
      const total = Number(row.total_time_s);
      expect(outlook.converges).toBe(true);
      expect(Math.abs(outlook.totalNs / 1e9 - total)).toBeLessThanOrEqual(1e-6 * total);
      const downtime = Number(row.downtime_s);
      expect(Math.abs(outlook.downtimeNs / 1e9 - downtime)).toBeLessThanOrEqual(
        1e-6 * downtime + 1e-9,
      );
      expect(outlook.rounds).toBe(Number(row.stage2_rounds));
      const sent = Number(row.bytes_sent);
      expect(Math.abs(outlook.bytes - sent)).toBeLessThanOrEqual(outlook.rounds + 2);

      const rounds: number[] = [];
      const migration = new SimGridMigration(guest, path, ({ bytes }) => rounds.push(bytes));
      const driven = drive(migration, path.rate, 1e9);
      expect(driven.end).toMatchObject({ outcome: "completed", converged: true });
      expect(Math.abs(driven.totalNs / 1e9 - total)).toBeLessThanOrEqual(1e-6 * total);
      rounds.push(migration.progress.bytesSent - rounds.reduce((sum, bytes) => sum + bytes, 0));
      expect(rounds.length).toBe(transfers.length);
      for (const [index, bytes] of transfers.entries()) {
        expect(Math.abs((rounds[index] ?? -9) - bytes)).toBeLessThanOrEqual(1);
      }
    },
  );

  const others = cases.filter(({ row }) => row.outcome !== "ok");
  test.each(others.map(({ row }) => [row.id, row] as const))(
    "%s, of which SimGrid has no result, does not converge",
    (_id, row) => {
      const { guest, path } = simGridQuestion(row);
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
