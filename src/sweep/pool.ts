import { availableParallelism } from "node:os";
import { MessageChannel } from "node:worker_threads";
import { Tinypool } from "tinypool";
import { InvalidOptionError } from "../errors.js";
import type { Scenario } from "../scenario/scenario.js";
import type { Simulation } from "../simulation/simulate.js";
import { reviveError } from "./error-message.js";
import { type ManyOptions, type OneOptions, type RunOne, runMany, throwIfAborted } from "./many.js";
import type { PoolAnswer, PoolTask } from "./pool-worker.js";

const MOST_THREADS = 64;

/** Threads that each run one simulation at a time. */
export interface Pool {
  /**
   * Runs a simulation in the next thread that is free. Its progress is told some times a second and not
   * waited for; the signal ends it at once, with an AbortedError.
   */
  readonly run: RunOne;
  /** Ends the threads, whatever they do. */
  close(): Promise<void>;
}

/** Runs simulations side by side, each in a thread of its own; one thread is this one. */
export async function runInPool(
  scenarios: readonly Scenario[],
  options: ManyOptions,
  runHere: RunOne,
): Promise<Simulation[]> {
  const { threads: asked = Math.min(availableParallelism(), MOST_THREADS) } = options;
  if (!Number.isInteger(asked) || asked < 1 || asked > MOST_THREADS) {
    throw new InvalidOptionError("threads", asked, `a whole number, 1 to ${MOST_THREADS}`);
  }
  const threads = Math.min(asked, scenarios.length);
  if (threads <= 1) return runMany(scenarios, options, threads, runHere);
  const pool = openPool(threads);
  try {
    return await runMany(scenarios, options, threads, pool.run);
  } finally {
    await pool.close();
  }
}

/** Starts so many threads for simulations; close it in the end. */
export function openPool(threads: number): Pool {
  const pool = new Tinypool({
    filename: new URL("./pool-worker.js", import.meta.url).href,
    runtime: "worker_threads",
    minThreads: threads,
    maxThreads: threads,
    // Flags of this process, such as the loaders of a test runner, are not for the workers.
    execArgv: [],
  });
  return {
    async run(scenario, { onProgress, signal = null, map = false }) {
      const ports = onProgress === undefined ? null : listen(onProgress);
      const watcher = ports?.port2 ?? null;
      const task: PoolTask = { scenario, map, watcher };
      try {
        const transferList = watcher === null ? [] : [watcher];
        const answer: PoolAnswer = await pool.run(task, { signal, transferList });
        if ("error" in answer) throw reviveError(answer.error);
        return answer.simulation;
      } catch (error) {
        // The pool has its own word for it.
        throwIfAborted(signal);
        throw error;
      } finally {
        ports?.port1.close();
      }
    },
    close: () => pool.destroy(),
  };
}

function listen(onProgress: NonNullable<OneOptions["onProgress"]>): MessageChannel {
  const channel = new MessageChannel();
  channel.port1.on("message", onProgress);
  return channel;
}
