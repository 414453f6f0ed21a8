import { InvalidOptionError, PeerFailedError } from "../errors.js";
import { parseAddress } from "./address.js";
import { type AdmissionOptions, HANDSHAKE_MS, proven } from "./admission.js";
import type { Channel } from "./channel.js";
import { type WebSocketLike, webSocketChannel } from "./web-socket-channel.js";

/**
 * Connects to a WebSocket listener, from a page or from Node, and proves to each other that both know the
 * token.
 *
 * @param address - `ws://host:port/path` or `wss://host:port/path`.
 * @throws PeerFailedError when nobody answers, or somebody else.
 */
export async function dialWebSocket(
  address: string,
  { token, handshakeMs = HANDSHAKE_MS }: AdmissionOptions = {},
): Promise<Channel> {
  const { kind } = parseAddress(address);
  if (kind !== "ws" && kind !== "wss") {
    throw new InvalidOptionError("address", address, "ws://host:port or wss://host:port");
  }
  // Node has them of its own only since version 22.
  const Socket = globalThis.WebSocket ?? (await import("ws")).WebSocket;
  const channel = await opened(new Socket(address), address, handshakeMs);
  await proven(channel, "dialler", token ?? null, handshakeMs);
  return channel;
}

/** Its channel, made at once when it opens: the first message may come right behind. */
function opened(socket: WebSocket, address: string, handshakeMs: number): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer);
      socket.close();
      reject(new PeerFailedError(address, reason));
    };
    const timer = setTimeout(() => fail(`it did not answer within ${handshakeMs} ms`), handshakeMs);
    // Pages are not told why.
    socket.addEventListener("error", () => fail("nobody listens there, or it refused"));
    socket.addEventListener("open", () => {
      clearTimeout(timer);
      resolve(webSocketChannel(socket as unknown as WebSocketLike, address));
    });
  });
}
