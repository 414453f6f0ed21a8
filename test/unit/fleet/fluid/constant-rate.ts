import type { FluidMigration, Step } from "../../../../src/fleet/fluid/migration.js";

/** What became of a migration that had a constant rate to itself. */
export interface Driven {
  readonly end: Extract<Step, { kind: "done" }>;
  readonly totalNs: number;
  readonly steps: readonly Step[];
}

/** Carries out a migration's steps over a network that gives it a constant rate, bytes/s. */
export function drive(migration: FluidMigration, rate: number, pace = 1): Driven {
  const steps: Step[] = [];
  let [now, elapsedNs] = [0, 0];
  for (;;) {
    const isRunning = steps.at(-1)?.kind !== "done" && guestOf(steps.at(-1)) !== "stopped";
    const step = migration.next({ now, elapsedNs, guestNs: isRunning ? elapsedNs * pace : 0 });
    if (step.kind === "done") return { end: step, totalNs: now, steps };
    steps.push(step);
    elapsedNs =
      step.kind === "wait" ? step.ns : Math.ceil((step.bytes / Math.min(rate, step.cap)) * 1e9);
    now += elapsedNs;
  }
}

function guestOf(step: Step | undefined): string {
  return step === undefined || step.kind === "done" ? "stopped" : step.guest;
}
