import type { Socket } from "node:net";
import { isGodwitError } from "../errors.js";
import type { StagedFolder } from "../files/staged-folder.js";
import type { SocketAddress } from "../qmp/socket-address.js";
import { connectSocket } from "../qmp/socket-connection.js";
import { ChannelRecorder } from "./channel-recorder.js";
import type { Listener } from "./listener.js";
import { Pacer } from "./pacer.js";
import type { RelayedChannel, RelayOptions, RelayProgress } from "./relay.js";
import type { RelayWatch } from "./relay-watch.js";
import { bytesFrom, writeTo } from "./socket-bytes.js";

/** Time that a target has to take a connection, ms. */
const CONNECT_MS = 10_000;
const PROGRESS_MS = 100;

type Channel = { -readonly [Field in keyof RelayedChannel]: RelayedChannel[Field] };

/** One migration through a relay: its connections in pairs. */
export class RelaySession {
  readonly #listener: Listener;
  readonly #to: SocketAddress;
  readonly #folder: StagedFolder | null;
  readonly #watch: RelayWatch;
  readonly #options: RelayOptions;
  readonly #pacer: Pacer;
  readonly #channels: Channel[] = [];
  readonly #sockets = new Set<Socket>();
  #startMs = 0;
  #toldMs = 0;

  constructor(
    listener: Listener,
    to: SocketAddress,
    folder: StagedFolder | null,
    watch: RelayWatch,
    options: RelayOptions,
  ) {
    this.#listener = listener;
    this.#to = to;
    this.#folder = folder;
    this.#watch = watch;
    this.#options = options;
    this.#pacer = new Pacer(options.maxBandwidth ?? Number.POSITIVE_INFINITY);
  }

  async run(): Promise<RelayProgress> {
    const { signal } = this.#options;
    const onAbort = (): void => this.#cut();
    signal?.addEventListener("abort", onAbort);
    try {
      this.#options.onListening?.(this.#listener.text);
      await this.#carryAll();
      await this.#watch.settle();
      return this.#progress();
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.#listener.close();
      this.#cut();
    }
  }

  /** Carries the first connection and those that come while any is open. */
  async #carryAll(): Promise<void> {
    const open = new Set<Promise<void>>();
    let failure: unknown = null;
    const begin = async (from: Socket): Promise<void> => {
      this.#startMs ||= performance.now();
      // One after the other: the target tells channels apart by the order of their connections.
      const target = await this.#connect(from);
      const carried = this.#carry(from, target).catch((error) => {
        failure ??= error;
        this.#cut();
      });
      open.add(carried);
      carried.finally(() => open.delete(carried));
    };
    await begin(await this.#listener.next(this.#options.signal));
    const accepting = this.#acceptMore(begin).catch((error) => {
      failure ??= error;
      this.#cut();
    });
    while (open.size > 0) await Promise.all(open);
    this.#listener.close();
    await accepting;
    while (open.size > 0) await Promise.all(open);
    if (failure !== null) throw failure;
  }

  async #acceptMore(begin: (from: Socket) => Promise<void>): Promise<void> {
    for (;;) {
      const from = await this.#listener.next().catch(() => null);
      if (from === null) return;
      await begin(from);
    }
  }

  async #connect(from: Socket): Promise<Socket> {
    this.#sockets.add(from);
    try {
      const target = await connectSocket(this.#to, CONNECT_MS, this.#options.signal);
      target.on("error", () => {});
      this.#sockets.add(target);
      return target;
    } catch (error) {
      from.destroy();
      throw error;
    }
  }

  async #carry(from: Socket, target: Socket): Promise<void> {
    const index = this.#channels.length;
    const channel: Channel = { bytes: 0, returnBytes: 0, isCut: false };
    this.#channels.push(channel);
    const recorder = this.#folder === null ? null : await ChannelRecorder.open(this.#folder, index);
    const there = this.#pump(channel, from, target, async (bytes) => {
      channel.bytes += bytes.length;
      await recorder?.write(bytes);
      await this.#watch.take(index, bytes);
      await this.#pacer.pass(bytes.length);
    });
    const back = this.#pump(channel, target, from, async (bytes) => {
      channel.returnBytes += bytes.length;
      await recorder?.writeReturn(bytes);
    });
    try {
      await Promise.all([there.then(() => this.#watch.take(index, null)), back]);
    } finally {
      await recorder?.close();
    }
  }

  /** Carries one direction to its end. A side that breaks off looks to the other as if the relay were not there. */
  async #pump(
    channel: Channel,
    from: Socket,
    to: Socket,
    onBytes: (bytes: Uint8Array) => Promise<void>,
  ): Promise<void> {
    try {
      for await (const bytes of bytesFrom(from, this.#options.to)) {
        await onBytes(bytes);
        this.#tell();
        await writeTo(to, bytes, this.#options.to);
      }
      to.end();
    } catch (error) {
      from.destroy();
      to.destroy();
      if (!isGodwitError(error, "PeerFailedError")) throw error;
      channel.isCut = true;
    }
  }

  #tell(): void {
    const now = performance.now();
    if (now - this.#toldMs < PROGRESS_MS) return;
    this.#toldMs = now;
    this.#options.onProgress?.(this.#progress());
  }

  #progress(): RelayProgress {
    const channels = this.#channels.map((channel) => ({ ...channel }));
    return {
      elapsedMs: performance.now() - this.#startMs,
      channels,
      contents: this.#watch.contents,
    };
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
