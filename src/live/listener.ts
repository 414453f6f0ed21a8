import { existsSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { AbortedError, InvalidOptionError, PeerFailedError } from "../errors.js";
import type { SocketAddress } from "../qmp/socket-address.js";
import { reasonOf } from "../qmp/socket-connection.js";

/** Most connections of one migration: multifd has up to 255, and links may break. Whoever opens more is turned away. */
const MAX_CONNECTIONS = 1000;

/** Takes the connections of a migration in the order in which they come: each is one of its channels. */
export class Listener {
  readonly address: SocketAddress;
  readonly #server: Server;
  readonly #waiting: Socket[] = [];
  #count = 0;
  #onSocket: (() => void) | null = null;
  #failure: Error | null = null;

  private constructor(address: SocketAddress, server: Server) {
    this.address = address;
    this.#server = server;
    server.on("connection", (socket) => {
      // Whoever reads the socket hears of its errors; until then they must not end the process.
      socket.on("error", () => {});
      if (++this.#count > MAX_CONNECTIONS) {
        socket.destroy();
        return;
      }
      this.#waiting.push(socket);
      this.#onSocket?.();
    });
  }

  /**
   * Begins to listen.
   *
   * @throws InvalidOptionError when something has that name already, or it cannot be made.
   */
  static open(option: string, address: SocketAddress): Promise<Listener> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
      server.once("error", (cause: NodeJS.ErrnoException) => {
        const expected = `an address to listen on (${refusalOf(cause, address)})`;
        reject(new InvalidOptionError(option, address.text, expected, { cause }));
      });
      const where =
        address.kind === "unix"
          ? { path: address.path }
          : { host: address.host, port: address.port };
      server.listen(where, () => resolve(new Listener(address, server)));
    });
  }

  /** Where it listens, with the port that the system chose where 0 was asked for. */
  get text(): string {
    const { address } = this;
    const bound = this.#server.address();
    if (address.kind === "unix" || typeof bound !== "object" || bound === null) return address.text;
    return address.text.replace(/:0+$/, `:${bound.port}`);
  }

  /**
   * The next connection.
   *
   * @throws AbortedError when the signal ends the wait.
   * @throws PeerFailedError when none comes within `timeoutMs`.
   */
  next(signal?: AbortSignal, timeoutMs?: number): Promise<Socket> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const settle = (): void => {
        clearTimeout(timer);
        this.#onSocket = null;
        signal?.removeEventListener("abort", onAbort);
      };
      const give = (error: Error): void => {
        settle();
        reject(error);
      };
      const onAbort = (): void =>
        give(new AbortedError("interrupted while waiting for a connection"));
      const look = (): void => {
        const socket = this.#waiting.shift();
        if (socket !== undefined) {
          settle();
          resolve(socket);
        } else if (this.#failure !== null) give(this.#failure);
      };
      if (signal?.aborted) return onAbort();
      signal?.addEventListener("abort", onAbort);
      this.#onSocket = look;
      if (timeoutMs !== undefined) {
        const late = `no connection within ${timeoutMs} ms`;
        timer = setTimeout(() => give(new PeerFailedError(this.address.text, late)), timeoutMs);
      }
      look();
    });
  }

  /** Stops listening, turns away who waits, and ends what waits for them. */
  close(): void {
    this.#failure ??= new AbortedError("no longer listening");
    for (const socket of this.#waiting.splice(0)) socket.destroy();
    this.#server.close();
    this.#onSocket?.();
  }
}

function refusalOf(cause: NodeJS.ErrnoException, address: SocketAddress): string {
  if (address.kind === "unix") {
    if (cause.code === "EADDRINUSE") {
      return "something is there already; remove it if nobody listens there";
    }
    // libuv says EACCES of a folder that does not exist.
    if (!existsSync(dirname(address.path))) return "its folder does not exist";
  }
  return reasonOf(cause);
}
