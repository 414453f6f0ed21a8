import { isGodwitError } from "../errors.js";
import { packageVersion } from "../files/package-version.js";
import { parseAddress } from "../transport/address.js";
import type { Channel } from "../transport/channel.js";
import { dialTcp } from "../transport/tcp.js";
import { dialWebSocket } from "../transport/web-socket-client.js";
import { FrameStream } from "../wire/frame.js";
import { type OpenRequest, openSession } from "../wire/open.js";
import type { Credentials } from "./credentials.js";

/**
 * Connects to a host, and says what for.
 *
 * @param signal - Ends it: the connection is closed.
 * @throws PeerFailedError when nobody answers, somebody else does, or the host refuses.
 */
export async function dialHost(
  address: string,
  credentials: Credentials,
  request: Omit<OpenRequest, "version">,
  signal?: AbortSignal,
): Promise<FrameStream> {
  const channel = await dial(address, credentials);
  const leave = (): void => channel.close();
  signal?.addEventListener("abort", leave);
  try {
    if (signal?.aborted) leave();
    await openSession(channel, { version: packageVersion(), ...request });
    return new FrameStream(channel);
  } finally {
    signal?.removeEventListener("abort", leave);
  }
}

/**
 * Which run of a host answers at an address; undefined when it does not say.
 *
 * @throws PeerFailedError when nobody answers, or somebody else does.
 */
export async function askIncarnation(
  address: string,
  credentials: Credentials,
): Promise<string | undefined> {
  const channel = await dial(address, credentials);
  const request = { version: packageVersion(), purpose: "control" } as const;
  const { incarnation } = await openSession(channel, request);
  channel.close();
  return incarnation;
}

/** Whether an address answered that nobody listens there: the process that did has ended. */
export function isRefused(error: unknown): boolean {
  if (!isGodwitError(error, "PeerFailedError")) return false;
  const { cause } = error;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}

function dial(text: string, { token, tls }: Credentials): Promise<Channel> {
  const { kind } = parseAddress(text);
  const proof = token === null ? {} : { token };
  if (kind === "ws" || kind === "wss") return dialWebSocket(text, proof);
  return dialTcp(text, kind === "tls" && tls !== null ? { ...proof, tls } : proof);
}
