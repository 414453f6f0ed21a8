import { PeerFailedError, WireFormatError } from "../errors.js";
import type { Bytes } from "../units.js";
import { type Channel, MAX_FRAME_BYTES } from "./channel.js";
import { Inbox } from "./inbox.js";
import { Outbox } from "./outbox.js";
import { joined, lengthOf } from "./parts.js";
import { nextTurn, type Turn } from "./turn.js";

/** Two ends of one channel within a thread. */
export interface ChannelPair {
  readonly a: Channel;
  readonly b: Channel;
}

/**
 * A channel within one thread. Frames are copied, and come in a later turn of the event loop.
 *
 * @param turn - When what was sent arrives. Default: in the next turn.
 */
export function memoryChannels(turn: Turn = nextTurn): ChannelPair {
  const [a, b] = [new MemoryChannel("b", turn), new MemoryChannel("a", turn)];
  a.join(b);
  b.join(a);
  return { a, b };
}

class MemoryChannel implements Channel {
  readonly peer: string;
  frameLimit: Bytes = MAX_FRAME_BYTES;
  readonly #turn: Turn;
  readonly #inbox = new Inbox((frame) => this.#other.#outbox.leave(frame.length));
  readonly #outbox = new Outbox();
  /** Sent, but not there yet: frames, and the end. */
  #underWay: (Uint8Array | { readonly end: Error | undefined })[] = [];
  #other!: MemoryChannel;

  constructor(peer: string, turn: Turn) {
    this.peer = peer;
    this.#turn = turn;
  }

  join(other: MemoryChannel): void {
    this.#other = other;
  }

  get buffered(): Bytes {
    return this.#outbox.buffered;
  }

  get failure(): Error | undefined {
    return this.#inbox.failure;
  }

  get closed(): Promise<void> {
    return this.#inbox.closed;
  }

  send(parts: readonly Uint8Array[]): void {
    if (this.#inbox.isClosed) return;
    const length = lengthOf(parts);
    this.#outbox.add(length);
    this.#dispatch(joined(parts, length));
  }

  drained(bytes: Bytes): Promise<void> {
    return this.#outbox.drained(bytes);
  }

  receive(): Promise<Uint8Array | null> {
    return this.#inbox.receive();
  }

  close(failure?: Error): void {
    if (!this.#inbox.drop(failure)) return;
    this.#outbox.close();
    const cut = failure && new PeerFailedError(this.#other.peer, "it cut the connection");
    this.#dispatch({ end: cut });
  }

  #dispatch(one: Uint8Array | { readonly end: Error | undefined }): void {
    this.#underWay.push(one);
    if (this.#underWay.length === 1) this.#turn(() => this.#arrive());
  }

  #arrive(): void {
    for (const one of this.#underWay.splice(0)) {
      if (one instanceof Uint8Array) this.#other.#take(one);
      else this.#other.#end(one.end);
    }
  }

  #take(frame: Uint8Array): void {
    if (frame.length <= this.frameLimit) this.#inbox.put(frame);
    else this.close(new WireFormatError(`a frame of ${frame.length} bytes is too long`, 0));
  }

  #end(failure: Error | undefined): void {
    this.#inbox.end(failure);
    this.#outbox.close();
  }
}
