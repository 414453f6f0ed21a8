import { chmodSync, lstatSync, rmSync } from "node:fs";
import { connect, type Server } from "node:net";
import { InvalidOptionError } from "../errors.js";
import { socketFault } from "./socket-fault.js";

/** What the smallest of the systems' limits leaves, that of macOS. */
const MAX_PATH_BYTES = 103;

/**
 * Binds a server to a socket file that only this user may use. One that a dead process left is replaced; the
 * file goes when the server closes.
 *
 * @throws InvalidOptionError when somebody listens there, something else is there, or it cannot be made.
 */
export async function bindUnixSocket(server: Server, path: string): Promise<void> {
  const refused = (expected: string, cause?: unknown): InvalidOptionError =>
    new InvalidOptionError("address", `unix:${path}`, expected, { cause });
  if (new TextEncoder().encode(path).length > MAX_PATH_BYTES) {
    throw refused(`a path of at most ${MAX_PATH_BYTES} bytes`);
  }
  try {
    await bind(server, path);
  } catch (cause) {
    if (codeOf(cause) !== "EADDRINUSE")
      throw refused(`a path for a socket (${socketFault(cause)})`);
    if (!lstatSync(path).isSocket()) throw refused("a path where no file is", cause);
    if (await isAlive(path)) throw refused("a socket that nobody listens on yet", cause);
    rmSync(path);
    await bind(server, path);
  }
  chmodSync(path, 0o600);
}

/** Listens, or rejects with what the system says. */
export function bind(
  server: Server,
  where: string | { host: string; port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const bound = (): void => {
      server.off("error", reject);
      resolve();
    };
    if (typeof where === "string") server.listen({ path: where }, bound);
    else server.listen(where, bound);
  });
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const answer = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once("connect", () => answer(true));
    // Only a refusal says that nobody listens; anything else may be somebody who is busy.
    socket.once("error", (cause) => answer(codeOf(cause) !== "ECONNREFUSED"));
  });
}

function codeOf(cause: unknown): string | undefined {
  return (cause as NodeJS.ErrnoException).code;
}
