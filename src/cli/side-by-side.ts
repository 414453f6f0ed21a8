import type { MigrationProgress, Scenario, Simulation } from "../node.js";
import { asCallerWrote } from "./option-name.js";
import { sideBySideDisplay } from "./progress.js";
import { interrupted, migrateOnScreen, type SessionOptions, whereIs } from "./session.js";
import type { CliWorld } from "./world.js";

/** Migrations of one guest under several strategies, whose results are asked for in their order. */
export interface Comparison {
  /** Ends with an InterruptedError at Ctrl-C. */
  migrate(scenario: Scenario): Promise<Simulation>;
  /** Prints a line about a migration that was asked for. */
  line(scenario: Scenario, text: string): void;
  /** Gives up whatever still runs. */
  close(): Promise<void>;
}

/** One after the other, each begun when it is asked for, in this thread. */
export function oneByOne(world: CliWorld, options: SessionOptions): Comparison {
  return {
    migrate: (scenario) => migrateOnScreen(world, scenario, options),
    line: (_, text) => void options.out?.write(`${text}\n`),
    close: () => Promise.resolve(),
  };
}

/** So many at once, each in a thread of its own; all are begun now. */
export function sideBySide(
  world: CliWorld,
  scenarios: readonly Scenario[],
  atOnce: number,
  { out, map, nameOf }: SessionOptions,
): Comparison {
  const abort = new AbortController();
  let isInterrupted = false;
  const stopListening = world.onInterrupt(() => {
    isInterrupted = true;
    abort.abort();
  });
  const names = scenarios.map(({ strategy }) => strategy);
  const pages = Math.max(...scenarios.map(({ machine }) => machine.memoryPages));
  const display = sideBySideDisplay(names, pages, out, world.stderr);
  const underWay = new Map<Scenario, MigrationProgress>();
  const pool = world.openPool(atOnce);
  const begin = async (scenario: Scenario): Promise<Simulation> => {
    const onProgress = (progress: MigrationProgress): void => {
      underWay.set(scenario, progress);
      display.update(scenario.strategy, progress);
    };
    const simulation = await pool.run(scenario, { onProgress, signal: abort.signal, map });
    underWay.delete(scenario);
    display.done(scenario.strategy);
    return simulation;
  };
  const runs = new Map(scenarios.map((scenario) => [scenario, begin(scenario)]));
  // A failure is told when its turn comes, and not at all when another ended everything before.
  for (const run of runs.values()) run.catch(() => undefined);
  return {
    async migrate(scenario) {
      try {
        const simulation = await runs.get(scenario);
        if (simulation !== undefined && !isInterrupted) return simulation;
      } catch (error) {
        if (!isInterrupted) throw asCallerWrote(error, nameOf);
      }
      const places = [...underWay].map(([one, last]) => whereIs(one, last));
      throw interrupted(places.length > 0 ? places : [scenario.strategy], null);
    },
    line: ({ strategy }, text) => display.line(strategy, text),
    async close() {
      display.stop();
      abort.abort();
      await pool.close();
      stopListening();
    },
  };
}
