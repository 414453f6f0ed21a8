import { expect } from "vitest";
import type { SimulatedMachine } from "../src/machine/simulated-machine.js";
import type { MigrationReport } from "../src/migration/report.js";

/** What holds for every migration, however it ends. */
export function expectInvariants(report: MigrationReport, machine: SimulatedMachine): void {
  const { rounds, downtimeParts: parts } = report;
  expect(report.bytesSent).toBe(rounds.reduce((sum, round) => sum + round.bytesSent, 0));
  for (const round of rounds) {
    const { zero, raw, delta } = round.pagesByKind;
    expect(round.pagesSent).toBe(zero + raw + delta);
    const bytes = round.bytesByKind;
    const state = round.phase === "stop-and-copy" ? report.stateBytes : 0;
    const isWhole = bytes.zero + bytes.raw + bytes.delta + state === round.bytesSent;
    // A failure may come between the last pages and the state.
    expect(isWhole || report.outcome !== "completed").toBe(true);
    expect(round.durationMs).toBeGreaterThanOrEqual(0);
  }
  for (const kind of ["zero", "raw", "delta"] as const) {
    expect(report.pagesSent[kind]).toBe(rounds.reduce((sum, r) => sum + r.pagesByKind[kind], 0));
  }
  const sum = parts.pause + parts.finalPages + parts.state + parts.resume + parts.network;
  expect(sum).toBeCloseTo(report.downtimeMs, 6);
  expect(report.totalMigrationTimeMs).toBeGreaterThanOrEqual(0);
  expectOneSide(report, machine);
}

/** The guest runs at most in one place, moves at most once, and ends where the report says. */
function expectOneSide(report: MigrationReport, machine: SimulatedMachine): void {
  const places = machine.runLog.map(({ running }) => running);
  expect(places[0]).toBe("source");
  expect(places.at(-1)).toBe(report.runningOn);
  for (const [index, { at, running }] of machine.runLog.entries()) {
    const before = machine.runLog[index - 1];
    if (!before) continue;
    expect(at).toBeGreaterThanOrEqual(before.at);
    // From one side to another only through a stop.
    if (running !== null && before.running !== null) expect(running).toBe(before.running);
  }
  const arrived = places.indexOf("target");
  if (arrived >= 0) expect(places.slice(arrived)).not.toContain("source");
}

/** What holds besides for a migration that completed. */
export function expectMoved(report: MigrationReport, pageCount: number): void {
  expect(report).toMatchObject({ outcome: "completed", runningOn: "target" });
  const { zero, raw, delta } = report.pagesSent;
  expect(zero + raw + delta).toBeGreaterThanOrEqual(pageCount);
  if (report.strategy === "post-copy") expect(zero + raw + delta).toBe(pageCount);
}
