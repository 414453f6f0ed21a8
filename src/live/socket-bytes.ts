import type { Socket } from "node:net";
import { PeerFailedError } from "../errors.js";
import { reasonOf } from "../qmp/socket-connection.js";

/** What a peer sends on a socket, chunk by chunk, until it says that this was all. */
export async function* bytesFrom(socket: Socket, peer: string): AsyncGenerator<Uint8Array> {
  try {
    // What has been read to its end may still be written to.
    yield* socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw new PeerFailedError(peer, reasonOf(cause), { cause });
  }
}

/** Writes, and waits where the peer reads slowly. @throws PeerFailedError when it is gone. */
export function writeTo(socket: Socket, bytes: Uint8Array, peer: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed) return reject(gone(peer));
    const settle = (): void => {
      socket.off("drain", onDrain).off("close", onClose).off("error", onError);
    };
    const onDrain = (): void => {
      settle();
      resolve();
    };
    const onClose = (): void => {
      settle();
      reject(gone(peer));
    };
    const onError = (cause: Error): void => {
      settle();
      reject(new PeerFailedError(peer, reasonOf(cause), { cause }));
    };
    if (socket.write(bytes)) return resolve();
    socket.once("drain", onDrain).once("close", onClose).once("error", onError);
  });
}

function gone(peer: string): PeerFailedError {
  return new PeerFailedError(peer, "it closed the connection");
}
