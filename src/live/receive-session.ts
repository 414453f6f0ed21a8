import type { Socket } from "node:net";
import { AbortedError, PeerFailedError, WireFormatError } from "../errors.js";
import { MultifdChannel, readMultifdInit } from "../qemu/multifd-channel.js";
import { readPreemptChannel, recogniseChannel } from "../qemu/recording.js";
import { StreamDecoder } from "../qemu/stream-decoder.js";
import { StreamReader } from "../qemu/stream-reader.js";
import { sinkOf } from "../qemu/stream-visitor.js";
import { SyncBarrier } from "../qemu/sync-barrier.js";
import type { Bytes } from "../units.js";
import type { DiskImage } from "./disk-image.js";
import type { Listener } from "./listener.js";
import { LiveTarget } from "./live-target.js";
import type { ReceiveOptions, ReceivePhase, ReceiveProgress, ReceiveReport } from "./receive.js";
import { bytesFrom, writeTo } from "./socket-bytes.js";

/** Without a new connection for so long, all channels of a migration are there, ms. */
const SETTLED_MS = 100;
/** How long a description of the devices may be late, ms: some machines send none. */
const DESCRIPTION_MS = 2000;
const PROGRESS_MS = 100;

interface Link {
  readonly socket: Socket;
  readonly reader: StreamReader;
}

/** One migration: its channels as they come, and what they bring. */
export class ReceiveSession {
  readonly #listener: Listener;
  readonly #image: DiskImage;
  readonly #options: ReceiveOptions;
  readonly #target: LiveTarget;
  readonly #decoder: StreamDecoder;
  readonly #barrier: SyncBarrier = new SyncBarrier(1);
  readonly #sockets = new Set<Socket>();
  readonly #channelBytes: Bytes[] = [];
  readonly #mainLinks: Link[] = [];
  #onMainLink: (() => void) | null = null;
  #main: Link | null = null;
  #multifdCount = 0;
  #openPreempt = 0;
  #isSettled = false;
  #lastConnectionMs = 0;
  #startMs = 0;
  #toldMs = 0;
  #recoveries = 0;
  #phase: ReceivePhase = "waiting";

