import { PeerFailedError } from "../errors.js";
import { checkPointResult, type PointResult } from "./point.js";
import type { QueueConnection } from "./queue-connection.js";
import { MOST_DOCUMENT_BYTES, parseSweepDocument, type SweepDocument } from "./sweep-document.js";

/** Sweeps that nobody comes back to are forgotten by the server after so long. */
const KEEP_SECONDS = 30 * 24 * 3600;
const CHUNK = 1000;

/** In one step, so that nothing is kept of a sweep that is forgotten meanwhile. */
const PUT = `
if redis.call("exists", KEYS[1]) == 1 then
  redis.call("hsetnx", KEYS[2], ARGV[1], ARGV[2])
  redis.call("expire", KEYS[2], ARGV[3])
end`;

/** What a queue's server keeps of sweeps besides their jobs: what is swept, and a result for each point. */
export class QueueStore {
  readonly #connection: QueueConnection;

  constructor(connection: QueueConnection) {
    this.#connection = connection;
  }

  /** Puts a sweep where workers find it. */
  async putDocument({ id, text }: SweepDocument): Promise<void> {
    await this.#redis.set(this.#key(id, "sweep"), text, "EX", KEEP_SECONDS);
  }

  /** A sweep by its fingerprint; null: it is over, or not what it says. */
  async findDocument(id: string): Promise<SweepDocument | null> {
    const key = this.#key(id, "sweep");
    if ((await this.#redis.strlen(key)) > MOST_DOCUMENT_BYTES) return null;
    const text = await this.#redis.get(key);
    if (text === null) return null;
    const document = parseSweepDocument(text);
    return document.id === id ? document : null;
  }

  /** Whether a point is still to be run: its sweep is under way, and nobody has its result. */
  async isWanted(id: string, index: number): Promise<boolean> {
    const isUnderWay = await this.#redis.exists(this.#key(id, "sweep"));
    return isUnderWay === 1 && !(await this.#redis.hexists(this.#key(id, "rows"), String(index)));
  }

  /** Keeps the result of a point; a point that was run twice keeps its first. */
  async putResult(id: string, index: number, result: PointResult): Promise<void> {
    const keys = [this.#key(id, "sweep"), this.#key(id, "rows")];
    await this.#redis.eval(PUT, 2, ...keys, index, JSON.stringify(result), KEEP_SECONDS);
  }

  /** How many points have a result. */
  countResults(id: string): Promise<number> {
    return this.#redis.hlen(this.#key(id, "rows"));
  }

  /** The points that have none yet. */
  async missing({ id, sweep }: SweepDocument): Promise<number[]> {
    const known = new Set(await this.#redis.hkeys(this.#key(id, "rows")));
    const all = Array.from({ length: sweep.count }, (_, index) => index);
    return all.filter((index) => !known.has(String(index)));
  }

  /** All results, in the order of the points. */
  async results({ id, sweep }: SweepDocument): Promise<PointResult[]> {
    const results: PointResult[] = [];
    while (results.length < sweep.count) {
      const length = Math.min(CHUNK, sweep.count - results.length);
      const fields = Array.from({ length }, (_, at) => String(results.length + at));
      const texts = await this.#redis.hmget(this.#key(id, "rows"), ...fields);
      results.push(...texts.map((text) => this.#read(sweep.run, text)));
    }
    return results;
  }

  async forget(id: string): Promise<void> {
    await this.#redis.unlink(this.#key(id, "sweep"), this.#key(id, "rows"));
  }

  #read(kind: SweepDocument["sweep"]["run"], text: string | null): PointResult {
    const result = checkPointResult(kind, parsed(text));
    if (result !== null) return result;
    throw new PeerFailedError(this.#connection.address.text, "a result there is none of godwit's");
  }

  #key(id: string, what: "sweep" | "rows"): string {
    return `godwit-${what}:${this.#connection.queueName}:${id}`;
  }

  get #redis(): QueueConnection["redis"] {
    return this.#connection.redis;
  }
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
