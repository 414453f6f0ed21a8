import { PeerFailedError } from "../errors.js";
import type { Bytes } from "../units.js";
import { ByteRing } from "./byte-ring.js";
import { type Channel, MAX_FRAME_BYTES } from "./channel.js";
import type { Inbox } from "./inbox.js";
import { Outbox } from "./outbox.js";
import { endOf, type Port } from "./port.js";

/** Sent to an end that wants to know: there is something to read, or there is room. */
export const LOOK = "look";

/**
 * What both ends of a channel have that goes through a ring in shared memory in one direction, and through
 * a message port in the other. The feeder writes the ring; the reader may block for what comes through it.
 * Messages on the port are {@link LOOK}, `{end}`, and from the reader frames, to the reader numbers (of bytes
 * that were taken).
 */
export abstract class SharedRing {
  readonly peer: string;
  frameLimit: Bytes = MAX_FRAME_BYTES;
  protected readonly ring: ByteRing;
  protected readonly port: Port;
  protected readonly outbox: Outbox = new Outbox();
  protected abstract readonly inbox: Inbox;

  constructor(memory: SharedArrayBuffer, port: Port, peer: string) {
    this.peer = peer;
    this.ring = new ByteRing(memory);
    this.port = port;
  }

  get failure(): Error | undefined {
    return this.inbox.failure;
  }

  get closed(): Promise<void> {
    return this.inbox.closed;
  }

  protected listen(): void {
    this.port.addEventListener("message", ({ data }) => this.#hear(data));
    this.port.addEventListener("close", () =>
      this.end(new PeerFailedError(this.peer, "it is gone")),
    );
    this.port.start();
  }

  /** Somebody says that something has changed. */
  protected abstract look(): void;
  /** Any other message, while the channel is open. */
  protected abstract take(message: unknown): void;

  /** The peer has ended. */
  protected end(failure: Error | undefined): void {
    this.inbox.end(failure);
    this.outbox.close();
  }

  #hear(message: unknown): void {
    const end = endOf(message);
    if (message === LOOK) this.look();
    else if (this.inbox.isClosed) return;
    else if (end === null) this.take(message);
    else {
      this.end(end.end === null ? undefined : new PeerFailedError(this.peer, end.end));
      this.port.close();
    }
  }
}

/** What the end of a failed channel tells the other. */
export const CUT = "it cut the connection";

/** A channel whose thread can block for the next frame. */
export type BlockingChannel = Channel & Required<Pick<Channel, "receiveNow">>;
