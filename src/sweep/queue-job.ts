/** A point of a sweep as a job: which sweep, and the number of the point. */
export interface SweepJob {
  readonly sweep: string;
  readonly index: number;
}

/** Name of such jobs in BullMQ. */
export const JOB_NAME = "point";

/** Name of a job of its own, so that a sweep that is started again does not queue it twice. */
export function jobIdOf({ sweep, index }: SweepJob): string {
  return `${sweep}-${index}`;
}

/** A job as a queue had it; null: it is none of ours. */
export function checkSweepJob(data: unknown): SweepJob | null {
  if (typeof data !== "object" || data === null) return null;
  const { sweep, index } = data as Record<string, unknown>;
  const isIndex = Number.isSafeInteger(index) && (index as number) >= 0;
  const isSweep = typeof sweep === "string" && /^[0-9a-f]{32}$/.test(sweep);
  return isSweep && isIndex ? { sweep, index: index as number } : null;
}
