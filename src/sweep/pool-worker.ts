import type { MessagePort } from "node:worker_threads";
import { runScenario } from "../node.js";
import type { Scenario } from "../scenario/scenario.js";
import type { SimulateOptions, Simulation } from "../simulation/simulate.js";
import { packError } from "./error-message.js";

/** What a thread is given. */
export interface PoolTask {
  readonly scenario: Scenario;
  readonly map: boolean;
  /** Where it tells how far it is; null: nobody listens. */
  readonly watcher: MessagePort | null;
}

/** What it answers; errors cross to another thread without their class. */
export type PoolAnswer = { readonly simulation: Simulation } | { readonly error: unknown };

/** A message for each batch of pages would cost more than the batch. */
const TELL_EVERY_MS = 50;

/** A thread of the pool runs one simulation. Its bytes, if it has any, are moved by this thread alone. */
export default async function runTask({ scenario, map, watcher }: PoolTask): Promise<PoolAnswer> {
  const watch = watcher === null ? {} : { onProgress: teller(watcher) };
  try {
    return { simulation: await runScenario(scenario, { ...watch, map, threads: 1 }) };
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
