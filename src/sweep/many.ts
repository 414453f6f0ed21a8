import { AbortedError } from "../errors.js";
import type { Scenario } from "../scenario/scenario.js";
import type { SimulateOptions, Simulation } from "../simulation/simulate.js";

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

/** What there is to say about one of many simulations. */
export type OneOptions = Pick<SimulateOptions, "onProgress" | "signal" | "map">;

/** Runs one simulation, wherever. */
export type RunOne = (scenario: Scenario, options: OneOptions) => Promise<Simulation>;

/**
 * Runs them all, so many at once, and answers in the order of the scenarios. The first failure, in order of
 * time, ends it.
 */
export async function runMany(
  scenarios: readonly Scenario[],
  options: ManyOptions,
  threads: number,
  run: RunOne,
): Promise<Simulation[]> {
  const { signal = null, map = false } = options;
  const simulations: Simulation[] = [];
  await shareOut(scenarios.keys(), threads, signal, async (index) => {
    const simulation = await run(scenarios[index] as Scenario, { map, signal });
    throwIfAborted(signal);
    simulations[index] = simulation;
    options.onDone?.(simulation, index);
  });
  return simulations;
}

/** Does some work with each number, so many at once. The first failure, in order of time, ends it. */
export async function shareOut(
  indices: Iterable<number>,
  atOnce: number,
  signal: AbortSignal | null,
  work: (index: number) => Promise<void>,
): Promise<void> {
  // One iterator for all: each takes the next number that nobody has taken.
  const waiting = indices[Symbol.iterator]();
  const workOn = async (): Promise<void> => {
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      throwIfAborted(signal);
      await work(next.value);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, workOn));
}

/** Throws where a signal has ended it all. */
export function throwIfAborted(signal: AbortSignal | null | undefined): void {
  if (signal?.aborted) throw new AbortedError("the simulations were aborted");
}
