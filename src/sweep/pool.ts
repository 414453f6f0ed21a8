import { availableParallelism } from "node:os";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { Tinypool } from "tinypool";
import { InvalidOptionError } from "../errors.js";
import type { Scenario } from "../scenario/scenario.js";
import type { Simulation } from "../simulation/simulate.js";
import { reviveError } from "./error-message.js";
import { type ManyOptions, type OneOptions, type RunOne, runMany, throwIfAborted } from "./many.js";
import type { PointResult, PointTask } from "./point.js";
import type { PoolAnswer, PoolTask } from "./pool-worker.js";

const MOST_THREADS = 64;

/** Threads that each do one thing at a time. */
export interface Pool {
  /**
   * Runs a simulation in the next thread that is free. Its progress is told some times a second and not
   * waited for; the signal ends it at once, with an AbortedError.
   */
  readonly run: RunOne;
  /** Runs a point of a sweep in the next thread that is free; the signal ends it as well. */
  readonly runPoint: (point: PointTask, signal: AbortSignal | null) => Promise<PointResult>;
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

/** Starts so many threads; close it in the end. */
export function openPool(threads: number): Pool {
  const pool = new Tinypool({
    filename: new URL("./pool-worker.js", import.meta.url).href,
    runtime: "worker_threads",
    minThreads: threads,
    maxThreads: threads,
    // Flags of this process, such as the loaders of a test runner, are not for the workers.
    execArgv: [],
  });
  async function ask<T>(
    task: PoolTask,
    signal: AbortSignal | null,
    transferList: MessagePort[] = [],
  ): Promise<T> {
    try {
      const answer: PoolAnswer<T> = await pool.run(task, { signal, transferList });
      if ("error" in answer) throw reviveError(answer.error);
      return answer.answer;
    } catch (error) {
      // The pool has its own word for it.
      throwIfAborted(signal);
      throw error;
    }
  }
  return {
    async run(scenario, { onProgress, signal = null, map = false }) {
      const ports = onProgress === undefined ? null : listen(onProgress);
      const watcher = ports?.port2 ?? null;
      try {
        const task = { scenario, map, watcher };
        return await ask(task, signal, watcher === null ? [] : [watcher]);
      } finally {
        ports?.port1.close();
      }
    },
    runPoint: (point, signal) => ask({ point }, signal),
    close: () => pool.destroy(),
  };
}

function listen(onProgress: NonNullable<OneOptions["onProgress"]>): MessageChannel {
  const channel = new MessageChannel();
  channel.port1.on("message", onProgress);
  return channel;
}
