import { InvalidOptionError } from "../errors.js";
import { parseAddress } from "../transport/address.js";
import type { Channel, Listener } from "../transport/channel.js";
import { listenTcp } from "../transport/tcp.js";
import { listenWebSocket } from "../transport/web-socket-server.js";
import type { Credentials } from "./credentials.js";

/** What wss:// would be is done by a web server with a certificate, before ws://. */
const KINDS = ["tcp", "unix", "tls", "ws"];

/**
 * Listens at an address.
 *
 * @param accept - Hears of every peer that has proved that it may speak.
 * @throws InvalidOptionError when it cannot, or must not without credentials.
 */
export async function listenAt(
  text: string,
  { token, tls }: Credentials,
  accept: (channel: Channel) => void,
): Promise<Listener> {
  const { kind } = parseAddress(text, "listen");
  if (!KINDS.includes(kind)) {
    const expected = "tcp://host:port, unix:/path, tls://host:port or ws://host:port";
    throw new InvalidOptionError("listen", text, expected);
  }
  const proof = token === null ? {} : { token };
  if (kind === "ws") return listenWebSocket(text, accept, proof);
  return listenTcp(text, accept, kind === "tls" && tls !== null ? { ...proof, tls } : proof);
}
