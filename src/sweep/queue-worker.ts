import type { PointPlace } from "./kind.js";
import { type PointResult, type PointTask, runPointOf } from "./point.js";
import type { Pool } from "./pool.js";
import { QUEUE_PREFIX, type QueueConnection } from "./queue-connection.js";
import { checkSweepJob } from "./queue-job.js";
import { QueueStore } from "./queue-store.js";
import type { SweepDocument } from "./sweep-document.js";

/** How a worker works. */
export interface QueueWorkerOptions {
  /** Points at once; the pool has as many threads. */
  readonly concurrency: number;
  readonly place: Omit<PointPlace, "nameOf">;
  /** Ends it once the points under way are done. */
  readonly signal: AbortSignal;
  readonly onDone: () => void;
  /** Told of jobs that are dropped and of trouble with the server, in words. */
  readonly onTrouble: (text: string) => void;
}

/** A worker that has not been heard of for so long is dead, and its points are another's. */
const LOCK_MS = 10_000;
const LOOK_FOR_DEAD_EVERY_MS = 3000;
/** A point whose workers died so often is what kills them. */
const MOST_DEATHS = 3;
/** Sweeps that a worker remembers; they rarely alternate. */
const MOST_DOCUMENTS = 4;

/** Takes points from a queue and runs them in a pool's threads, until the signal says that it is enough. */
export async function workOnQueue(
  connection: QueueConnection,
  pool: Pool,
  { concurrency, place, signal, onDone, onTrouble }: QueueWorkerOptions,
): Promise<void> {
  const { library, redis, queueName } = connection;
  const store = new QueueStore(connection);
  const documents = rememberDocuments(store);
  const work = async (data: unknown): Promise<void> => {
    const job = checkSweepJob(data);
    const document = job === null ? null : await documents(job.sweep);
    if (job === null || document === null || job.index >= document.sweep.count) {
      onTrouble("dropped a job: it is of no sweep that is under way here");
      return;
    }
    // Somebody may have run it and died before saying so; by now the whole sweep may be over.
    if (!(await store.isWanted(job.sweep, job.index))) return;
    const run = (task: PointTask): Promise<PointResult> => pool.runPoint(task, null);
    const result = await runPointOf(document.sweep, job.index, place, run);
    await store.putResult(job.sweep, job.index, result);
    onDone();
  };
  const worker = new library.Worker(queueName, ({ data }) => work(data), {
    connection: redis,
    prefix: QUEUE_PREFIX,
    concurrency,
    lockDuration: LOCK_MS,
    stalledInterval: LOOK_FOR_DEAD_EVERY_MS,
    maxStalledCount: MOST_DEATHS,
  });
  worker.on("error", (error) => onTrouble(error.message));
  await new Promise<void>((resume) => {
    if (signal.aborted) resume();
    signal.addEventListener("abort", () => resume(), { once: true });
  });
  await worker.close();
}

/** Finds sweeps by their fingerprints, remembering the last ones. */
function rememberDocuments(store: QueueStore): (id: string) => Promise<SweepDocument | null> {
  const remembered = new Map<string, Promise<SweepDocument | null>>();
  return (id) => {
    const known = remembered.get(id);
    if (known !== undefined) return known;
    const found = store.findDocument(id);
    remembered.set(id, found);
    const forget = (): void => void (remembered.get(id) === found && remembered.delete(id));
    // What is not there may come yet.
    found.then((document) => document === null && forget(), forget);
    const [oldest] = remembered.keys();
    if (remembered.size > MOST_DOCUMENTS && oldest !== undefined) remembered.delete(oldest);
    return found;
  };
}
