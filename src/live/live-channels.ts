import { WireFormatError } from "../errors.js";
import { MultifdChannel, readMultifdInit } from "../qemu/multifd-channel.js";
import { type ChannelKind, readPreemptChannel, recogniseChannel } from "../qemu/recording.js";
import { StreamDecoder } from "../qemu/stream-decoder.js";
import type { StreamReader } from "../qemu/stream-reader.js";
import { type StreamVisitor, sinkOf } from "../qemu/stream-visitor.js";
import { SyncBarrier } from "../qemu/sync-barrier.js";

/** Without a new connection for so long, all channels of a migration are there, ms. */
const SETTLED_MS = 100;
const LOOK_MS = 10;

/**
 * The channels of a running migration, decoded as they come: the main one, those of multifd, the one for
 * what is urgent, and the main one anew after its link broke.
 */
export class LiveChannels {
  readonly decoder: StreamDecoder;
  readonly #visitor: StreamVisitor;
  readonly #barrier: SyncBarrier = new SyncBarrier(1);
  readonly #mains: StreamReader[] = [];
  #onMain: (() => void) | null = null;
  #onFailure: ((error: unknown) => void) | null = null;
  #multifdCount = 0;
  /** Channels that bring what is urgent, or have not said yet what they are. */
  #openUrgent = 0;
  #isSettled = false;
  #lastComeMs = 0;

  constructor(visitor: StreamVisitor) {
    this.#visitor = visitor;
    this.decoder = new StreamDecoder(visitor, { isLive: true, meet: () => this.#meet() });
  }

  /** A connection has been opened: what it brings is found out and read, a main channel by whoever asks for it. */
  async add(reader: StreamReader): Promise<void> {
    this.#lastComeMs = performance.now();
    try {
      await this.#read(reader);
    } catch (error) {
      // The main channel waits for the others, and must not do so in vain.
      this.#barrier.fail(error);
      this.#onFailure?.(error);
      throw error;
    }
  }

  /**
   * The next connection with a main channel.
   *
   * @param isPatient - Whether to wait on when somebody else connects, who brings no migration.
   */
  nextMain(isPatient: boolean): Promise<StreamReader> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const main = this.#mains.shift();
        if (main === undefined) return;
        this.#onMain = null;
        this.#onFailure = null;
        resolve(main);
      };
      this.#onMain = look;
      if (!isPatient) this.#onFailure = reject;
      look();
    });
  }

  /** Waits for `isDone`, or until no channel is left that could bring what is urgent. */
  async awaitUrgent(isDone: () => boolean, signal?: AbortSignal): Promise<void> {
    while (!isDone() && this.#openUrgent > 0 && !signal?.aborted) await sleep(LOOK_MS);
  }

  async #read(reader: StreamReader): Promise<void> {
    const kind = await this.#readUrgent(reader);
    if (kind === "multifd") return this.#readMultifd(reader);
    if (kind === "preempt") return;
    this.#mains.push(reader);
    this.#onMain?.();
  }

  /** Finds out what a channel is. The one for what is urgent keeps silent until it is needed, and is read here. */
  async #readUrgent(reader: StreamReader): Promise<ChannelKind> {
    this.#openUrgent++;
    try {
      const kind = await recogniseChannel(reader);
      if (kind === "preempt")
        await readPreemptChannel(reader, this.decoder.blocks, sinkOf(this.#visitor));
      return kind;
    } finally {
      this.#openUrgent--;
    }
  }

  async #readMultifd(reader: StreamReader): Promise<void> {
    if (this.#isSettled) {
      throw new WireFormatError("a multifd channel that comes after the migration has begun", -1);
    }
    this.#multifdCount++;
    this.#barrier.join();
    this.#lastComeMs = performance.now();
    await readMultifdInit(reader);
    const channel = new MultifdChannel({
      blocks: this.decoder.blocks,
      sink: sinkOf(this.#visitor),
      sync: () => this.#barrier.arrive(),
    });
    await channel.read(reader);
  }

  /** The main channel meets those of multifd, once all of them are there: the stream does not say how many. */
  async #meet(): Promise<void> {
    while (!this.#isSettled) {
      const waitMs = this.#lastComeMs + SETTLED_MS - performance.now();
      if (waitMs <= 0) this.#isSettled = true;
      else await sleep(waitMs);
    }
    if (this.#multifdCount > 0) await this.#barrier.arrive();
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, ms));
}
