import type { MessagePort } from "node:worker_threads";
import { runScenario } from "../node.js";
import type { Scenario } from "../scenario/scenario.js";
import type { SimulateOptions, Simulation } from "../simulation/simulate.js";
import { packError } from "./error-message.js";
import { type PointResult, type PointTask, runPoint } from "./point.js";

/** What a thread is given: a simulation, or a point of a sweep. */
export type PoolTask =
  | {
      readonly scenario: Scenario;
      readonly map: boolean;
      /** Where it tells how far it is; null: nobody listens. */
      readonly watcher: MessagePort | null;
    }
  | { readonly point: PointTask };

/** What it answers; errors cross to another thread without their class. */
export type PoolAnswer<T> = { readonly answer: T } | { readonly error: unknown };

/** A message for each batch of pages would cost more than the batch. */
const TELL_EVERY_MS = 50;

/** A thread of the pool does one task. The bytes of a guest, if it has any, are moved by this thread alone. */
export default async function runTask(
  task: PoolTask,
): Promise<PoolAnswer<Simulation | PointResult>> {
  try {
    if ("point" in task) return { answer: await runPoint(task.point) };
    const { scenario, map, watcher } = task;
    const watch = watcher === null ? {} : { onProgress: teller(watcher) };
    return { answer: await runScenario(scenario, { ...watch, map, threads: 1 }) };
  } catch (error) {
    return { error: packError(error) };
  }
}

function teller(watcher: MessagePort): NonNullable<SimulateOptions["onProgress"]> {
  let told = 0;
  return (progress) => {
    const now = Date.now();
    if (now - told < TELL_EVERY_MS) return;
    told = now;
    watcher.postMessage(progress);
  };
}
