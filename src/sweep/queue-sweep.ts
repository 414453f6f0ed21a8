import { setTimeout as wait } from "node:timers/promises";
import type { Queue } from "bullmq";
import { AbortedError } from "../errors.js";
import type { PointResult } from "./point.js";
import { QUEUE_PREFIX, type QueueConnection } from "./queue-connection.js";
import { checkSweepJob, JOB_NAME, jobIdOf, type SweepJob } from "./queue-job.js";
import { QueueStore } from "./queue-store.js";
import type { SweepDocument } from "./sweep-document.js";

/** How far workers are. */
export interface QueueProgress {
  readonly done: number;
  /** Workers that listen; null: the server does not tell. */
  readonly workers: number | null;
}

/** The results of a sweep, and the end of what the server keeps of it. */
export interface QueueResults {
  readonly results: readonly PointResult[];
  /** Call it once they are in safety: what is forgotten is run again if need be. */
  forget(): Promise<void>;
}

const LOOK_EVERY_MS = 250;
/** Every so many looks the server is asked what takes it longer. */
const LOOKS_A_CHECK = 20;
const CHUNK = 500;
/** A point at which godwit fails is tried so often; one that cannot be run is not tried again. */
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;

/**
 * Queues the points of a sweep that have no result yet, and waits until workers have run them all. Started
 * again with the same sweep, it goes on where it was.
 *
 * @throws AbortedError when the signal ends the waiting; the points stay queued.
 * @throws PeerFailedError when the server has been gone for a minute.
 */
export async function sweepByQueue(
  document: SweepDocument,
  connection: QueueConnection,
  signal: AbortSignal,
  onProgress: (progress: QueueProgress) => void,
): Promise<QueueResults> {
  const { library, redis, queueName } = connection;
  const store = new QueueStore(connection);
  const queue: Queue = new library.Queue(queueName, { connection: redis, prefix: QUEUE_PREFIX });
  queue.on("error", () => undefined);
  // Commands wait for a server that is away; who has given up does not.
  const giveUp = (): void => redis.disconnect();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await announce(document, store, queue);
    await untilAllDone(document, store, queue, signal, onProgress);
    const results = await store.results(document);
    return { results, forget: () => store.forget(document.id) };
  } catch (error) {
    if (signal.aborted) throw new AbortedError("the sweep was interrupted");
    throw connection.failure(error);
  } finally {
    signal.removeEventListener("abort", giveUp);
    await queue.close().catch(() => undefined);
  }
}

async function announce(document: SweepDocument, store: QueueStore, queue: Queue): Promise<void> {
  await store.putDocument(document);
  const missing = await store.missing(document);
  for (let at = 0; at < missing.length; at += CHUNK) {
    await queue.addBulk(missing.slice(at, at + CHUNK).map((index) => jobOf(document.id, index)));
  }
}

function jobOf(sweep: string, index: number) {
  const data: SweepJob = { sweep, index };
  const opts = {
    jobId: jobIdOf(data),
    attempts: ATTEMPTS,
    backoff: { type: "exponential", delay: FIRST_PAUSE_MS },
    removeOnComplete: true,
  };
  return { name: JOB_NAME, data, opts };
}

async function untilAllDone(
  document: SweepDocument,
  store: QueueStore,
  queue: Queue,
  signal: AbortSignal,
  onProgress: (progress: QueueProgress) => void,
): Promise<void> {
  let workers: number | null = null;
  for (let look = 0; ; look++) {
    const isCheck = look % LOOKS_A_CHECK === 0;
    const isEmpty = isCheck && (await countJobs(queue)) === 0;
    if (isCheck) {
      await takeFailed(document.id, store, queue);
      workers = await queue.getWorkersCount().catch(() => null);
    }
    const done = await store.countResults(document.id);
    onProgress({ done, workers });
    if (done >= document.sweep.count) return;
    // A server that lost its memory has neither jobs nor results.
    if (isEmpty) await announce(document, store, queue);
    await wait(LOOK_EVERY_MS, undefined, { signal });
  }
}

async function countJobs(queue: Queue): Promise<number> {
  const counts = await queue.getJobCounts();
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Jobs that were tried often enough, or whose workers died of them, are results too. */
async function takeFailed(id: string, store: QueueStore, queue: Queue): Promise<void> {
  for (const job of await queue.getFailed()) {
    const point = checkSweepJob(job?.data);
    if (point?.sweep !== id) continue;
    await store.putResult(id, point.index, { bug: String(job.failedReason) });
    await job.remove();
  }
}
