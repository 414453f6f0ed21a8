import type { FluidMigration, Step } from "../../../../src/fleet/fluid/migration.js";

type End = Extract<Step, { kind: "done" }>;
type Work = Exclude<Step, End>;

/** What became of a migration that had a constant rate to itself. */
export interface Driven {
  readonly end: End;
  readonly totalNs: number;
  readonly steps: readonly Work[];
}

/** Carries out a migration's steps over a network that gives it a constant rate, bytes/s. */
export function drive(migration: FluidMigration, rate: number, startNs = 0): Driven {
  const steps: Work[] = [];
  let [now, elapsedNs, guestNs] = [startNs, 0, 0];
  for (;;) {
    const step = migration.next({ now, elapsedNs, guestNs });
    if (step.kind === "done") return { end: step, totalNs: now - startNs, steps };
    steps.push(step);
    elapsedNs = lengthOf(step, rate);
    guestNs = step.guest === "stopped" ? 0 : elapsedNs;
    now += elapsedNs;
  }
}

function lengthOf(step: Work, rate: number): number {
  if (step.kind === "wait") return step.ns;
  return Math.ceil((step.bytes / Math.min(rate, step.cap)) * 1e9);
}

/** The phases of steps, in order. */
export function phasesOf(steps: readonly Work[]): string[] {
  return steps.map(({ phase }) => phase);
}
