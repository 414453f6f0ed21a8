import { AbortedError } from "../errors.js";
import type { Scenario } from "../scenario/scenario.js";
import type { Simulation } from "../simulation/simulate.js";
import { reviveError } from "./error-message.js";

/** How many simulations are watched, stopped and shared out. */
export interface ManyOptions {
  /** Simulations at once, 1 to 64. Default: as many as the machine runs, and no more than there are inputs. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | null | undefined;
  /** Record the page x time maps too. Default false. */
  readonly map?: boolean | undefined;
  /** Called as each is done, in whatever order that happens. */
  readonly onDone?: ((simulation: Simulation, index: number) => void) | undefined;
}

/** What a thread is given. */
export interface ManyTask {
  readonly scenario: Scenario;
  readonly map: boolean;
}

/** What it answers; errors cross to another thread without their class. */
export type ManyAnswer = { readonly simulation: Simulation } | { readonly error: unknown };

/** Runs one simulation, wherever. */
export type RunTask = (task: ManyTask) => Promise<ManyAnswer>;

/**
 * Runs them all, so many at once, and answers in the order of the scenarios. The first failure, in order of
 * time, ends it.
 */
export async function runMany(
  scenarios: readonly Scenario[],
  options: ManyOptions,
  threads: number,
  run: RunTask,
): Promise<Simulation[]> {
  const simulations: Simulation[] = [];
  const waiting = scenarios.entries();
  const work = async (): Promise<void> => {
    for (const [index, scenario] of waiting) {
      throwIfAborted(options.signal);
      const answer = await run({ scenario, map: options.map ?? false });
      throwIfAborted(options.signal);
      if ("error" in answer) throw reviveError(answer.error);
      simulations[index] = answer.simulation;
      options.onDone?.(answer.simulation, index);
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
  return simulations;
}

function throwIfAborted(signal: AbortSignal | null | undefined): void {
  if (signal?.aborted) throw new AbortedError("the simulations were aborted");
}
