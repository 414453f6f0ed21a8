import type * as BullMq from "bullmq";
import type { Redis } from "ioredis";
import { InvalidOptionError, PeerFailedError } from "../errors.js";
import { packageVersion } from "../files/package-version.js";
import type { QueueAddress } from "./queue-address.js";

/** A connection to the Redis server with the queue. */
export interface QueueConnection {
  readonly address: QueueAddress;
  readonly library: typeof BullMq;
  readonly redis: Redis;
  /** Name of the queue in BullMQ: workers of another version must not take its jobs. */
  readonly queueName: string;
  /** What an error of the connection is to the user. */
  failure(error: unknown): unknown;
  close(): void;
}

/** What BullMQ's keys in Redis begin with. */
export const QUEUE_PREFIX = "godwit";

/** Attempts to reconnect before a server counts as gone: somewhat less than a minute. */
const MOST_ATTEMPTS = 30;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connects to a queue.
 *
 * @param isPatient - Whether to wait for a server that was there however long it is away.
 * @throws PeerFailedError when it is not there, or lets nobody in.
 */
export async function connectQueue(
  option: string,
  address: QueueAddress,
  isPatient: boolean,
): Promise<QueueConnection> {
  const { Redis, library } = await loadLibraries(option, address);
  let lastError: Error | null = null;
  const redis = new Redis({
    host: address.host,
    port: address.port,
    username: address.username,
    password: address.password,
    ...(address.isEncrypted ? { tls: {} } : {}),
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Commands wait for the connection to come back; that it does not is the strategy's to say.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) =>
      attempt > MOST_ATTEMPTS && !isPatient ? null : Math.min(200 * attempt, 2000),
  });
  redis.on("error", (error) => {
    lastError = error;
  });
  const failure = (error: unknown): unknown => {
    if (!(error instanceof Error) || error instanceof PeerFailedError) return error;
    return new PeerFailedError(address.text, reasonOf(lastError ?? error), { cause: error });
  };
  const timer = setTimeout(() => redis.disconnect(), CONNECT_TIMEOUT_MS);
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    throw lastError === null ? silent(address) : failure(error);
  } finally {
    clearTimeout(timer);
  }
  const queueName = `${address.name}@${packageVersion()}`;
  return { address, library, redis, queueName, failure, close: () => redis.disconnect() };
}

async function loadLibraries(option: string, { text }: QueueAddress) {
  try {
    const [library, { Redis }] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { library, Redis };
  } catch (cause) {
    const expected = "the packages bullmq and ioredis beside godwit (npm install bullmq ioredis)";
    throw new InvalidOptionError(option, text, expected, { cause });
  }
}

function silent({ text }: QueueAddress): PeerFailedError {
  return new PeerFailedError(text, "whoever listens there does not answer as a Redis server does");
}

function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ECONNREFUSED") return "nobody listens there";
  if (code === "ENOTFOUND") return "no such host";
  return error.message === "" ? (code ?? "the connection failed") : error.message;
}
