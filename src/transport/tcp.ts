import {
  connect as connectTcp,
  createServer,
  type NetConnectOpts,
  type Server,
  type Socket,
} from "node:net";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { InvalidOptionError, PeerFailedError } from "../errors.js";
import {
  addressText,
  isLoopback,
  parseAddress,
  type SocketAddress,
  type UnixAddress,
} from "./address.js";
import { Admission, type AdmissionOptions, HANDSHAKE_MS, proven } from "./admission.js";
import type { Channel, Listener } from "./channel.js";
import { withOwnReads } from "./own-reads.js";
import { SocketChannel } from "./socket-channel.js";
import { socketFault } from "./socket-fault.js";
import { type TlsOptions, tlsSettings } from "./tls-options.js";
import { bind, bindUnixSocket } from "./unix-socket.js";

type StreamAddress = SocketAddress | UnixAddress;

/** How connections over sockets are secured. */
export interface SocketOptions extends AdmissionOptions {
  /** For `tls://`, and only there. */
  readonly tls?: TlsOptions | undefined;
}

/**
 * Listens on a TCP port or a Unix socket. Beyond this computer it does so only with a token or with TLS.
 *
 * @param address - `tcp://host:port`, `tls://host:port` or `unix:/path`.
 * @param accept - Hears of every peer that has proved that it may speak.
 * @throws InvalidOptionError when it cannot or must not listen there.
 */
export async function listenTcp(
  address: string,
  accept: (channel: Channel) => void,
  options: SocketOptions = {},
): Promise<Listener> {
  const where = streamAddress(address, options);
  requireProtection(where, address, options);
  const admission = new Admission(options);
  const greet = async (socket: Socket, leave: () => void): Promise<void> => {
    const channel = new SocketChannel(peerText(where, socket));
    const own = where.kind === "tls" ? null : withOwnReads(socket, channel.onread);
    channel.attach(own ?? socket, own !== null);
    const isAdmitted = await admission.admits(channel);
    leave();
    if (isAdmitted) accept(channel);
  };
  const server =
    where.kind === "tls" ? tlsServer(options, admission, greet) : plainServer(admission, greet);
  await listening(server, where, address);
  return {
    address: boundText(server, where),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/**
 * Connects to a listener, and proves to each other that both know the token.
 *
 * @throws PeerFailedError when nobody answers, or somebody else.
 */
export async function dialTcp(address: string, options: SocketOptions = {}): Promise<Channel> {
  const where = streamAddress(address, options);
  const channel = new SocketChannel(address);
  const { handshakeMs = HANDSHAKE_MS, token = null } = options;
  const socket = await connected(startConnecting(where, channel, options), address, handshakeMs);
  channel.attach(socket, where.kind !== "tls");
  await proven(channel, "dialler", token, handshakeMs);
  return channel;
}

type Greet = (socket: Socket, leave: () => void) => Promise<void>;

function plainServer(admission: Admission, greet: Greet): Server {
  return createServer({ pauseOnConnect: true }, (socket) => {
    const leave = admission.enter();
    if (leave === null) socket.destroy();
    else void greet(socket, leave);
  });
}

function tlsServer(
  { tls, handshakeMs }: SocketOptions,
  admission: Admission,
  greet: Greet,
): Server {
  const settings = tlsSettings(tls as TlsOptions);
  const places = new Map<string, () => void>();
  const server = createTlsServer({ ...settings, handshakeTimeout: handshakeMs ?? HANDSHAKE_MS });
  server.prependListener("connection", (socket: Socket) => {
    const leave = admission.enter();
    if (leave === null) {
      socket.destroy();
      return;
    }
    const name = placeOf(socket);
    places.set(name, leave);
    socket.once("close", () => {
      leave();
      places.delete(name);
    });
  });
  server.on("secureConnection", (socket) => {
    void greet(socket, places.get(placeOf(socket)) ?? (() => {}));
  });
  return server;
}

function placeOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function startConnecting(
  where: StreamAddress,
  { onread }: SocketChannel,
  { tls }: SocketOptions,
): { socket: Socket; ready: "connect" | "secureConnect" } {
  if (where.kind === "unix") {
    return { socket: connectTcp({ path: where.path, onread }), ready: "connect" };
  }
  const { host, port } = where;
  if (where.kind === "tls") {
    const settings = tlsSettings(tls as TlsOptions);
    return { socket: connectTls({ ...settings, host, port }), ready: "secureConnect" };
  }
  return { socket: connectTcp({ host, port, onread } as NetConnectOpts), ready: "connect" };
}

function connected(
  { socket, ready }: { socket: Socket; ready: "connect" | "secureConnect" },
  address: string,
  handshakeMs: number,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new PeerFailedError(address, reason, { cause }));
    };
    const timer = setTimeout(() => fail(`it did not answer within ${handshakeMs} ms`), handshakeMs);
    const onError = (cause: Error): void => fail(socketFault(cause), cause);
    socket.once("error", onError).once(ready, () => {
      clearTimeout(timer);
      socket.off("error", onError);
      resolve(socket);
    });
  });
}

function streamAddress(text: string, { tls }: SocketOptions): StreamAddress {
  const address = parseAddress(text);
  if (address.kind !== "tcp" && address.kind !== "tls" && address.kind !== "unix") {
    throw new InvalidOptionError("address", text, "tcp://host:port, tls://host:port or unix:/path");
  }
  if (address.kind === "tls" && tls === undefined) {
    const expected = "certificates (ca, cert and key) for an address of tls://";
    throw new InvalidOptionError("tls", undefined, expected);
  }
  if (address.kind !== "tls" && tls !== undefined) {
    throw new InvalidOptionError(
      "address",
      text,
      "an address of tls://, since certificates are given",
    );
  }
  return address;
}

function requireProtection(where: StreamAddress, address: string, { token }: SocketOptions): void {
  if (where.kind !== "tcp" || token !== undefined || isLoopback(where.host)) return;
  throw new InvalidOptionError(
    "address",
    address,
    "a loopback address such as tcp://127.0.0.1:7700, or a token, or tls:// with certificates: whoever reaches this one could command it",
  );
}

async function listening(server: Server, where: StreamAddress, address: string): Promise<void> {
  if (where.kind === "unix") return bindUnixSocket(server, where.path);
  try {
    await bind(server, { host: where.host, port: where.port });
  } catch (cause) {
    const expected = `an address to listen on (${socketFault(cause)})`;
    throw new InvalidOptionError("address", address, expected, { cause });
  }
}

function boundText(server: Server, where: StreamAddress): string {
  const bound = server.address();
  if (where.kind === "unix" || bound === null || typeof bound === "string") {
    return addressText(where);
  }
  return addressText({ ...where, port: bound.port });
}

function peerText(where: StreamAddress, { remoteAddress = "", remotePort = 0 }: Socket): string {
  if (where.kind === "unix") return addressText(where);
  return addressText({ kind: where.kind, host: remoteAddress, port: remotePort });
}
