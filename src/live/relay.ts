import type { Socket } from "node:net";
import { AbortedError, isGodwitError } from "../errors.js";
import { StagedFolder } from "../files/staged-folder.js";
import { parseSocketAddress, type SocketAddress } from "../qmp/socket-address.js";
import { connectSocket } from "../qmp/socket-connection.js";
import type { BytesPerSecond } from "../units.js";
import { ChannelRecorder } from "./channel-recorder.js";
import { Listener } from "./listener.js";
import { Pacer } from "./pacer.js";
import { bytesFrom, writeTo } from "./socket-bytes.js";

/** How a relay works. */
export interface RelayOptions {
  /** Where the source is to migrate to: `unix:PATH` or `tcp:HOST:PORT`. */
  readonly listen: string;
  /** Where the target waits. */
  readonly to: string;
  /** Folder to record every channel in, both ways; it appears when the migration has ended. */
  readonly record?: string;
  /** Most bytes per second from the source, all channels together. Default: no limit. */
  readonly maxBandwidth?: BytesPerSecond;
  /** Called when listening has begun. */
  readonly onListening?: (address: string) => void;
  /** Called while bytes flow, at most ten times a second. */
  readonly onProgress?: (progress: RelayProgress) => void;
  /** Ends the relay; both QEMUs then see a broken connection, and the source runs on. */
  readonly signal?: AbortSignal;
  /** Sees what the source sends on each channel, before it is sent on. */
  readonly onBytes?: (channel: number, bytes: Uint8Array | null) => void | Promise<void>;
}

/** What went over one connection. */
export interface RelayedChannel {
  /** Bytes from the source to the target. */
  readonly bytes: number;
  /** Bytes from the target to the source. */
  readonly returnBytes: number;
  /** Whether a side broke it off instead of closing it. */
  readonly isCut: boolean;
}

/** What has gone through a relay. */
export interface RelayProgress {
  /** Since the first connection, ms. */
  readonly elapsedMs: number;
  /** In the order in which they were opened; the first is the main one. */
  readonly channels: readonly RelayedChannel[];
}

/** Time that a target has to take a connection, ms. */
const CONNECT_MS = 10_000;
const PROGRESS_MS = 100;

/**
 * Stands between two QEMUs: takes the connections of one `migrate`, opens as many to the target in the same
 * order, and carries bytes both ways until all of them are closed.
 *
 * @throws InvalidOptionError for addresses and folders that cannot be used, before anything is waited for.
 * @throws PeerFailedError when the target does not take a connection.
 * @throws AbortedError when the signal ends it.
 */
export async function relay(options: RelayOptions): Promise<RelayProgress> {
  const listen = parseSocketAddress("listen", options.listen);
  const to = parseSocketAddress("to", options.to);
  const folder =
    options.record === undefined ? null : await StagedFolder.begin("record", options.record);
  try {
    const listener = await Listener.open("listen", listen);
    const session = new RelaySession(listener, to, folder, options);
    const relayed = await session.run();
    await folder?.commit();
    return relayed;
  } catch (error) {
    await folder?.discard();
    throw error;
  }
}

type Channel = { -readonly [Field in keyof RelayedChannel]: RelayedChannel[Field] };

class RelaySession {
  readonly #listener: Listener;
  readonly #to: SocketAddress;
  readonly #folder: StagedFolder | null;
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
    options: RelayOptions,
  ) {
    this.#listener = listener;
    this.#to = to;
    this.#folder = folder;
    this.#options = options;
    this.#pacer = new Pacer(options.maxBandwidth ?? Number.POSITIVE_INFINITY);
  }

  async run(): Promise<RelayProgress> {
    const { signal } = this.#options;
    const onAbort = (): void => this.#cut();
    signal?.addEventListener("abort", onAbort);
    try {
      this.#options.onListening?.(this.#listener.address.text);
      await this.#carryAll();
      return this.#progress();
    } catch (error) {
      throw signal?.aborted ? new AbortedError("interrupted") : error;
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
      await this.#options.onBytes?.(index, bytes);
      await this.#pacer.pass(bytes.length);
    });
    const back = this.#pump(channel, target, from, async (bytes) => {
      channel.returnBytes += bytes.length;
      await recorder?.writeReturn(bytes);
    });
    try {
      await Promise.all([there.then(() => this.#options.onBytes?.(index, null)), back]);
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
    return { elapsedMs: performance.now() - this.#startMs, channels };
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
