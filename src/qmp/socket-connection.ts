import { createConnection, type Socket } from "node:net";
import { PeerFailedError } from "../errors.js";
import type { SocketAddress } from "./socket-address.js";

/** Opens a stream socket; what the peer ends can still be written to. @throws PeerFailedError when nobody listens there. */
export function connectSocket(
  address: SocketAddress,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const target =
      address.kind === "unix" ? { path: address.path } : { host: address.host, port: address.port };
    const socket = createConnection({ ...target, allowHalfOpen: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      socket.removeAllListeners("error").removeAllListeners("connect");
    };
    const give = (reason: string, cause?: unknown): void => {
      settle();
      // A socket that is given up may still report an error, which must not end the process.
      socket.on("error", () => {}).destroy();
      reject(new PeerFailedError(address.text, reason, { cause }));
    };
    const onAbort = (): void => give("interrupted before the connection was there", signal?.reason);
    const timer = setTimeout(() => give(`no connection within ${timeoutMs} ms`), timeoutMs);
    if (signal?.aborted) return onAbort();
    signal?.addEventListener("abort", onAbort);
    socket.once("error", (cause) => give(reasonOf(cause), cause));
    socket.once("connect", () => {
      settle();
      resolve(socket);
    });
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket",
  ENOTSOCK: "this is not a socket",
  ECONNREFUSED: "nobody listens there",
  EACCES: "permission denied",
  EPROTOTYPE: "this is not a stream socket",
  ENOTFOUND: "there is no such host",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ETIMEDOUT: "the host does not answer",
  ECONNRESET: "the peer cut the connection",
  EPIPE: "the peer closed the connection",
  EADDRINUSE: "the address is in use",
  EADDRNOTAVAIL: "this machine has no such address",
};

/** An error of a socket in words. */
export function reasonOf(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  return REASONS[code ?? ""] ?? `the system answers ${code ?? String(cause)}`;
}
