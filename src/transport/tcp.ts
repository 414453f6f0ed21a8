import { connect, createServer, type Server, type Socket } from "node:net";
import { InvalidOptionError, PeerFailedError } from "../errors.js";
import { addressText, parseAddress, type SocketAddress, type UnixAddress } from "./address.js";
import type { Channel, Listener } from "./channel.js";
import { withOwnReads } from "./own-reads.js";
import { SocketChannel } from "./socket-channel.js";
import { socketFault } from "./socket-fault.js";

type StreamAddress = SocketAddress | UnixAddress;

/**
 * Listens on a TCP port or a Unix socket.
 *
 * @param address - `tcp://host:port` or `unix:/path`.
 * @param accept - Hears of every connection.
 * @throws InvalidOptionError when it cannot listen there.
 */
export async function listenTcp(
  address: string,
  accept: (channel: Channel) => void,
): Promise<Listener> {
  const where = streamAddress(address);
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const channel = new SocketChannel(peerText(where, socket));
    const own = withOwnReads(socket, channel.onread);
    accept(channel.attach(own ?? socket, own !== null));
  });
  await listening(server, where, address);
  return {
    address: boundText(server, where),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/**
 * Connects to a listener.
 *
 * @throws PeerFailedError when nobody answers.
 */
export function dialTcp(address: string): Promise<Channel> {
  const where = streamAddress(address);
  const channel = new SocketChannel(address);
  const { onread } = channel;
  return new Promise((resolve, reject) => {
    const socket =
      where.kind === "unix"
        ? connect({ path: where.path, onread })
        : connect({ host: where.host, port: where.port, onread });
    const fail = (cause: Error): void => {
      reject(new PeerFailedError(address, socketFault(cause), { cause }));
    };
    socket.once("error", fail).once("connect", () => {
      socket.off("error", fail);
      resolve(channel.attach(socket, true));
    });
  });
}

function streamAddress(text: string): StreamAddress {
  const address = parseAddress(text);
  if (address.kind === "tcp" || address.kind === "unix") return address;
  throw new InvalidOptionError("address", text, "tcp://host:port or unix:/path");
}

function listening(server: Server, where: StreamAddress, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => {
      const expected = `an address to listen on (${socketFault(cause)})`;
      reject(new InvalidOptionError("address", address, expected, { cause }));
    };
    server.once("error", fail);
    const bound = (): void => {
      server.off("error", fail);
      resolve();
    };
    if (where.kind === "unix") server.listen({ path: where.path }, bound);
    else server.listen({ host: where.host, port: where.port }, bound);
  });
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
