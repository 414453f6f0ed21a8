import type { Socket } from "node:net";
import { PeerFailedError } from "../errors.js";
import { StreamReader } from "../qemu/stream-reader.js";
import type { Bytes } from "../units.js";
import type { DiskImage } from "./disk-image.js";
import type { Listener } from "./listener.js";
import { LiveChannels } from "./live-channels.js";
import { LiveTarget } from "./live-target.js";
import type { ReceiveOptions, ReceivePhase, ReceiveProgress, ReceiveReport } from "./receive.js";
import { bytesFrom, writeTo } from "./socket-bytes.js";
import { within } from "./within.js";

/** How long a description of the devices may be late, ms: some machines send none. */
const DESCRIPTION_MS = 2000;
const PROGRESS_MS = 100;

/** One migration: its channels as they come, and what they bring. */
export class ReceiveSession {
  readonly #listener: Listener;
  readonly #image: DiskImage;
  readonly #options: ReceiveOptions;
  readonly #target: LiveTarget;
  readonly #channels: LiveChannels;
  /** Where what a reader brings comes from. */
  readonly #sockets = new Map<StreamReader, Socket>();
  readonly #channelBytes: Bytes[] = [];
  #main: Socket | null = null;
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
    this.#channels = new LiveChannels(this.#target);
  }

  /** Receives to the end. */
  async run(): Promise<ReceiveReport> {
    const { signal } = this.#options;
    this.#options.onListening?.(this.#listener.text);
    const accepting = this.#accept();
    accepting.catch(() => {});
    await this.#readMain(accepting);
    await this.#channels.awaitUrgent(() => this.#image.missing === 0, signal);
    this.#enter("storing");
    const arrivedBy = this.#channels.decoder.isRunning ? "post-copy" : "pre-copy";
    const manifest = await this.#image.commit(arrivedBy);
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
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  async #accept(): Promise<never> {
    for (;;) {
      const socket = await this.#listener.next(this.#options.signal);
      this.#startMs ||= performance.now();
      const index = this.#channelBytes.push(0) - 1;
      const reader = new StreamReader(this.#count(socket, index));
      this.#sockets.set(reader, socket);
      socket.on("close", () => this.#sockets.delete(reader));
      this.#channels.add(reader).catch(() => socket.destroy());
    }
  }

  async #readMain(accepting: Promise<never>): Promise<void> {
    const { decoder } = this.#channels;
    for (;;) {
      // With a guest's last pages at stake, strangers are not listened to.
      const next = this.#channels.nextMain(decoder.isRunning);
      const reader = await Promise.race([next, accepting]);
      this.#main = this.#sockets.get(reader) ?? null;
      this.#enter(decoder.isRunning ? "post-copy" : "pre-copy");
      try {
        await decoder.read(reader);
        return;
      } catch (error) {
        // What a source sends after the switchover exists nowhere else; a broken link is waited out.
        const isBroken = decoder.isRunning && !(await reader.hasMore().catch(() => false));
        if (!isBroken || this.#options.signal?.aborted) throw error;
        this.#main?.destroy();
        this.#recoveries++;
        this.#enter("broken");
      }
    }
  }

  async *#count(socket: Socket, index: number): AsyncGenerator<Uint8Array> {
    const chunks = bytesFrom(socket, this.#options.listen);
    for (;;) {
      const next = chunks.next();
      const isLast = this.#target.hasEnded && socket === this.#main;
      const result = await (isLast ? within(DESCRIPTION_MS, next) : next);
      if (result === null || result.done) return;
      this.#channelBytes[index] = (this.#channelBytes[index] ?? 0) + result.value.length;
      this.#tell();
      yield result.value;
    }
  }

  async #reply(bytes: Uint8Array): Promise<void> {
    if (this.#main === null) throw new PeerFailedError(this.#options.listen, "no link to reply on");
    await writeTo(this.#main, bytes, this.#options.listen);
  }

  /** Waits until what was replied is on its way. */
  async #flush(): Promise<void> {
    const socket = this.#main;
    if (socket === null || socket.destroyed) return;
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
    if (this.#phase === "pre-copy" && this.#channels.decoder.isRunning) this.#phase = "post-copy";
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
