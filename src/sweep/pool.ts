import { availableParallelism } from "node:os";
import { Tinypool } from "tinypool";
import { AbortedError, InvalidOptionError } from "../errors.js";
import type { Scenario } from "../scenario/scenario.js";
import type { Simulation } from "../simulation/simulate.js";
import { type ManyOptions, runMany } from "./many.js";

const MOST_THREADS = 64;

/** Runs simulations side by side, each in a thread of its own; one thread is this one. */
export async function runInPool(
  scenarios: readonly Scenario[],
  options: ManyOptions,
  runHere: Parameters<typeof runMany>[3],
): Promise<Simulation[]> {
  const { signal, threads: asked = Math.min(availableParallelism(), MOST_THREADS) } = options;
  if (!Number.isInteger(asked) || asked < 1 || asked > MOST_THREADS) {
    throw new InvalidOptionError("threads", asked, `a whole number, 1 to ${MOST_THREADS}`);
  }
  const threads = Math.min(asked, scenarios.length);
  if (threads <= 1) return runMany(scenarios, options, threads, runHere);
  const pool = new Tinypool({
    filename: new URL("./pool-worker.js", import.meta.url).href,
    runtime: "worker_threads",
    minThreads: threads,
    maxThreads: threads,
    // Flags of this process, such as the loaders of a test runner, are not for the workers.
    execArgv: [],
  });
  try {
    return await runMany(scenarios, options, threads, (task) =>
      pool.run(task, { signal: signal ?? null }),
    );
  } catch (error) {
    // The pool has its own word for it.
    if (signal?.aborted) throw new AbortedError("the simulations were aborted");
    throw error;
  } finally {
    await pool.destroy();
  }
}
