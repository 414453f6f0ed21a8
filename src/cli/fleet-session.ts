import { runExperiment } from "../fleet/experiment.js";
import type { Fleet } from "../fleet/model/fleet.js";
import type { FleetProgress } from "../fleet/run/fleet-simulation.js";
import type { FleetRun } from "../fleet/run/result.js";
import { MOST } from "../fleet/scenario/bounds.js";
import { formatCount, formatDuration } from "../quantity-text.js";
import { toMilliseconds } from "../units.js";
import type { FleetSubject } from "./fleet-input.js";
import { shareDisplay } from "./progress.js";
import { breather, InterruptedError } from "./session.js";
import type { CliWorld } from "./world.js";

/** Simulates a fleet with its progress on the terminal; Ctrl-C ends it with an {@link InterruptedError}. */
export async function fleetOnScreen(
  world: CliWorld,
  subject: FleetSubject,
  withUtilisation: boolean,
): Promise<FleetRun> {
  const { fleet, run } = subject;
  const abort = new AbortController();
  const stopListening = world.onInterrupt(() => abort.abort());
  const display = shareDisplay(fleet.name, world.stderr);
  const breathe = breather();
  let at = "";
  try {
    const result = await runExperiment(subject, {
      withUtilisation: run.withUtilisation || (withUtilisation && isFew(fleet, run)),
      signal: abort.signal,
      onProgress: (progress) => {
        at = formatDuration(toMilliseconds(progress.nowNs));
        display.update(progress.nowNs / progress.untilNs, wordsOf(progress));
        return breathe();
      },
    });
    return { fleet, result };
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    throw new InterruptedError(`interrupted at ${at} simulated; nothing was written`, null);
  } finally {
    display.stop();
    stopListening();
  }
}

/** A page shows the load of hosts where keeping it is no burden. */
function isFew({ hosts }: Fleet, { untilNs, intervalNs }: FleetSubject["run"]): boolean {
  return hosts.length * (untilNs / intervalNs) <= MOST.loads;
}

function wordsOf({ nowNs, migrationsEnded, migrationsRunning }: FleetProgress): string {
  const time = formatDuration(toMilliseconds(nowNs));
  return `${time} simulated, ${formatCount(migrationsEnded)} migrations over, ${formatCount(migrationsRunning)} under way`;
}
