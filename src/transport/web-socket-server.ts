import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { InvalidOptionError } from "../errors.js";
import { addressText, isLoopback, parseAddress, type WebSocketAddress } from "./address.js";
import { Admission, type AdmissionOptions, HANDSHAKE_MS } from "./admission.js";
import type { Channel, Listener } from "./channel.js";
import { socketFault } from "./socket-fault.js";
import { bind } from "./unix-socket.js";
import { MESSAGE_BYTES, type WebSocketLike, webSocketChannel } from "./web-socket-channel.js";

/** How a listener for WebSockets lets peers in. */
export interface WebSocketListenOptions extends AdmissionOptions {
  /**
   * Origins of pages that may connect, such as `http://localhost:8080`, beside the listener's own. Any page
   * on the web can try to connect to this computer, so without a token others are refused; with one, all may try.
   */
  readonly origins?: readonly string[] | undefined;
  /** An HTTP server that listens already and is the caller's; the address is then only its name. */
  readonly server?: Server | undefined;
}

/**
 * Listens for WebSockets, from pages and from Node. Beyond this computer it does so only with a token.
 *
 * @param address - `ws://host:port/path`.
 * @param accept - Hears of every peer that has proved that it may speak.
 * @throws InvalidOptionError when it cannot or must not listen there.
 */
export async function listenWebSocket(
  address: string,
  accept: (channel: Channel) => void,
  options: WebSocketListenOptions = {},
): Promise<Listener> {
  const where = webSocketAddress(address, options);
  const admission = new Admission(options);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  const server = options.server ?? ownServer(options);
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (pathOf(request) !== where.path.replace(/\?.*/, "")) {
      // Other paths of a caller's server are the caller's.
      if (options.server === undefined) refuse(socket, "404 Not Found");
      return;
    }
    if (!isWelcome(request, where, options)) {
      refuse(socket, "403 Forbidden");
      return;
    }
    const leave = admission.enter();
    if (leave === null) {
      refuse(socket, "503 Service Unavailable");
      return;
    }
    socket.once("close", leave);
    sockets.handleUpgrade(request, socket, head, async (webSocket) => {
      const channel = webSocketChannel(webSocket as unknown as WebSocketLike, peerText(request));
      const isAdmitted = await admission.admits(channel);
      leave();
      if (isAdmitted) accept(channel);
      else webSocket.terminate();
    });
  };
  server.on("upgrade", upgrade);
  if (options.server === undefined) await listening(server, where, address);
  return {
    address: boundText(server, where),
    close: async () => {
      server.off("upgrade", upgrade);
      if (options.server !== undefined) return;
      // Node counts connections that became WebSockets; they stay, and nobody waits for them.
      server.close();
      server.closeIdleConnections();
    },
  };
}

function webSocketAddress(
  address: string,
  { token, server }: WebSocketListenOptions,
): WebSocketAddress {
  const where = parseAddress(address);
  if (where.kind !== "ws" && !(where.kind === "wss" && server !== undefined)) {
    throw new InvalidOptionError(
      "address",
      address,
      "ws://host:port, or wss:// with a server of yours",
    );
  }
  if (token !== undefined || isLoopback(where.host)) return where;
  throw new InvalidOptionError(
    "address",
    address,
    "a loopback address such as ws://127.0.0.1:7700, or a token: whoever reaches this one could command it",
  );
}

/** Answers whatever is no WebSocket with 426. */
function ownServer({ handshakeMs = HANDSHAKE_MS }: AdmissionOptions): Server {
  const limits = { headersTimeout: handshakeMs, requestTimeout: handshakeMs };
  const often = { connectionsCheckingInterval: Math.ceil(handshakeMs / 4) };
  return createServer({ ...limits, ...often }, (_, response) => {
    response.writeHead(426, { Upgrade: "websocket", Connection: "close" }).end();
  });
}

async function listening(server: Server, { host, port }: WebSocketAddress, address: string) {
  try {
    await bind(server, { host, port });
  } catch (cause) {
    const expected = `an address to listen on (${socketFault(cause)})`;
    throw new InvalidOptionError("address", address, expected, { cause });
  }
}

/** Programs say no origin; pages say theirs, and cannot lie. */
function isWelcome(
  { headers }: IncomingMessage,
  { host }: WebSocketAddress,
  { token, origins = [] }: WebSocketListenOptions,
): boolean {
  const { origin } = headers;
  if (origin === undefined || token !== undefined || origins.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  // A name that was made to point here is not this computer's own.
  const isOwnName = page.hostname.replace(/^\[|\]$/g, "") === host || isLoopback(page.hostname);
  return isOwnName && page.host === headers.host;
}

function pathOf({ url = "/" }: IncomingMessage): string {
  return url.replace(/\?.*/, "");
}

function refuse(socket: Duplex, status: string): void {
  socket.on("error", () => {});
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function boundText(server: Server, where: WebSocketAddress): string {
  const bound = server.address();
  return bound === null || typeof bound === "string"
    ? addressText(where)
    : addressText({ ...where, port: bound.port });
}

function peerText({ socket }: IncomingMessage): string {
  const { remoteAddress: host = "", remotePort: port = 0 } = socket;
  return addressText({ kind: "ws", host, port, path: "/" });
}
