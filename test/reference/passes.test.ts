import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PassCurve, passSample } from "../../src/observe/passes.js";
import { referenceData } from "../reference-data.js";

/** A recorded migration, as far as it is read here. */
interface Recorded {
  readonly case: {
    readonly pattern: string;
    readonly wss_mib: number;
    readonly rate: number;
    readonly caps?: readonly string[];
    readonly stop_first?: boolean;
    readonly postcopy_after_s?: number;
  };
  readonly runs: readonly {
    readonly query_migrate: { readonly ram?: { readonly total: number } };
    readonly source_events: readonly (readonly [string, { readonly pass?: number }, number])[];
    readonly timeline: readonly (readonly [
      number,
      string,
      number,
      number | null,
      number,
      number,
      number,
      number,
      number,
      number | null,
    ])[];
  }[];
}

/** D(t) of the program that ran in these guests: uniform, sequential and cyclic, or hot writes. */
function lawOf({ pattern, wss_mib: mib, rate }: Recorded["case"], ms: number): number {
  const set = mib * 256;
  const writes = (rate * ms) / 1000;
  const drawn = (pages: number, count: number): number => pages * (1 - Math.exp(-count / pages));
  if (pattern === "s") return Math.min(set, writes);
  if (pattern === "u") return drawn(set, writes);
  return drawn(set / 10, 0.91 * writes) + drawn(0.9 * set, 0.09 * writes);
}

test.skipIf(referenceData === null)(
  "the passes of recorded QEMU migrations give D(t) of what their guests wrote",
  () => {
    const folder = join(referenceData ?? "", "qemu-runs");
    const errors: number[] = [];
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
      const { case: guest, runs } = JSON.parse(
        readFileSync(join(folder, file), "utf8"),
      ) as Recorded;
      // Their timelines lack the counters of deltas; a guest that is stopped dirties nothing.
      const isOther = guest.caps?.some((name) => /xbzrle|compress|multifd/.test(name));
      if (isOther || guest.stop_first) continue;
      for (const run of runs) {
        const curve = new PassCurve();
        for (const [name, { pass }, seconds] of run.source_events) {
          if (name === "MIGRATION_PASS") curve.event(pass ?? 0, seconds * 1000);
        }
        for (const row of run.timeline) {
          const [seconds, status, , remaining, syncs, normal, duplicate, , , throttle] = row;
          if (remaining === null) continue;
          const total = run.query_migrate.ram?.total ?? 537_403_392;
          const ram = { total, remaining, normal, duplicate, "dirty-sync-count": syncs };
          const info = { status, ram, "cpu-throttle-percentage": throttle ?? 0 };
          const sample = passSample(info, seconds * 1000);
          if (sample !== null) curve.sample(sample);
        }
        for (const { durationMs, pages, throttle } of curve.points()) {
          if (throttle > 0) continue;
          // Linux itself, idle, adds a few hundred pages.
          errors.push((pages - lawOf(guest, durationMs)) / (lawOf(guest, durationMs) + 300));
        }
      }
    }
    expect(errors.length).toBeGreaterThan(40);
    const sizes = errors.map(Math.abs).sort((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThan(0.04);
    expect(sizes[Math.floor(sizes.length * 0.9)]).toBeLessThan(0.15);
  },
);
