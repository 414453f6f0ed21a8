import type { Nanoseconds, Share } from "../../units.js";

/** What a host draws, in watts, and how it goes to low power and back. */
export interface PowerTable {
  /** Watts at equidistant utilisations from 0 to 1, at least two (SPECpower_ssj2008 publishes eleven); linear in between. */
  readonly watts: readonly number[];
  /** Watts in low power. */
  readonly sleepWatts: number;
  /** Time to fall asleep, during which it draws what it does when idle. */
  readonly sleepNs: Nanoseconds;
  /** Time to wake up, likewise. */
  readonly wakeNs: Nanoseconds;
}

/** Watts of a host that is on, at a utilisation. */
export function wattsAt({ watts }: PowerTable, utilisation: Share): number {
  const last = watts.length - 1;
  const place = Math.min(1, Math.max(0, utilisation)) * last;
  const below = Math.min(last - 1, Math.floor(place));
  const low = watts[below] ?? 0;
  const high = watts[below + 1] ?? low;
  return low + (high - low) * (place - below);
}