  constructor(listener: Listener, image: DiskImage, options: ReceiveOptions) {
    this.#listener = listener;
    this.#image = image;
    this.#options = options;
    this.#target = new LiveTarget({
      image,
      reply: (bytes) => this.#reply(bytes),
      requestPages: options.requestPages ?? 0,
    });
    this.#decoder = new StreamDecoder(this.#target, {
      isLive: true,
      meet: () => this.#meet(),
    });
  }

  /** Receives to the end. */
  async run(): Promise<ReceiveReport> {
    this.#options.onListening?.(this.#listener.address.text);
    const accepting = this.#accept();
    accepting.catch(() => this.#onMainLink?.());
    await this.#readMain(accepting);
    await this.#awaitPreempted();
    this.#enter("storing");
    const isPostcopy = this.#decoder.isRunning;
    const manifest = await this.#image.commit(isPostcopy ? "post-copy" : "pre-copy");
    // The source may be gone, but the VM is here.
    await this.#target.shut(true).catch(() => {});
    await this.#flush();
    return {
      ...this.#progress(),
      manifest,
      recoveries: this.#recoveries,
      requestedPages: this.#target.requests.asked,
      isAcknowledged: this.#target.hasReturnPath,
    };
  }

  /** Tells the source that this went wrong. */
  async refuse(): Promise<void> {
    await this.#target.shut(false).catch(() => {});
    await this.#flush();
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #accept(): Promise<never> {
    for (;;) {
      const socket = await this.#listener.next(this.#options.signal);
      this.#startMs ||= performance.now();
      this.#lastConnectionMs = performance.now();
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      const index = this.#channelBytes.push(0) - 1;
      const reader = new StreamReader(this.#count(socket, index));
      this.#readChannel({ socket, reader }).catch((error) => {
        socket.destroy();
        this.#barrier.fail(error);
      });
    }
  }

  async #readChannel(link: Link): Promise<void> {
    const { reader, socket } = link;
    switch (await recogniseChannel(reader)) {
      case "main":
      case "resumed":
        this.#mainLinks.push(link);
        this.#onMainLink?.();
        return;
      case "multifd":
        return this.#readMultifd(reader);
      case "preempt":
        // A channel that was closed without a word was none.
        if (reader.offset === 0 && !(await reader.hasMore())) return void socket.destroy();
        this.#openPreempt++;
        try {
          await readPreemptChannel(reader, this.#decoder.blocks, sinkOf(this.#target));
        } finally {
          this.#openPreempt--;
        }
    }
  }

  async #readMultifd(reader: StreamReader): Promise<void> {
    if (this.#isSettled) {
      throw new WireFormatError("a multifd channel that comes after the migration has begun", -1);
    }
    this.#multifdCount++;
    this.#barrier.join();
    this.#lastConnectionMs = performance.now();
    await readMultifdInit(reader);
    const channel = new MultifdChannel({
      blocks: this.#decoder.blocks,
      sink: sinkOf(this.#target),
      sync: () => this.#barrier.arrive(),
    });
    await channel.read(reader);
  }

  /** The main channel meets those of multifd, once all of them are there: the stream does not say how many. */
  async #meet(): Promise<void> {
    while (!this.#isSettled) {
      const waitMs = this.#lastConnectionMs + SETTLED_MS - performance.now();
      if (waitMs <= 0) this.#isSettled = true;
      else await new Promise((resume) => setTimeout(resume, waitMs));
    }
    if (this.#multifdCount > 0) await this.#barrier.arrive();
  }

  async #readMain(accepting: Promise<never>): Promise<void> {
    for (;;) {
      this.#main = await this.#nextMain(accepting);
      this.#enter(this.#decoder.isRunning ? "post-copy" : "pre-copy");
      const { socket, reader } = this.#main;
      try {
        await this.#decoder.read(reader);
        return;
      } catch (error) {
        // What a source sends after the switchover exists nowhere else; a broken link is waited out.
        const isBroken = this.#decoder.isRunning && !(await hasMore(reader));
        if (!isBroken || this.#options.signal?.aborted) throw error;
        socket.destroy();
        this.#recoveries++;
        this.#enter("broken");
      }
    }
  }

  #nextMain(accepting: Promise<never>): Promise<Link> {
    const linked = new Promise<Link>((resolve) => {
      this.#onMainLink = () => {
        const link = this.#mainLinks.shift();
        if (link !== undefined) resolve(link);
      };
      this.#onMainLink();
    });
    return Promise.race([linked, accepting]);
  }

  /** Pages that were asked for may still come on the channel for what is urgent. */
  async #awaitPreempted(): Promise<void> {
    while (this.#image.missing > 0 && this.#openPreempt > 0) {
      if (this.#options.signal?.aborted) throw new AbortedError("interrupted");
      await new Promise((resume) => setTimeout(resume, 10));
    }
  }

  async *#count(socket: Socket, index: number): AsyncGenerator<Uint8Array> {
    const chunks = bytesFrom(socket, this.#options.listen);
    for (;;) {
      const next = chunks.next();
      const isLast = this.#target.hasEnded && socket === this.#main?.socket;
      const result = await (isLast ? within(DESCRIPTION_MS, next) : next);
      if (result === null || result.done) return;
      this.#channelBytes[index] = (this.#channelBytes[index] ?? 0) + result.value.length;
      this.#tell();
      yield result.value;
    }
  }

  async #reply(bytes: Uint8Array): Promise<void> {
    const socket = this.#main?.socket;
    if (socket === undefined)
      throw new PeerFailedError(this.#options.listen, "no link to reply on");
    await writeTo(socket, bytes, this.#options.listen);
  }

  /** Waits until what was replied is on its way. */
  async #flush(): Promise<void> {
    const socket = this.#main?.socket;
    if (socket === undefined || socket.destroyed) return;
    await within(DESCRIPTION_MS, new Promise<void>((resolve) => socket.end(resolve)));
  }

  #enter(phase: ReceivePhase): void {
    this.#phase = phase;
    this.#options.onProgress?.(this.#progress());
  }

  #tell(): void {
    const now = performance.now();
    if (now - this.#toldMs < PROGRESS_MS) return;
    this.#toldMs = now;
    if (this.#phase === "pre-copy" && this.#decoder.isRunning) this.#phase = "post-copy";
    this.#options.onProgress?.(this.#progress());
  }

  #progress(): ReceiveProgress {
    return {
      phase: this.#phase,
      elapsedMs: this.#startMs === 0 ? 0 : performance.now() - this.#startMs,
      channelBytes: [...this.#channelBytes],
      pages: { ...this.#target.pages },
      missing: this.#image.missing,
    };
  }
}

/** Whether anything can still be read; a link that failed has nothing more. */
async function hasMore(reader: StreamReader): Promise<boolean> {
  return reader.hasMore().catch(() => false);
}

/** What a promise answers within `ms`, or null. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  // A failure that comes too late is nobody's business.
  promise.catch(() => {});
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
