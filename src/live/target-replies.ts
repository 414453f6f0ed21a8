import type { Socket } from "node:net";
import { isGodwitError, PeerFailedError } from "../errors.js";
import { type Reply, readReply } from "../qemu/return-path.js";
import { StreamReader } from "../qemu/stream-reader.js";
import { bytesFrom } from "./socket-bytes.js";

/** What a target answers, from its first reply to its last. */
export class TargetReplies {
  readonly #peer: string;
  readonly #done: Promise<void>;

  /** Reads the return path of `socket`; every reply but the last is handed to `onReply` as it comes. */
  constructor(socket: Socket, peer: string, onReply: (reply: Reply) => void) {
    this.#peer = peer;
    this.#done = this.#read(new StreamReader(bytesFrom(socket, peer)), onReply);
    // Whoever waits for the end hears of its failure; nobody may be waiting yet.
    this.#done.catch(() => {});
  }

  /**
   * Waits until the target says that it has everything.
   *
   * @throws PeerFailedError when it says that it has not, or goes without a word.
   */
  async done(): Promise<void> {
    await this.#done;
  }

  async #read(reader: StreamReader, onReply: (reply: Reply) => void): Promise<void> {
    for (;;) {
      const reply = await this.#next(reader);
      if (reply === null) {
        throw this.#failure("it closed the connection before it had the VM");
      }
      if (reply.kind !== "shut") onReply(reply);
      else if (reply.status === 0) return;
      else throw this.#failure("it could not load the VM");
    }
  }

  async #next(reader: StreamReader): Promise<Reply | null> {
    try {
      return await readReply(reader);
    } catch (error) {
      if (!isGodwitError(error, "WireFormatError")) throw error;
      throw this.#failure(`what it answers makes no sense: ${error.message}`, error);
    }
  }

  #failure(reason: string, cause?: unknown): PeerFailedError {
    return new PeerFailedError(this.#peer, reason, { cause });
  }
}
