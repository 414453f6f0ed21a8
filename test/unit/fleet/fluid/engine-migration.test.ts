// Holds engine-migration.ts, stages.ts, strategies.ts, push.ts, pass.ts, pull.ts and disk.ts.
import { expect, test } from "vitest";
import { EngineMigration } from "../../../../src/fleet/fluid/engine-migration.js";
import { contextWithoutFiles, resolveScenario } from "../../../../src/scenario/resolve.js";
import { drive, phasesOf } from "./constant-rate.js";
import { flavourOf } from "./engine-and-fluid.js";

const SCENARIO = { memory: "1GiB", workload: "uniform:wss=64MiB,rate=2k/s", bandwidth: "1Gbit/s" };

function migration(input = {}): EngineMigration {
  const scenario = resolveScenario({ ...SCENARIO, ...input }, contextWithoutFiles());
  return new EngineMigration(flavourOf(scenario), { roundTripNs: 200_000, rate: 125e6 });
}

test("pre-copy pushes, stops the guest for its last pages and hands it over", () => {
  const one = migration();
  const { end, steps } = drive(one, 125e6);
  expect(end).toMatchObject({ outcome: "completed", converged: true, guest: "target" });
  expect(phasesOf(steps)).toEqual([
    ...[
      "setup",
      "push",
      "push",
      "stop-and-copy",
      "stop-and-copy",
      "handover",
      "handover",
      "settling",
    ],
  ]);
  const sum = Object.values(one.progress.downtimeParts).reduce((all, part) => all + part, 0);
  expect(sum).toBe(one.downtimeNs);
});

test("an abort lets the guest run on at the source, and after the handover nothing does", () => {
  const one = migration();
  one.next({ now: 0, elapsedNs: 0, guestNs: 0 });
  one.next({ now: 200_000, elapsedNs: 200_000, guestNs: 200_000 });
  expect(one.abort(5e9, "the operator's wish")).toEqual({
    kind: "done",
    outcome: "failed",
    reason: "the operator's wish",
    converged: false,
    guest: "source",
  });
  const moved = migration();
  drive(moved, 125e6);
  expect(moved.abort(1e12, "too late")).toBeNull();
});
